"""Registered letters that do not go straight: written from a spreadsheet, asked for under another name, sent again."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from launcher.journey.letters import Addressee, Mailing
from launcher.journey.people import new_client
from launcher.journey.world import World, until
from openpyxl import Workbook
from playwright.sync_api import Browser, Locator, Page, expect
from testkit.browser import Someone
from testkit.opened import enters_at_idnot, opened
from testkit.stack import Platform

TITLES = ["nom", "prénom", "société", "e-mail", "adresse", "code postal", "ville", "objet", "texte"]


@dataclass
class Scene:
    """A notary at a desk, whose account at the provider can send."""

    world: World
    office: Someone
    mailing: Mailing
    run: str

    @property
    def page(self) -> Page:
        return self.office.page

    def to(self, scenario: str) -> str:
        """Return the address of somebody who does what it says."""
        return f"{scenario}.again.{self.run}@destinataires.example"

    def company(self, name: str) -> str:
        return f"{name} {self.run}"

    def goes(self, path: str) -> None:
        self.page.goto(f"{self.world.gateway}{path}")

    def opens(self, letter: str, until_it_says: str) -> None:
        """Open the page of a letter and look again until it says something."""
        self.goes(f"/lettres/{letter}")
        said = self.page.get_by_text(until_it_says)
        until(lambda: said.count() or not self.page.reload(), f"a letter to say {until_it_says!r}")
        expect(said.first).to_be_visible()

    def letter_to(self, email: str) -> str:
        """Return the latest letter to an address."""
        found = self.mailing.call("GET", f"/letters?recipient={quote(email)}")["items"]
        return str(found[0]["id"])

    def alert(self) -> Locator:
        return self.page.get_by_role("alert")


@pytest.fixture(scope="module")
def scene(platform: Platform, sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    dossier = opened(world, new_client("Odile", f"Encore{run}", run), f"E-{run}", "Congé des Acacias")
    scene = Scene(world, sits_down(), Mailing(world, dossier.notary, dossier.id), run)
    scene.mailing.link(f"again.{run}@etude-morel.example")
    scene.goes("/")
    enters_at_idnot(scene.page)
    yield scene
    world.close()


def spreadsheet(path: Path, *rows: list[str | int]) -> Path:
    """Write a workbook as a spreadsheet program does: a postcode is a number there."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    book.close()
    return path


def gives_the_code(scene: Scene, letters: str) -> None:
    """Send the batch that is shown, and let its letters leave with one code."""
    page = scene.page
    page.get_by_role("button", name=f"Valider l'envoi de {letters}").click()
    page.get_by_role("link", name="saisir le code").click()
    page.get_by_label("Code lu sur votre clé").fill(scene.mailing.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="validée")).to_contain_text(letters)


@pytest.mark.covers("A-31", "A-53")
def test_a_spreadsheet_becomes_letters_once_its_titles_are_right(scene: Scene, tmp_path: Path) -> None:
    page = scene.page
    scene.goes("/lettres/liste")
    page.get_by_label("Compte expéditeur").select_option(label=f"again.{scene.run}@etude-morel.example")
    page.get_by_label("Type d'envoi").select_option("qualified-lre")
    page.get_by_role("button", name="Continuer").click()
    people = [("Atelier", "never"), ("Bureau", "change+1s"), ("Cabinet", "accept+1s")]
    rows: list[list[str | int]] = [
        ["Roy", "Ada", scene.company(name), scene.to(does), "1 rue Haute", 1000, "Bourg", "Congé", "Bonjour"]
        for name, does in people
    ]
    file = page.get_by_label("Liste (CSV ou XLSX)")
    file.set_input_files(spreadsheet(tmp_path / "faux.xlsx", [*TITLES[:-1], "couleur"], *rows))
    page.get_by_role("button", name="Écrire les lettres").click()
    expect(scene.alert()).to_contain_text("Titres inconnus : couleur.")
    scene.office.problems.clear()  # the console calls the answer to a wrong table an error
    scene.office.sees("letters-table-titles")
    file.set_input_files(spreadsheet(tmp_path / "liste.xlsx", TITLES, *rows, ["Sans", "Objet"]))
    page.get_by_role("button", name="Écrire les lettres").press("Enter")
    expect(page.get_by_text("3 lettres écrites, 3 destinataires ajoutés")).to_be_visible()
    expect(page.get_by_role("region", name="Lignes laissées de côté").get_by_role("row")).to_have_count(2)
    scene.office.sees("letters-spreadsheet")
    page.get_by_role("link", name="Contrôler et envoyer").click()
    gives_the_code(scene, "3 lettres")


