"""What an office settles, and its dossiers from opening to archive, in a real browser."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from launcher.journey.people import Member, ask_for_membership, new_client
from launcher.journey.story import CRPCEN
from launcher.journey.world import World
from playwright.sync_api import Page, expect
from testkit.browser import DESKTOP, PHONE, Someone
from testkit.opened import enters_at_idnot
from testkit.stack import Platform


@dataclass
class Scene:
    """A notary at a desk, a colleague who has just asked to belong to the office."""

    world: World
    office: Someone
    colleague: Member
    run: str

    @property
    def page(self) -> Page:
        """The page of the notary."""
        return self.office.page

    def opens(self, path: str) -> None:
        """Go to a page by its address."""
        self.page.goto(f"{self.world.gateway}{path}")

    @property
    def deed(self) -> str:
        """What the office calls its own deed type, different in every run."""
        return f"Bail rural {self.run}"


@pytest.fixture(scope="module")
def scene(platform: Platform, sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    colleague = Member(f"noe.petit.{run}@etude-morel.example", secrets.token_urlsafe(12), "Noé", f"Petit{run}")
    ask_for_membership(world, colleague, CRPCEN)
    office = sits_down()
    office.page.goto(f"{world.gateway}/")
    enters_at_idnot(office.page)
    yield Scene(world, office, colleague, run)
    world.close()


@pytest.mark.covers("L-20", "L-23")
def test_a_notary_approves_a_colleague(scene: Scene) -> None:
    page = scene.page
    page.get_by_role("link", name="Espace office").click()
    scene.office.sees("office")
    page.get_by_role("button", name=f"Approuver {scene.colleague.name}").click()
    members = page.get_by_role("region", name="Membres de l'étude")
    expect(members.get_by_role("row", name=re.compile(scene.colleague.name))).to_be_visible()


@pytest.mark.covers("L-40", "L-42", "L-70")
def test_an_office_has_a_deed_type_of_its_own_in_its_order_and_words(scene: Scene) -> None:
    page = scene.page
    page.get_by_role("link", name="Ajouter un type d'acte +").click()
    page.get_by_label("Nom du type d'acte").fill("Vente")
    page.get_by_label("Intitulé du document 1").fill("DPE")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("porte déjà ce nom")
    scene.office.problems.clear()  # a refusal is an error for the console
    scene.office.sees("deed-refused")
    page.get_by_label("Nom du type d'acte").fill(scene.deed)
    page.get_by_label("Intitulé du document 2").fill("Plan cadastral")
    page.get_by_label("Aide du document 2").fill("De la mairie, gratuit.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="C'est enregistré")).to_be_visible()
    page.get_by_label("Rang du document 2").fill("0")
    page.get_by_label("Intitulé du document 3").fill("Titre de propriété")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Intitulé du document 1")).to_have_value("Plan cadastral")
    expect(page.get_by_label("Intitulé du document 3")).to_have_value("Titre de propriété")
    page.get_by_label("Intitulé du document 2").fill("")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Intitulé du document 2")).to_have_value("Titre de propriété")
    scene.office.sees("deed-own")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    scene.office.sees("deed-own-phone")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


@pytest.mark.covers("L-65")
def test_an_office_has_its_own_ready_reasons(scene: Scene) -> None:
    page = scene.page
    page.get_by_role("link", name="Retour").click()
    page.get_by_role("link", name=re.compile("Motifs de refus")).click()
    field = page.get_by_label("Motifs proposés quand un document est refusé")
    before = field.input_value()
    field.fill(f"{before}\nIl manque la signature de la dernière page.")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").filter(has_text="C'est enregistré")).to_be_visible()
    expect(field).to_have_value(f"{before}\nIl manque la signature de la dernière page.")
    scene.office.sees("reasons")


@pytest.mark.covers("L-25", "L-27", "L-30", "L-45")
def test_a_dossier_is_opened_for_some_and_corrected_where_it_is_shown(scene: Scene) -> None:
    page = scene.page
    scene.opens("/dossiers/nouveau")
    page.get_by_label("Numéro de dossier").fill(f"O-{scene.run}")
    page.get_by_label("Intitulé").fill("Ferme des Tileuls")
    page.get_by_label("Type d'acte").select_option(label=scene.deed)
    page.get_by_label("Sélectionner certains collaborateurs").check()
    page.get_by_role("checkbox", name=scene.colleague.name).check()
    page.get_by_role("button", name="Créer un dossier").click()
    facts = page.get_by_role("region", name="Informations du dossier")
    expect(facts.get_by_text(scene.colleague.name)).to_be_visible()
    expect(facts.get_by_text(scene.deed)).to_be_visible()
    page.get_by_role("link", name="Modifier les collaborateurs").click()
    scene.office.sees("access")
    expect(page.get_by_role("checkbox", name=scene.colleague.name)).to_be_checked()
    page.get_by_label("Sélectionner tout l'office").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(facts.get_by_text("Tout l'office")).to_be_visible()
    page.get_by_role("link", name="Modifier", exact=True).click()
    page.get_by_label("Intitulé").fill("Ferme des Tilleuls")
    scene.office.sees("dossier-edit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ferme des Tilleuls")).to_be_visible()


@pytest.mark.covers("L-34", "L-36", "L-45", "L-48")
def test_a_client_who_may_be_known_is_shown_before_being_added_twice(scene: Scene) -> None:
    page, run = scene.page, scene.run
    first, second = new_client("Odile", f"Ferme{run}", run), new_client("Paul", f"Ferme{run}", f"x{run}")

    def types(person: str, *, email: str, phone: str) -> None:
        for label, value in (("Nom", f"Ferme{run}"), ("Prénom", person), ("E-mail", email)):
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_label("Numéro de téléphone").fill(phone)
        page.get_by_role("region", name="Nouveau client").get_by_role("button", name="Associer au dossier").click()

    page.get_by_role("link", name="Ajouter un client +").click()
    types("Odile", email=first.email, phone="01 42 34 56 78")
    expect(page.get_by_text("Ce n'est pas un mobile").first).to_be_visible()
    types("Odile", email=first.email, phone=first.phone)
    expect(page.get_by_role("heading", name=first.name)).to_be_visible()
    page.get_by_role("link", name="Ajouter un client +").click()
    types("Paul", email=second.email, phone=first.phone)
    expect(page.get_by_text("Votre étude connaît déjà")).to_be_visible()
    expect(page.get_by_text("Déjà dans le dossier")).to_be_visible()
    scene.office.problems.clear()
    scene.office.sees("client-alike")
    page.get_by_label("C'est une autre personne").check()
    page.get_by_role("region", name="Nouveau client").get_by_role("button", name="Associer au dossier").click()
    expect(page.get_by_role("heading", name=f"Paul Ferme{run}")).to_be_visible()
    page.get_by_role("link", name=f"Modifier Paul Ferme{run}").click()
    scene.office.sees("client-edit")
    page.get_by_label("Numéro de téléphone").fill(second.phone)
    page.get_by_label("E-mail").fill(first.email)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Ces coordonnées sont aussi celles de")).to_be_visible()
    scene.office.problems.clear()
    scene.office.sees("client-edit-alike")
    page.get_by_label("E-mail").fill(second.email)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Ferme des Tilleuls")).to_be_visible()


@pytest.mark.covers("L-07", "L-08")
def test_an_office_hands_one_of_its_accounts_to_a_client(scene: Scene) -> None:
    page, name = scene.page, f"Clientèle {scene.run}"
    page.get_by_role("link", name="Espace office").click()
    page.get_by_role("link", name=re.compile("RIB de l'étude")).click()
    page.get_by_label("Nom pour vos collègues").fill(name)
    page.get_by_label("IBAN").fill("FR76 3000 6000 0112 3456 7890 188")
    page.get_by_label("BIC").fill("AGRIFRPP")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_text("Cet IBAN comporte une erreur")).to_be_visible()
    scene.office.problems.clear()
    page.get_by_label("IBAN").fill("FR76 3000 6000 0112 3456 7890 189")
    page.get_by_role("button", name="Ajouter").click()
    account = page.get_by_role("region", name="Comptes").get_by_text(name, exact=True)
    expect(account.first).to_be_visible()
    scene.office.sees("bank-details")
    page.get_by_role("link", name="Dossiers en cours").click()
    page.get_by_role("link", name=re.compile(f"O-{scene.run}")).click()
    page.get_by_role("link", name=f"RIB remis à Paul Ferme{scene.run}").click()
    page.get_by_role("radio", name=name).check()
    scene.office.sees("bank-details-choice")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("link", name=f"RIB remis à Paul Ferme{scene.run}").click()
    expect(page.get_by_role("radio", name=name)).to_be_checked()
    scene.opens("/equipe/rib")
    page.get_by_role("button", name=f"Retirer {name}").click()
    expect(account).to_have_count(0)


@pytest.mark.covers("L-25", "L-45", "L-70")
def test_a_withdrawn_deed_type_is_kept_by_its_dossier_and_offered_to_no_other(scene: Scene) -> None:
    page = scene.page

    def choices(path: str) -> list[str]:
        scene.opens(path)
        return page.get_by_label("Type d'acte").get_by_role("option").all_inner_texts()

    scene.opens("/dossiers")
    page.get_by_role("link", name=re.compile(f"O-{scene.run}")).click()
    edit = page.get_by_role("link", name="Modifier", exact=True).get_attribute("href") or ""
    scene.opens("/equipe")
    page.get_by_role("link", name=re.compile(scene.deed)).click()
    page.get_by_role("button", name="Retirer ce type d'acte").press("Enter")
    expect(page.get_by_text("n'est plus proposé pour de nouveaux dossiers")).to_be_visible()
    scene.office.sees("deed-withdrawn")
    assert scene.deed not in choices("/dossiers/nouveau")
    assert scene.deed in choices(edit)
    expect(page.get_by_label("Type d'acte").locator("option:checked")).to_have_text(scene.deed)
    scene.opens("/equipe")
    scene.office.sees("office-deed-withdrawn")
    page.get_by_role("link", name=re.compile(f"{scene.deed}.*Retiré")).click()
    page.get_by_role("button", name="Proposer de nouveau ce type d'acte").press("Enter")
    expect(page.get_by_role("button", name="Retirer ce type d'acte")).to_be_visible()
    assert scene.deed in choices("/dossiers/nouveau")


@pytest.mark.covers("L-24", "L-69")
def test_a_dossier_is_found_while_its_name_is_typed_and_put_away(scene: Scene) -> None:
    page = scene.page
    row = page.get_by_role("link", name=re.compile(f"O-{scene.run}"))
    scene.opens("/dossiers")
    search = page.get_by_role("searchbox", name="Chercher un dossier")
    search.press_sequentially("rien de tel")
    expect(page.get_by_text("Aucun dossier ne correspond")).to_be_visible()
    search.fill("")
    search.press_sequentially(f"o-{scene.run}")
    expect(page.get_by_role("listitem").filter(has=row)).to_have_count(1)
    row.click()
    page.get_by_role("button", name="Archiver le dossier").click()
    expect(page.get_by_text("Archivé le")).to_be_visible()
    page.get_by_role("link", name="Dossiers archivés").click()
    expect(row).to_be_visible()
    scene.office.sees("archived")
    scene.opens("/dossiers")
    expect(row).to_have_count(0)
