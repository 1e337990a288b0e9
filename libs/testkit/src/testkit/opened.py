"""A dossier that was opened over the interfaces, and how its people enter the pages."""

from dataclasses import dataclass

from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY, Client, Member, become_signed_in
from launcher.journey.story import NOTARY
from launcher.journey.world import World
from playwright.sync_api import Page, expect


@dataclass(frozen=True)
class Opened:
    """An open dossier of the notary, with one client, who has been invited."""

    notary: Member
    person: Client
    id: str
    number: str

    @property
    def client(self) -> str:
        """The path of the client in the dossier."""
        return f"{DOSSIERS}/dossiers/{self.id}/clients/{self.person.id}"


def opened(world: World, person: Client, number: str, title: str, deed_type: str = "bail-habitation") -> Opened:
    """Have the notary make the client known and open a dossier for them."""
    notary = Member(NOTARY.email, NOTARY.password)
    become_signed_in(world, notary)
    known = {name: getattr(person, name) for name in ("first_name", "last_name", "email", "phone")}
    person.id = world.call("POST", f"{IDENTITY}/clients", 201, token=notary.token, body=known).json()["id"]
    opening = {"number": number, "title": title, "deed_type": deed_type}
    dossier = world.call("POST", f"{DOSSIERS}/dossiers", 201, token=notary.token, body=opening).json()["id"]
    path = f"{DOSSIERS}/dossiers/{dossier}/clients"
    world.call("POST", path, 204, token=notary.token, body={"client_id": person.id})
    return Opened(notary, person, dossier, number)


def enters_at_idnot(page: Page, member: Member = NOTARY) -> None:
    """Sign in at the provider's page, from any page that offers it (L-11)."""
    page.get_by_role("link", name="S'identifier avec ID.not").click()
    page.get_by_label("Identifiant").fill(member.email)
    page.get_by_label("Mot de passe").fill(member.password)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("button", name="Quitter")).to_be_visible()


def types_password(page: Page, world: World, person: Client) -> None:
    """Go to the page of sign-in and type address and password."""
    page.goto(f"{world.gateway}/connexion")
    page.get_by_label("Adresse e-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(person.password)
    page.get_by_role("button", name="Suivant").click()


def enters_with_code(page: Page, world: World, person: Client) -> None:
    """Sign in with password and the code of the SMS that it sends (L-49, L-50)."""
    seen = world.texts_to(person.phone)
    types_password(page, world, person)
    page.get_by_label("Code à six chiffres").fill(world.code_for(person.phone, seen))
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("button", name="Quitter")).to_be_visible()