@pytest.mark.covers("A-65")
def test_a_recipient_with_another_name_is_accepted_by_the_sender(scene: Scene) -> None:
    page = scene.page
    scene.opens(scene.letter_to(scene.to("change+1s")), "demande à être reconnu sous un autre nom : Camille AUTRE")
    scene.office.sees("letters-another-name")
    page.get_by_role("button", name="Accepter").press("Enter")
    expect(page.get_by_text("Changement de destinataire accepté")).to_be_visible()
    expect(page.get_by_text("demande à être reconnu")).to_have_count(0)


@pytest.mark.covers("A-44", "A-59")
def test_a_letter_that_bounced_goes_again_to_the_corrected_address(scene: Scene) -> None:
    page, mailing = scene.page, scene.mailing
    to = mailing.add([Addressee("Ada", f"Blanc{scene.run}", scene.to("bounce+1s"), "bounced")])
    mailing.prepare(to, "Congé", "<p>Bonjour</p>")
    scene.goes(f"/lettres/lots/{mailing.batch}")
    gives_the_code(scene, "1 lettre")
    scene.opens(mailing.letters[0], "n'a pas pu être remis à cette adresse")
    scene.office.sees("letters-bounced")
    page.get_by_role("link", name="Renvoyer cette lettre").press("Enter")
    scene.office.sees("letters-again")
    page.get_by_role("link", name="Corriger ses coordonnées").click()
    page.get_by_label("E-mail").fill(scene.to("accept+2s"))
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("radio", name=scene.to("accept+2s"))).to_be_checked()
    mailing.consent(scene.to("accept+2s"))  # the provider asks for that of the address, again as the letter leaves
    page.get_by_role("button", name="Renvoyer").press("Enter")
    gives_the_code(scene, "1 lettre")
    again = scene.letter_to(scene.to("accept+2s"))
    scene.opens(again, "Reçue par le destinataire")
    page.get_by_role("link", name="Lettre que celle-ci remplace").click()
    expect(page.get_by_text("Non distribuée").first).to_be_visible()
    expect(page.get_by_role("link", name="Renvoyer cette lettre")).to_have_count(0)


@pytest.mark.covers("A-35", "A-59")
def test_a_letter_nobody_claimed_goes_to_somebody_else_on_paper_without_a_script(
    scene: Scene, browser: Browser
) -> None:
    neglected = scene.letter_to(scene.to("never"))
    scene.opens(neglected, "Envoyée au destinataire")
    scene.mailing.window_passes()
    scene.opens(neglected, "n'a pas ouvert la lettre dans le délai")
    state = scene.office.context.storage_state()
    bare = browser.new_context(java_script_enabled=False, locale="fr-FR", storage_state=state)
    page = bare.new_page()
    page.goto(scene.page.url)
    page.get_by_role("link", name="Renvoyer cette lettre").click()
    page.get_by_role("searchbox").fill("personne de ce nom")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_text("Personne d'autre ne correspond")).to_be_visible()
    page.get_by_role("searchbox").fill(scene.company("Cabinet"))
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("radio", name=scene.company("Cabinet"))).to_be_checked()
    expect(page.get_by_text("01000 Bourg").first).to_be_visible()  # the zero that the spreadsheet took
    page.get_by_label("Type d'envoi").select_option("paper")
    page.get_by_role("button", name="Renvoyer").click()
    expect(page.get_by_text("Lettre recommandée papier")).to_be_visible()
    page.get_by_role("button", name="Valider l'envoi de 1 lettre").click()
    page.get_by_role("link", name=scene.company("Cabinet")).click()
    page.get_by_role("link", name="Lettre que celle-ci remplace").click()
    expect(page.get_by_text("Renvoyée par une autre lettre")).to_be_visible()
    scene.office.page.reload()
    scene.office.sees("letters-not-claimed")
    bare.close()
