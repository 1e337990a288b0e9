"""A client's own account in a real browser: devices, password, an authenticator app."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import Client, first_access, new_client
from launcher.journey.world import World
from playwright.sync_api import Browser, expect
from testkit.browser import PHONE, Someone
from testkit.opened import enters_with_code, opened, types_password
from testkit.stack import Platform

STEP = 30
IBAN = "FR7630006000011234567890189"
NEW_PASSWORD = "Encore une phrase 9"


@dataclass
class Scene:
    """A client with a telephone and a desk, and the office that knows them."""

    world: World
    person: Client
    phone: Someone
    desk: Someone
    codes: list[str]

    def address(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{self.world.gateway}{path}"


@pytest.fixture(scope="module")
def scene(platform: Platform, sits_down: Callable[..., Someone]) -> Iterator[Scene]:
    world, run = platform.world(), secrets.token_hex(3)
    person = new_client("Ada", f"Compte{run}", run)
    dossier = opened(world, person, f"C-{run}", "Bail de l'avenue Foch")
    token, path = dossier.notary.token, dossier.client
    asked = {"document_types": ["dpe"]}
    world.call("POST", f"{path}/requests", 201, token=token, body=asked)
    account = {"name": "Compte de la clientèle", "holder": "Étude Morel", "iban": IBAN, "bic": "AGRIFRPP"}
    bank = world.call("POST", f"{DOSSIERS}/bank-details", 201, token=token, body=account).json()["id"]
    world.call("PUT", f"{path}/bank-details", 204, token=token, body={"details_id": bank})
    first_access(world, person)
    yield Scene(world, person, sits_down(PHONE), sits_down(), [])
    world.close()


def code_of(secret: str, off: int) -> str:
    """Return the code of a step, `off` steps from now."""
    return str(pyotp.TOTP(secret).at(int(time.time()) + off * STEP))


@pytest.mark.covers("C-34", "C-35", "L-07", "S-06")
def test_a_client_ends_a_session_on_another_device_at_once(scene: Scene) -> None:
    phone, desk = scene.phone.page, scene.desk.page
    enters_with_code(phone, scene.world, scene.person)
    enters_with_code(desk, scene.world, scene.person)
    expect(desk.get_by_role("region", name="RIB de l'étude")).to_contain_text("FR76 3000 6000 0112 3456 7890 189")
    scene.desk.sees("deposit-with-bank-details")
    desk.get_by_role("link", name=scene.person.name).click()
    devices = desk.get_by_role("region", name="Appareils connectés")
    expect(devices.get_by_text("Cet appareil")).to_have_count(1)
    scene.desk.sees("account-devices")
    devices.get_by_role("button", name="Déconnecter Chrome").first.click()
    expect(desk.get_by_role("status").filter(has_text="Cet appareil est déconnecté")).to_be_visible()
    phone.goto(scene.address("/mes-dossiers"))
    expect(phone.get_by_role("heading", name="Connexion")).to_be_visible()


@pytest.mark.covers("S-04", "C-23", "C-24")
def test_a_client_changes_the_password_and_every_other_device_is_out(scene: Scene) -> None:
    phone, desk = scene.phone.page, scene.desk.page
    enters_with_code(phone, scene.world, scene.person)
    phone.goto(scene.address("/compte"))
    scene.phone.sees("account-phone")
    phone.get_by_role("link", name="Changer de mot de passe").click()
    scene.phone.sees("account-password")
    phone.get_by_label("Mot de passe actuel").fill("Pas celui-là 1")
    phone.get_by_label("Nouveau mot de passe").press_sequentially(NEW_PASSWORD)
    expect(phone.locator("[data-rule=digit]")).to_have_class("met")
    phone.get_by_label("Confirmation du mot de passe").fill(NEW_PASSWORD)
    phone.get_by_role("button", name="Changer de mot de passe").click()
    expect(phone.get_by_role("alert")).to_contain_text("Ce n'est pas votre mot de passe actuel")
    scene.phone.problems.clear()  # a refusal is an error for the console
    scene.phone.sees("account-password-wrong")
    phone.get_by_label("Mot de passe actuel").fill(scene.person.password)
    phone.get_by_label("Nouveau mot de passe").fill("motdepasse")
    phone.get_by_label("Confirmation du mot de passe").fill("motdepasse")
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-rule=upper-case]")).to_have_class("unmet")
    scene.phone.problems.clear()
    phone.get_by_label("Mot de passe actuel").fill(scene.person.password)
    phone.get_by_label("Nouveau mot de passe").fill(NEW_PASSWORD)
    phone.get_by_label("Confirmation du mot de passe").fill(NEW_PASSWORD)
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("status").filter(has_text="Votre mot de passe est changé")).to_be_visible()
    scene.person.password = NEW_PASSWORD
    assert scene.world.mail_to(scene.person.email, "mot de passe a été changé")["links"] == []
    desk.goto(scene.address("/mes-dossiers"))
    expect(desk.get_by_role("heading", name="Connexion")).to_be_visible()


def test_a_client_signs_in_with_an_app_once_it_is_proved_to_work(scene: Scene) -> None:
    phone, desk = scene.phone.page, scene.desk.page
    phone.goto(scene.address("/compte/application"))
    scene.phone.sees("app-off")
    phone.get_by_role("button", name="Commencer").click()
    expect(phone.get_by_role("img", name="Code QR")).to_be_visible()
    scene.phone.sees("app-enrolment")
    link = phone.get_by_role("link", name="Ouvrir dans l'application").get_attribute("href") or ""
    secret = parse_qs(urlsplit(link).query)["secret"][0]
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in phone.inner_text("main")
    phone.get_by_label("Code à six chiffres").fill("000000")
    phone.get_by_label("Mot de passe").fill(scene.person.password)
    phone.get_by_role("button", name="Activer l'application").click()
    expect(phone.get_by_role("alert")).to_contain_text("Ce code n'est pas le bon")
    scene.phone.problems.clear()
    scene.phone.sees("app-refused")
    phone.get_by_label("Code à six chiffres").fill(code_of(secret, 0))
    phone.get_by_label("Mot de passe").fill(scene.person.password)
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    scene.phone.sees("app-recovery-codes")
    assert scene.world.mail_to(scene.person.email, "application d'authentification a été activée")["links"] == []
    scene.codes = phone.get_by_role("listitem").locator("code").all_inner_texts()
    texts = scene.world.texts_to(scene.person.phone)
    types_password(desk, scene.world, scene.person)
    expect(desk.get_by_role("heading", name="Code de votre application")).to_be_visible()
    scene.desk.sees("sign-in-app")
    desk.get_by_label("Code à six chiffres").fill(code_of(secret, 1))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Bonjour Ada")).to_be_visible()
    assert scene.world.texts_to(scene.person.phone) == texts


def test_a_recovery_code_opens_the_account_of_who_lost_the_telephone(scene: Scene) -> None:
    desk, code = scene.desk.page, scene.codes[0]
    desk.get_by_role("button", name="Quitter").click()
    types_password(desk, scene.world, scene.person)
    desk.get_by_text("Je n'ai plus mon application").click()
    scene.desk.sees("sign-in-recovery")
    desk.get_by_label("Code de secours").fill("pas-un-code")
    desk.get_by_role("button", name="Utiliser ce code").click()
    expect(desk.get_by_role("alert")).to_contain_text("Ce code n'est pas le bon")
    scene.desk.problems.clear()
    desk.get_by_text("Je n'ai plus mon application").click()
    desk.get_by_label("Code de secours").fill(code.upper())
    desk.get_by_role("button", name="Utiliser ce code").click()
    expect(desk.get_by_role("heading", name="Bonjour Ada")).to_be_visible()
    desk.goto(scene.address("/compte"))
    expect(desk.get_by_text("7 codes de secours restants")).to_be_visible()
    scene.desk.sees("account-with-app")


def test_the_app_is_turned_off_with_the_password_and_a_code(scene: Scene) -> None:
    desk = scene.desk.page
    desk.get_by_role("link", name="Application d'authentification").click()
    scene.desk.sees("app-on")
    desk.get_by_label("Mot de passe").fill(scene.person.password)
    desk.get_by_label("Code de l'application, ou code de secours").fill(scene.codes[1])
    desk.get_by_role("button", name="Désactiver l'application").click()
    expect(desk.get_by_role("status").filter(has_text="les codes vous seront envoyés par SMS")).to_be_visible()
    scene.codes.clear()


@pytest.mark.covers("C-35", "C-36")
def test_all_other_devices_are_out_also_where_there_is_no_script(scene: Scene, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page, desk = context.new_page(), scene.desk.page
    enters_with_code(page, scene.world, scene.person)
    page.goto(scene.address("/compte"))
    page.get_by_role("button", name="Déconnecter tous les autres appareils").click()
    expect(page.get_by_text("Tous vos autres appareils sont déconnectés")).to_be_visible()
    desk.reload()
    expect(desk.get_by_role("heading", name="Connexion")).to_be_visible()
    page.get_by_role("button", name="Quitter").click()
    page.go_back()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    context.close()
