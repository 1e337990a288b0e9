"""The reference journey in a real browser: an office at a desk, a client with a telephone, nothing but pages."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from launcher.journey.people import Client, new_client
from launcher.journey.world import World, until
from playwright.sync_api import expect
from testkit.browser import DESKTOP, PHONE, Someone
from testkit.opened import enters_at_idnot
from testkit.stack import Platform

REASON = "Le document est illisible : merci de le photographier à plat, sans reflet."


@dataclass
class Scene:
    """Who is there, and what they need."""

    world: World
    platform: Platform
    office: Someone
    client: Someone
    person: Client
    number: str
    files: list[Path]

    def address(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{self.world.gateway}{path}"


@pytest.fixture(scope="module")
def scene(platform: Platform, samples: list[Path], sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    person = new_client("Jeanne", f"Durand{run}", run)
    yield Scene(world, platform, sits_down(), sits_down(PHONE), person, f"P-{run}", samples)
    world.close()


@pytest.mark.covers("L-11", "L-22", "L-23", "L-24", "L-25", "L-28", "L-33", "L-34", "L-39", "L-43")
def test_an_office_opens_a_dossier_and_asks_a_client_for_documents(scene: Scene) -> None:
    office, page = scene.office, scene.office.page
    page.goto(scene.address("/"))
    office.sees("home")
    enters_at_idnot(page)
    office.sees("dossiers")
    page.get_by_role("link", name="Créer un dossier").first.click()
    office.sees("dossier-new")
    page.get_by_label("Numéro de dossier").fill(scene.number)
    page.get_by_label("Intitulé").fill("Bail Durand, 12 rue des Lilas")
    page.get_by_label("Type d'acte").select_option(label="Bail d'habitation")
    page.get_by_role("button", name="Créer un dossier").click()
    expect(page.get_by_text("Aucun client n'est associé au dossier")).to_be_visible()
    page.get_by_role("link", name="Ajouter un client +").click()
    office.sees("clients")
    for label, value in (
        ("Nom", scene.person.last_name),
        ("Prénom", scene.person.first_name),
        ("E-mail", scene.person.email),
        ("Numéro de téléphone", scene.person.phone),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Associer au dossier").last.click()
    page.get_by_role("link", name="Demander des documents +").click()
    office.sees("ask")
    page.get_by_label("CNI recto-verso").check()
    page.get_by_label("Avis d'imposition N-1").check()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("CNI recto-verso")).to_be_visible()
    office.sees("dossier")


@pytest.mark.covers("L-46", "L-48", "L-49", "L-50", "L-51", "L-52", "L-53")
def test_a_client_enters_with_the_link_a_code_and_a_password(scene: Scene) -> None:
    client, page, person = scene.client, scene.client.page, scene.person
    mail = scene.world.mail_to(person.email, "votre dossier est en ligne")
    link = urlsplit(next(link for link in mail["links"] if "invitation=" in link))
    page.goto(scene.address(f"{link.path}?{link.query}"))
    client.sees("first-access")
    seen = scene.world.texts_to(person.phone)
    page.get_by_label("Adresse e-mail").fill(person.email)
    page.get_by_role("button", name="Suivant").click()
    expect(page.get_by_text(f"** ** ** {person.phone[-4:-2]} {person.phone[-2:]}")).to_be_visible()
    client.sees("code")
    page.get_by_label("Code à six chiffres").fill(scene.world.code_for(person.phone, seen))
    page.get_by_role("button", name="Valider").click()
    page.get_by_label("Mot de passe", exact=True).fill(person.password)
    page.get_by_label("Confirmation du mot de passe").fill(person.password)
    client.sees("password")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("link", name="Se connecter").click()
    client.sees("sign-in")
    seen = scene.world.texts_to(person.phone)
    page.get_by_label("Adresse e-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(person.password)
    page.get_by_role("button", name="Suivant").click()
    page.get_by_label("Code à six chiffres").fill(scene.world.code_for(person.phone, seen))
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("heading", name=f"Bonjour {person.first_name}")).to_be_visible()
    expect(page.get_by_text("Bail Durand, 12 rue des Lilas")).to_be_visible()
    client.sees("deposit")


@pytest.mark.covers("L-54", "L-56", "L-58", "L-59", "L-60", "L-61")
def test_files_arrive_at_the_office_while_its_page_is_open(scene: Scene) -> None:
    page = scene.client.page
    pictures = [path for path in scene.files if path.suffix in {".jpg", ".jpeg", ".png"}]
    others = [path for path in scene.files if path.suffix == ".pdf"]
    page.get_by_label("Choisir ou photographier : CNI recto-verso").set_input_files(pictures[0])
    page.get_by_label("Choisir ou photographier : Avis d'imposition N-1").set_input_files(others[0])
    for name in ("CNI recto-verso", "Avis d'imposition N-1"):
        card = page.get_by_role("region", name=name)
        expect(card.get_by_text("Transmis, en cours de vérification").first).to_be_visible()
    scene.client.sees("deposited")
    waiting = scene.office.page.get_by_text("Vous avez des documents à valider")
    expect(waiting).to_be_visible()  # nobody touched this page
    scene.office.sees("dossier-waiting")


@pytest.mark.covers("L-62", "L-63", "L-64", "L-65", "L-66", "L-67", "L-68")
def test_one_is_refused_with_the_keyboard_and_sent_again_until_all_is_there(scene: Scene) -> None:
    office, page = scene.office, scene.office.page
    page.get_by_role("link", name=re.compile("CNI recto-verso")).click()
    expect(page.get_by_role("img", name=re.compile("page 1 sur")).first).to_be_visible()
    expect(page.get_by_role("button", name="Télécharger")).to_be_disabled()
    office.sees("viewer")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog", name="Refuser le document ?")).to_be_visible()
    office.sees("refusal")
    page.get_by_role("radio", name=REASON).check()
    page.get_by_role("dialog").get_by_role("button", name="Refuser").click()
    expect(page.get_by_role("heading", name="Avis d'imposition N-1")).to_be_visible()  # the next that waits
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Bail Durand, 12 rue des Lilas")).to_be_visible()
    client, cards = scene.client, scene.client.page
    assert REASON in scene.world.mail_to(scene.person.email, "à déposer de nouveau")["text"].replace("\n> ", " ")
    cards.reload()
    expect(cards.get_by_text(REASON)).to_be_visible()
    client.sees("refused")
    again = [path for path in scene.files if path.suffix == ".png"][-1]
    cards.get_by_label("Choisir ou photographier : CNI recto-verso").set_input_files(again)
    page.get_by_role("link", name=re.compile("CNI recto-verso.*À valider", re.DOTALL)).click()
    expect(page.get_by_role("button", name="Valider")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_text("Le dossier est complet")).to_be_visible()
    office.sees("complete")


@pytest.mark.covers("C-47")
def test_what_the_office_downloads_is_verified_in_a_page_that_may_contact_nobody(scene: Scene, tmp_path: Path) -> None:
    office, page = scene.office, scene.office.page
    with page.expect_download() as started:
        page.get_by_role("link", name="Télécharger la preuve").click()
    bundle = tmp_path / "dossier.lcp"
    started.value.save_as(bundle)
    page.goto(scene.address("/verification"))
    office.sees("verification")
    page.get_by_label("Dossier de preuve").set_input_files(bundle)
    page.get_by_label("Politique de confiance").set_input_files(scene.platform.folder / "policy.json")
    page.get_by_role("button", name="Vérifier").click()
    expect(page.locator("#verdict")).to_contain_text("INTACT", ignore_case=True)
    office.sees("verified")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/equipe", "team"),
        ("/equipe/actes/bail-habitation", "deed-type"),
        ("/notifications", "notifications"),
        ("/compte", "account"),
        ("/lettres", "letters"),
        ("/lettres/nouveau", "letters-new"),
        ("/lettres/a-valider", "letters-awaiting"),
        ("/lettres/destinataires", "recipients"),
        ("/dossiers/archives", "archives"),
        ("/accessibilite", "accessibility"),
        ("/_gallery", "gallery"),
    ],
)
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_other_page_of_an_office_is_accessible_on_any_screen(
    scene: Scene, path: str, name: str, size: str
) -> None:
    office, page = scene.office, scene.office.page
    width, height = PHONE if size == "phone" else DESKTOP
    page.set_viewport_size({"width": width, "height": height})
    until(lambda: (answer := page.goto(scene.address(path))) and answer.status == 200, f"{path} to be shown")
    office.sees(f"{name}-{size}")


@pytest.mark.parametrize(
    ("path", "name"), [("/mon-journal", "my-journal"), ("/compte", "my-account"), ("/rien", "nothing")]
)
def test_every_other_page_of_a_client_is_accessible(scene: Scene, path: str, name: str) -> None:
    page = scene.client.page
    page.goto(scene.address(path))
    scene.client.problems.clear()  # a page that does not exist is an error for the console
    scene.client.sees(name)


def test_signing_out_leaves_nothing_open(scene: Scene) -> None:
    for one, path in ((scene.office, "/dossiers"), (scene.client, "/mes-dossiers")):
        one.page.goto(scene.address("/"))
        one.page.get_by_role("button", name="Quitter").click()
        expect(one.page.get_by_role("heading", name="Vous êtes client")).to_be_visible()
        one.page.goto(scene.address(path))
        expect(one.page.get_by_role("heading", name="Connexion")).to_be_visible()
