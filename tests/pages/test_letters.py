"""Registered letters in a real browser: from an account that is linked to the proof that is downloaded."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from launcher.journey.letters import Mailing
from launcher.journey.people import new_client
from launcher.journey.world import World, until
from playwright.sync_api import Locator, Page, expect
from testkit.browser import PHONE, Someone
from testkit.opened import enters_at_idnot, opened
from testkit.stack import Platform

RESERVED = "recommandée électronique"


@dataclass
class Scene:
    """A notary at a desk, with a dossier, its client, and an account at the provider."""

    world: World
    office: Someone
    mailing: Mailing
    run: str

    @property
    def page(self) -> Page:
        return self.office.page

    @property
    def account(self) -> str:
        return f"pages.{self.run}@etude-morel.example"

    @property
    def company(self) -> str:
        return f"Roy Immobilier {self.run}"

    def ada(self, last_name: str) -> str:
        """Return the whole name of somebody in the register."""
        return f"Ada {last_name}{self.run}"

    def to(self, scenario: str) -> str:
        """Return the address of somebody who does what it says."""
        return f"{scenario}.pages.{self.run}@destinataires.example"

    def goes(self, path: str) -> None:
        self.page.goto(f"{self.world.gateway}{path}")

    def row(self, text: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=text)


@pytest.fixture(scope="module")
def scene(platform: Platform, sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    client = new_client("Chloé", f"Recommandé{run}", run)
    client.email = f"never.client.{run}@destinataires.example"
    dossier = opened(world, client, f"R-{run}", "Congé des Lilas")
    yield Scene(world, sits_down(), Mailing(world, dossier.notary, dossier.id), run)
    world.close()


def adds(scene: Scene, last_name: str, email: str, company: str = "") -> None:
    page = scene.page
    new = page.get_by_role("region", name="Nouveau destinataire")
    new.get_by_label("Qualité").select_option("professional" if company else "individual")
    new.get_by_label("Nom", exact=False).first.fill(last_name)
    new.get_by_label("Prénom").fill("Ada")
    new.get_by_label("Société").fill(company)
    new.get_by_label("E-mail").fill(email)
    new.get_by_role("button", name="Ajouter").click()
    expect(scene.row(email)).to_be_visible()


@pytest.mark.covers("A-11", "A-12", "A-25", "A-26", "A-27")
def test_an_account_is_linked_and_shows_what_it_lacks_until_its_holder_agreed(scene: Scene) -> None:
    page, mailing = scene.page, scene.mailing
    made = mailing.provider("POST", "/senders", 201, {"email": scene.account, "linked": False})
    mailing.account = made["id"]
    scene.goes("/")
    enters_at_idnot(page)
    page.get_by_role("link", name="Recommandés").click()
    page.get_by_role("link", name="Comptes expéditeurs").click()
    scene.office.sees("letters-accounts")
    page.get_by_label("Adresse e-mail du compte AR24").fill(scene.account)
    page.get_by_role("button", name="Demander l'accès").click()
    page.get_by_role("button", name="Actualiser").click()
    expect(page.get_by_text("Le titulaire suit le lien")).to_be_visible()
    scene.office.sees("letters-account-missing")
    mailing.provider("POST", f"/senders/{made['id']}/accept-access")
    page.get_by_role("button", name="Actualiser").click()
    expect(page.get_by_text("les lettres peuvent partir")).to_be_visible()
    page.get_by_label("Entité facturée").fill(f"Immeuble {scene.run}")
    page.get_by_label("Référence de l'entité").fill(f"morel-{scene.run}")
    page.get_by_label("Payée par").select_option(index=1)
    page.get_by_role("button", name="Associer").click()
    expect(page.get_by_role("rowheader", name=f"Immeuble {scene.run}")).to_be_visible()
    scene.office.sees("letters-account")
    mailing.sender = page.url.partition("/comptes/")[2].partition("?")[0]


@pytest.mark.covers("A-13", "A-16", "A-17", "A-18", "A-19", "A-21")
def test_the_register_of_consents_is_kept_for_a_selection(scene: Scene, tmp_path: Path) -> None:
    page, mailing = scene.page, scene.mailing
    scene.goes("/lettres/destinataires")
    adds(scene, f"Petit{scene.run}", scene.to("accept+1s"))
    adds(scene, f"Roy{scene.run}", scene.to("refuse+1s"), company=scene.company)
    adds(scene, f"Blanc{scene.run}", f"blanc@sans-point-{scene.run}")
    scene.office.sees("letters-people")
    mailing.consent(scene.to("accept+1s"))
    page.get_by_label("Compte expéditeur").select_option(label=scene.account)
    page.get_by_role("button", name="Mise à jour des consentements").click()
    expect(scene.row(scene.ada("Petit"))).to_contain_text("Consentement donné")
    scene.office.sees("letters-changes")
    scene.goes("/lettres/destinataires")
    page.get_by_label(scene.ada("Petit"), exact=True).check()
    page.get_by_role("button", name="Retirer l'accord de consentement LRE").click()
    expect(scene.row(scene.ada("Petit"))).to_contain_text("Retiré")
    proof = tmp_path / "accord.txt"
    proof.write_text("J'accepte de recevoir des lettres recommandées électroniques.")
    scene.goes("/lettres/destinataires")
    page.get_by_label(scene.ada("Petit"), exact=True).check()
    page.get_by_role("button", name="Ajouter l'accord de consentement LRE").click()
    scene.office.sees("letters-agreeing")
    page.get_by_label("Document qui le montre").set_input_files(proof)
    page.get_by_role("button", name="Enregistrer l'accord").click()
    expect(page.get_by_text("1 personne a changé")).to_be_visible()
    expect(scene.row(scene.ada("Petit"))).to_contain_text("Consentement donné")


@pytest.mark.covers("A-31", "A-33", "A-38", "A-43", "A-44", "A-45", "A-46", "A-72")
def test_a_batch_is_prepared_from_a_dossier_and_its_errors_are_mended(scene: Scene, tmp_path: Path) -> None:
    page = scene.page
    scene.goes(f"/dossiers/{scene.mailing.dossier}")
    page.get_by_role("link", name="Envoyer en AR").click()
    page.get_by_label("Objet").fill(f"Congé {scene.run}")
    annex = tmp_path / "plan.txt"
    annex.write_text("Le plan des lieux.")
    page.get_by_label("Fichier à joindre").set_input_files(annex)
    page.get_by_role("button", name="Joindre", exact=True).click()
    expect(page.get_by_text("plan.txt")).to_be_visible()
    expect(page.get_by_label("Objet")).to_have_value(f"Congé {scene.run}")  # what was typed is kept
    scene.office.sees("letters-new")
    page.get_by_label("Compte expéditeur").select_option(label=scene.account)
    page.get_by_label("Type d'envoi").select_option("qualified-lre")
    page.get_by_label("Texte").fill("Madame, Monsieur,\n\nLe bailleur vous donne congé au terme du bail.")
    page.get_by_label("Entité facturée").select_option(f"morel-{scene.run}")
    for name in (f"Chloé Recommandé{scene.run}", scene.ada("Petit"), scene.company, scene.ada("Blanc")):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Contrôler l'envoi").click()
    expect(page.get_by_role("heading", name="Information sur l'envoi")).to_be_visible()
    counts = page.get_by_role("region", name="Compte")
    expect(counts).to_contain_text("4")
    errors = page.get_by_role("region", name="Récapitulatif des erreurs")
    expect(errors.get_by_role("row").filter(has_text=scene.ada("Blanc"))).to_contain_text("n'est pas valable")
    expect(errors.get_by_role("row").filter(has_text=f"Chloé Recommandé{scene.run}")).to_contain_text("accord")
    scene.office.sees("letters-batch-errors")
    page.get_by_role("link", name=f"Corriger {scene.ada('Blanc')} : L'adresse e-mail n'est pas valable.").click()
    scene.office.sees("letters-person")
    page.get_by_label("E-mail").fill(scene.to("bounce+1s"))
    page.get_by_role("button", name="Enregistrer et recalculer l'envoi").click()
    expect(page.get_by_role("heading", name="Information sur l'envoi")).to_be_visible()
    expect(page.get_by_text("L'adresse e-mail n'est pas valable.")).to_be_hidden()
    scene.mailing.consent(scene.to("bounce+1s"))
    batch = page.url
    scene.goes("/lettres/destinataires")
    page.get_by_label("Compte expéditeur").select_option(label=scene.account)
    page.get_by_role("button", name="Mise à jour des consentements").click()
    expect(scene.row(scene.ada("Blanc"))).to_contain_text("Consentement donné")
    page.goto(batch)
    page.get_by_role("button", name="Recalculer les erreurs").click()
    expect(page.get_by_role("button", name="Valider l'envoi de 3 lettres")).to_be_visible()
    page.get_by_role("link", name="Lister les lettres en erreur").click()
    expect(scene.row(f"Chloé Recommandé{scene.run}")).to_contain_text("Incompatible")
    page.goto(batch)


@pytest.mark.covers("A-48", "A-49", "A-52", "A-53", "A-54")
def test_letters_are_sent_and_leave_with_one_code_and_with_no_wrong_one(scene: Scene) -> None:
    page, mailing = scene.page, scene.mailing
    page.get_by_role("button", name="Valider l'envoi de 3 lettres").click()
    page.get_by_role("link", name="saisir le code").click()  # nobody reloads: the page says so itself
    expect(page.get_by_role("checkbox", name=scene.ada("Petit"))).to_be_checked()
    scene.office.sees("letters-awaiting-code")
    right = mailing.code()
    page.get_by_label("Code lu sur votre clé").fill("000000" if right != "000000" else "111111")
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("alert")).to_contain_text("Aucune lettre n'est partie")
    expect(page.get_by_role("checkbox", name=scene.ada("Petit"))).to_be_checked()
    scene.office.problems.clear()  # the console calls the answer to a wrong code an error
    scene.office.sees("letters-wrong-code")
    page.get_by_role("checkbox", name=scene.ada("Blanc")).uncheck()
    page.get_by_label("Code lu sur votre clé").fill(mailing.code())
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 lettres validées : elles partent par e-mail.")).to_be_visible()
    expect(page.get_by_role("checkbox", name=scene.ada("Blanc"))).to_be_visible()
    expect(page.get_by_role("checkbox", name=scene.ada("Petit"))).to_be_hidden()


def has_state(scene: Scene, name: str, state: str) -> bool:
    scene.page.reload()
    return state in scene.row(name).inner_text()


@pytest.mark.covers("A-28", "A-39", "A-56", "A-57", "A-58", "A-60", "A-67")
def test_letters_are_found_followed_to_their_proofs_and_exported(scene: Scene) -> None:
    page = scene.page
    scene.goes("/lettres")
    page.get_by_label("Destinataire").fill(f"pages.{scene.run}")
    page.get_by_label("Émetteur").select_option(label="Claire Morel")
    page.get_by_role("button", name="Rechercher").click()
    until(lambda: has_state(scene, scene.ada("Petit"), "Reçue"), "the letter to be accepted")
    until(lambda: has_state(scene, f"Roy{scene.run}", "Refusée"), "the letter to be refused")
    scene.office.sees("letters-list")
    with page.expect_download() as exported:
        page.get_by_role("link", name="Exporter (CSV)").click()
    table = Path(exported.value.path()).read_text("utf-8-sig")
    assert scene.to("accept+1s") in table
    page.get_by_label("Statut").select_option("acknowledged")
    page.get_by_role("button", name="Rechercher").click()
    expect(scene.row(f"Roy{scene.run}")).to_have_count(0)
    page.get_by_role("link", name=scene.ada("Petit"), exact=True).click()
    proof = page.get_by_role("link", name="Télécharger Accusé de réception")
    until(lambda: page.reload() and proof.count() == 1, "the proof to be in the vault")
    expect(page.get_by_text("Reçue par le destinataire")).to_be_visible()
    scene.office.sees("letters-letter")
    with page.expect_download() as started:
        proof.click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF")


@pytest.mark.covers("A-51", "A-70")
def test_what_letters_cost_is_told_by_entity(scene: Scene) -> None:
    scene.goes("/lettres/facturation")
    line = scene.row(f"morel-{scene.run}")
    expect(line).to_contain_text(f"Immeuble {scene.run}")
    scene.office.sees("letters-billing")


@pytest.mark.covers("A-31", "A-35", "A-42")
def test_a_list_becomes_letters_of_a_level_that_is_not_called_registered(scene: Scene, tmp_path: Path) -> None:
    page = scene.page
    scene.goes("/lettres/liste")
    page.get_by_label("Compte expéditeur").select_option(label=scene.account)
    page.get_by_label("Type d'envoi").select_option("simple-erds")
    page.get_by_role("button", name="Continuer").click()
    rows = [
        "nom;prénom;e-mail;objet;texte",
        f"Lune{scene.run};Ève;{scene.to('never')};Avis;Bonjour",
        "Sole;Guy;guy@x.example;;",
    ]
    table = tmp_path / "liste.csv"
    table.write_text("\n".join(rows))
    page.get_by_label("Liste (CSV ou XLSX)").set_input_files(table)
    page.get_by_role("button", name="Écrire les lettres").click()
    expect(page.get_by_text("1 lettre écrite, 1 destinataire ajouté")).to_be_visible()
    expect(page.get_by_role("region", name="Lignes laissées de côté")).to_contain_text("L'objet")
    scene.office.sees("letters-table")
    page.get_by_role("link", name="Contrôler et envoyer").click()
    expect(page.get_by_role("heading", name="Information sur l'envoi")).to_be_visible()
    assert RESERVED not in page.locator("main").inner_text().lower()
    page.get_by_role("link", name=f"Ève Lune{scene.run}").first.click()
    expect(page.get_by_text("Envoi suivi")).to_be_visible()
    assert RESERVED not in page.locator("main").inner_text().lower()
    page.get_by_role("button", name="Annuler cette lettre").click()
    expect(page.get_by_text("Annulée").first).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["", "/lots", "/comptes", "/facturation", "/destinataires", "/nouveau", "/liste", "/a-valider"],
)
def test_every_page_of_letters_fits_a_telephone(scene: Scene, path: str) -> None:
    width, height = PHONE
    scene.page.set_viewport_size({"width": width, "height": height})
    scene.goes(f"/lettres{path}")
    scene.office.sees(f"letters-phone{path.replace('/', '-')}")
