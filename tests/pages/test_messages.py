"""An office and a client write to each other in their browsers, with and without scripts; dates, reminders, e-mails."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from launcher.journey.people import IDENTITY, Client, first_access, new_client
from launcher.journey.story import NOTARY
from launcher.journey.world import World, until
from playwright.sync_api import Browser, Locator, Page, expect
from testkit.browser import DESKTOP, PHONE, Someone
from testkit.opened import enters_at_idnot, enters_with_code, opened
from testkit.stack import Platform

BESIDE = "Merci de numériser chaque page à plat."
QUESTION = "Pourrions-nous signer jeudi après-midi ?"
ANSWER = "Jeudi à 15 h vous convient-il ?"


@dataclass
class Scene:
    """An office at a desk and a client with a telephone, both signed in, in one dossier."""

    world: World
    office: Someone
    client: Someone
    person: Client
    number: str
    dossier: str

    def address(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{self.world.gateway}{path}"


@pytest.fixture(scope="module")
def scene(platform: Platform, sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    person = new_client("Lou", f"Message{run}", run)
    dossier = opened(world, person, f"M-{run}", "Vente des Tilleuls")
    yield Scene(world, sits_down(), sits_down(PHONE), person, dossier.number, dossier.id)
    world.close()


@pytest.mark.covers("C-04", "L-39")
def test_an_office_asks_for_documents_by_a_day_with_a_message(scene: Scene) -> None:
    page = scene.office.page
    page.goto(scene.address("/connexion"))
    enters_at_idnot(page)
    expect(page.get_by_role("heading", name="Dossiers en cours")).to_be_visible()
    page.goto(scene.address(f"/dossiers/{scene.dossier}/clients/{scene.person.id}/demande"))
    page.get_by_label("CNI recto-verso").check()
    page.get_by_label("À recevoir avant le").fill((datetime.now(UTC).date() + timedelta(days=20)).isoformat())
    page.get_by_label("Message au client").fill(BESIDE)
    scene.office.sees("ask-with-date")
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("à recevoir avant le")).to_be_visible()
    first_access(scene.world, scene.person)
    enters_with_code(scene.client.page, scene.world, scene.person)
    mine = scene.client.page
    expect(mine.get_by_text("à envoyer avant le")).to_be_visible()
    mine.get_by_role("link", name="Contacter l'étude").click()
    expect(mine.get_by_text(BESIDE)).to_be_visible()


@pytest.mark.covers("S-21", "S-22")
def test_a_client_asks_and_reads_the_answer_without_reloading(scene: Scene) -> None:
    mine, desk = scene.client.page, scene.office.page
    mine.get_by_label("Votre demande").select_option(label="Demande de rendez-vous")
    mine.get_by_label("Objet").fill("Signature")
    mine.get_by_label("Message", exact=True).fill(QUESTION)
    mine.get_by_role("button", name="Envoyer").click()
    expect(mine.get_by_text(QUESTION)).to_be_visible()
    expect(mine.get_by_text("Pas encore lu")).to_be_visible()
    scene.client.sees("messages-client")
    told = scene.world.mail_to(NOTARY.email, scene.number)
    assert QUESTION not in told["text"] + told["html"]
    desk.goto(scene.address("/dossiers"))
    row = desk.get_by_role("link", name=scene.number)
    expect(row).to_contain_text("1 message non lu")
    row.click()
    desk.get_by_role("link", name="Messages").click()
    expect(desk.get_by_role("heading", name="Signature")).to_be_visible()
    expect(desk.get_by_text("Demande de rendez-vous")).to_be_visible()
    scene.office.sees("messages-office")
    desk.get_by_label("Message", exact=True).fill(ANSWER)
    desk.get_by_role("button", name="Envoyer").click()
    expect(desk.get_by_text(ANSWER)).to_be_visible()
    expect(mine.get_by_text(ANSWER)).to_be_visible()  # nobody touched this page
    expect(mine.get_by_text("Lu le").first).to_be_visible()
    links = scene.world.mail_to(scene.person.email, "un nouveau message vous attend")["links"]
    assert [link.partition("/mes-dossiers/")[2] for link in links] == [f"{scene.dossier}/messages"]
    desk.goto(scene.address("/dossiers"))
    expect(desk.get_by_role("link", name=scene.number)).not_to_contain_text("non lu")


@pytest.mark.covers("C-04")
def test_an_office_changes_the_day_of_a_request_and_calls_it_off(scene: Scene) -> None:
    page, path = scene.office.page, scene.address(f"/dossiers/{scene.dossier}")
    page.goto(path)
    page.get_by_role("link", name="Modifier la demande : CNI recto-verso").click()
    scene.office.sees("asked")
    page.get_by_label("À recevoir avant le").fill("2099-03-01")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("à recevoir avant le 1er mars 2099")).to_be_visible()
    page.get_by_role("link", name="Modifier la demande : CNI recto-verso").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Ne plus demander ce document").click()
    expect(page.get_by_text("Annulé")).to_be_visible()
    scene.client.page.goto(scene.address(f"/mes-dossiers/{scene.dossier}"))
    expect(scene.client.page.get_by_text("CNI recto-verso")).to_have_count(0)
    scene.client.page.goto(scene.address(f"/mes-dossiers/{scene.dossier}/messages"))


@pytest.mark.covers("S-21")
def test_a_conversation_needs_no_script_and_keeps_what_was_typed_in_vain(scene: Scene, browser: Browser) -> None:
    state = scene.client.context.storage_state()
    bare = browser.new_context(java_script_enabled=False, locale="fr-FR", storage_state=state)
    page = bare.new_page()
    page.goto(scene.address(f"/mes-dossiers/{scene.dossier}/messages"))
    page.get_by_label("Objet").fill("Adresse")
    page.get_by_label("Message", exact=True).fill("\u2800")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text("un message vide ne part pas")
    expect(page.get_by_label("Objet")).to_have_value("Adresse")
    page.get_by_label("Message", exact=True).fill("Ma nouvelle adresse suit.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", name="Adresse")).to_be_visible()
    bare.close()


def test_whoever_is_told_of_a_message_opens_it_from_the_notifications(scene: Scene) -> None:
    page = scene.office.page
    page.goto(scene.address("/notifications"))
    page.get_by_role("button", name="Lire le message").first.click()
    expect(page.get_by_role("heading", name="Messages avec Lou")).to_be_visible()


@pytest.mark.covers("C-04")
def test_an_office_chooses_its_reminders_and_sees_what_became_of_its_mails(scene: Scene) -> None:
    office, page = scene.office, scene.office.page
    page.goto(scene.address("/equipe"))
    page.get_by_role("link", name="Rappels aux clients").click()
    expect(page.get_by_label("Jours avant l'échéance")).to_have_value("7, 1")
    page.get_by_label("Jours après l'échéance").fill("jamais")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    office.problems.clear()  # a refusal is an error for the console
    page.get_by_label("Jours après l'échéance").fill("3")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("C'est enregistré")).to_be_visible()
    office.sees("reminders")
    for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(scene.address(f"/dossiers/{scene.dossier}/envois"))
        expect(page.get_by_role("cell", name="Invitation")).to_be_visible()
        expect(_patiently(page, page.url, "Arrivé dans la boîte aux lettres")).to_be_visible()
        expect(page.get_by_text("Personne inconnue")).to_have_count(0)
        office.sees(f"deliveries-{name}")
        page.goto(scene.address(f"/dossiers/{scene.dossier}/messages/{scene.person.id}"))
        office.sees(f"messages-office-{name}")


def test_an_office_sees_what_came_back_later_corrects_the_address_and_sends_again(scene: Scene) -> None:
    office, page, run = scene.office, scene.office.page, secrets.token_hex(3)
    gone = replace(new_client("Ange", f"Retour{run}", run), email=f"revient.{run}@clients.example")
    dossier = opened(scene.world, gone, f"R-{run}", "Vente du Moulin")
    asked = {"document_types": ["dpe"]}
    scene.world.call("POST", f"{dossier.client}/requests", 201, token=dossier.notary.token, body=asked)
    scene.world.mail_to(gone.email, "votre dossier est en ligne")  # the first server took it
    path = scene.address(f"/dossiers/{dossier.id}/envois")
    page.goto(path)
    expect(_patiently(page, path, "Adresse inconnue")).to_be_visible()
    office.sees("deliveries-bounced")
    right = f"ange.{run}@clients.example"
    known = {"email": right}
    scene.world.call("PATCH", f"{IDENTITY}/clients/{gone.id}", 204, token=dossier.notary.token, body=known)
    page.get_by_role("button", name="Renvoyer : Invitation").click()
    scene.world.mail_to(right, "votre dossier est en ligne")
    expect(_patiently(page, path, "Arrivé dans la boîte aux lettres")).to_be_visible()
    office.sees("deliveries-sent-again")


def _patiently(page: Page, path: str, saying: str) -> Locator:
    """Open a page again until it says this."""

    def said() -> bool:
        page.goto(path)
        return page.get_by_text(saying).count() > 0

    until(said, f"{path} to say {saying!r}")
    return page.get_by_text(saying).first
