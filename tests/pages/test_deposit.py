"""Depositing and deciding as people really do: without a script, with the keyboard alone, on a line that breaks."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import Client, Member, first_access, new_client
from launcher.journey.story import NOTARY
from launcher.journey.world import World, until
from playwright.sync_api import Browser, Locator, Page, Request, expect
from testkit.browser import PHONE, Someone
from testkit.fault_proxy import Link, Network
from testkit.opened import opened
from testkit.stack import Platform

PART = 8 << 20
LARGE = 24 << 20
SLOW = 1 << 20
"""Bytes in a second of the line that breaks."""
FOCUSED = """() => {
  const one = document.activeElement;
  const ring = (at) => at && getComputedStyle(at).outlineStyle !== "none";
  return {
    place: [...document.querySelectorAll("*")].indexOf(one),
    name: one.textContent.trim().slice(0, 40) || one.name || one.tagName,
    seen: one.matches(":focus-visible") && (ring(one) || ring(one.labels?.[0])),
    body: one === document.body,
    inDialog: one.closest("dialog[open]") !== null,
  };
}"""


@dataclass
class Case:
    """An office, a client who has a password, and documents that are asked for."""

    world: World
    notary: Member
    person: Client
    dossier: str = ""
    files: list[Path] = field(default_factory=list)

    def address(self, path: str) -> str:
        return f"{self.world.gateway}{path}"

    @property
    def page(self) -> str:
        """The address of the client's page."""
        return self.address(f"/mes-dossiers/{self.dossier}")

    def file(self, suffix: str) -> Path:
        return next(path for path in self.files if path.suffix == suffix)

    def requests(self) -> list[dict[str, Any]]:
        path = f"{DOSSIERS}/dossiers/{self.dossier}/requests"
        found: list[dict[str, Any]] = self.world.call("GET", path, token=self.notary.token).json()["items"]
        return found

    def states(self, label: str) -> list[str]:
        """Return the states of the files of a document."""
        return [version["state"] for one in self.requests() if one["label"] == label for version in one["versions"]]


@pytest.fixture(scope="module")
def case(platform: Platform, samples: list[Path]) -> Iterator[Case]:
    world, run = platform.world(), secrets.token_hex(3)
    person = new_client("Jeanne", f"Blanc{run}", run)
    dossier = opened(world, person, f"D-{run}", "Vente Blanc, 3 impasse du Puits", "vente")
    labels = ["Livret", "Bilan", "Plan", "Bail", "Devis"]
    body = {"others": labels}
    world.call("POST", f"{dossier.client}/requests", 201, token=dossier.notary.token, body=body)
    first_access(world, person)
    yield Case(world, dossier.notary, person, dossier.id, samples)
    world.close()


@pytest.fixture(scope="module")
def client(case: Case, sits_down: Callable[..., Someone]) -> Someone:
    """Bring a client to the page of their dossier with the keyboard alone."""
    client = sits_down()
    page = client.page
    page.goto(case.address("/connexion"))
    types(page, page.get_by_label("Adresse e-mail"), case.person.email)
    types(page, page.get_by_label("Mot de passe"), case.person.password)
    seen = case.world.texts_to(case.person.phone)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code à six chiffres")).to_be_visible()
    types(page, page.get_by_label("Code à six chiffres"), case.world.code_for(case.person.phone, seen))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Bonjour {case.person.first_name}")).to_be_visible()
    return client


@pytest.fixture(scope="module")
def office(case: Case, sits_down: Callable[..., Someone]) -> Someone:
    """Let a notary sign in with the keyboard alone."""
    office = sits_down()
    page = office.page
    page.goto(case.address("/"))
    tabs_to(page, page.get_by_role("link", name="S'identifier avec ID.not"))
    page.keyboard.press("Enter")
    page.get_by_label("Identifiant").focus()  # the sandbox's own page
    page.keyboard.type(NOTARY.email)
    page.keyboard.press("Tab")
    page.keyboard.type(NOTARY.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dossiers en cours")).to_be_visible()
    return office


def tabs_to(page: Page, there: Locator) -> None:
    """Go to an element with the tab key; on the way, each focus is seen and none goes back."""
    place = -1
    for _ in range(80):
        if there.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        assert now["seen"] or now["body"], f"the focus on {now['name']!r} is not seen"
        assert now["place"] > place or now["body"], f"the focus goes back to {now['name']!r}"
        place = now["place"]
    raise AssertionError(f"the keyboard does not reach {there}")


def types(page: Page, into: Locator, text: str) -> None:
    tabs_to(page, into)
    page.keyboard.type(text)


def card(page: Page, label: str) -> Locator:
    return page.get_by_role("region", name=label, exact=True)


@pytest.mark.covers("L-54", "L-58")
def test_with_the_keyboard_alone_a_client_deposits_and_takes_back(client: Someone, case: Case) -> None:
    page = client.page
    picker = page.get_by_label("Choisir ou photographier : Livret")
    tabs_to(page, picker)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(case.file(".pdf"))
    taken = card(page, "Livret").get_by_role("button", name=re.compile("^Retirer"))
    expect(taken).to_be_visible()
    client.sees("deposited-one")
    page.evaluate("document.activeElement.blur()")
    tabs_to(page, taken)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Fichier retiré")).to_be_visible()
    expect(card(page, "Livret").get_by_role("button", name=re.compile("^Retirer"))).to_have_count(0)
    client.sees("taken-back")
    assert case.states("Livret") == ["withdrawn"]


@pytest.mark.covers("L-56", "L-59", "L-65")
def test_without_a_script_files_are_sent_taken_back_and_refused(
    browser: Browser, client: Someone, office: Someone, case: Case
) -> None:
    pdf = case.file(".pdf")
    bare = [
        browser.new_context(java_script_enabled=False, locale="fr-FR", storage_state=one.context.storage_state())
        for one in (client, office)
    ]
    page, desk = (context.new_page() for context in bare)
    page.goto(case.page)
    for label, name in (("Bilan", "bilan.pdf"), ("document supplémentaire", "plus.pdf")):
        content = pdf.read_bytes() + name.encode()
        file: Any = {"name": name, "mimeType": "application/pdf", "buffer": content}
        page.get_by_label(f"Choisir ou photographier : {label}").set_input_files(file)
        page.get_by_role("button", name=f"Envoyer : {label}").click()
        expect(page.get_by_role("status").first).to_contain_text("Fichier enregistré et transmis")
        digests = {version["name"]: version["sha256"] for one in case.requests() for version in one["versions"]}
        assert digests[name] == hashlib.sha256(content).hexdigest()
    not_taken: Any = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"MZ nothing that is taken"}
    page.get_by_label("Choisir ou photographier : Plan").set_input_files(not_taken)
    page.get_by_role("button", name="Envoyer : Plan").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert case.states("Plan") == []
    page.get_by_role("button", name="Retirer plus.pdf").click()
    expect(page.get_by_text("Fichier retiré")).to_be_visible()
    desk.goto(case.address(f"/dossiers/{case.dossier}"))
    desk.get_by_role("link", name=re.compile("Bilan")).click()
    desk.get_by_role("link", name=re.compile("Refuser")).click()
    desk.get_by_label("Ou en vos mots").fill("La signature manque.")
    desk.get_by_role("button", name="Refuser", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    page.goto(case.page)
    expect(page.get_by_text("La signature manque.")).to_be_visible()
    for context in bare:
        context.close()


@pytest.fixture
def line(case: Case) -> Iterator[Link]:
    """Return a line between a browser and the gateway."""
    with Network() as network:
        yield network.link("gateway", urlsplit(case.world.gateway).port or 80)


@pytest.mark.covers("L-54", "L-56")
def test_a_line_that_breaks_and_a_page_that_is_closed_cost_one_part_at_most(
    browser: Browser, client: Someone, case: Case, line: Link, tmp_path: Path
) -> None:
    file = tmp_path / "bail.pdf"
    file.write_bytes(b"%PDF-1.7\n" + secrets.token_bytes(LARGE - 9))
    begun: list[int] = []
    context = browser.new_context(
        proxy={"server": f"http://127.0.0.1:{line.port}"}, storage_state=client.context.storage_state()
    )

    def heard(request: Request) -> None:
        if request.method == "PATCH":
            begun.append(int(request.headers["upload-offset"]))

    def chosen(speed: int) -> Page:
        page = context.new_page()
        page.on("request", heard)
        page.goto(case.page)
        way = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", way)
        page.get_by_label("Choisir ou photographier : Bail").set_input_files(file)
        return page

    page = chosen(SLOW)
    row = card(page, "Bail").locator("[data-files] li")
    until(lambda: _progress(row) >= LARGE * 6 // 10, "six tenths to be sent")
    with line.suffering(down=True):
        sent = _progress(row)
        expect(row).to_contain_text("Connexion perdue")
    gone_on = until(lambda: page.evaluate("1") and [place for place in begun if place], "the upload to go on")
    assert gone_on[0] % PART == 0
    assert sent - gone_on[0] <= PART, "more than one part is sent again"
    page.close()
    page = chosen(-1)
    expect(card(page, "Bail").get_by_text("Transmis, en cours de vérification").first).to_be_visible()
    assert begun[-1] >= gone_on[0]
    context.close()
    [version] = next(one["versions"] for one in case.requests() if one["label"] == "Bail")
    assert (version["size"], version["sha256"]) == (LARGE, hashlib.sha256(file.read_bytes()).hexdigest())


def _progress(row: Locator) -> int:
    bar = row.locator("progress")
    return int(bar.evaluate("bar => bar.value")) if row.count() and bar.count() else 0


@pytest.mark.covers("L-62", "L-63", "L-65")
def test_with_the_keyboard_alone_an_office_looks_refuses_goes_on_and_validates(
    client: Someone, office: Someone, case: Case
) -> None:
    sender, page = client.page, office.page
    sender.goto(case.page)
    for label in ("Plan", "Devis"):
        picture = case.file(".png")
        sender.get_by_label(f"Choisir ou photographier : {label}").set_input_files(picture)
        expect(card(sender, label).get_by_role("button", name=re.compile("^Retirer"))).to_be_visible()
    page.goto(case.address("/dossiers"))
    tabs_to(page, page.get_by_role("link", name=re.compile("Vente Blanc")).first)
    page.keyboard.press("Enter")
    tabs_to(page, page.get_by_role("link", name=re.compile("^Plan")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Plan", level=1)).to_be_visible()
    office.sees("viewer-keyboard")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Refuser le document ?")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        assert now["inDialog"] or now["body"], f"the dialog lets the focus out to {now['name']!r}"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile("^Refuser"))).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Plan", level=1)).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Plan", level=1)).to_be_visible()
    page.keyboard.press("r")
    tabs_to(page, dialog.get_by_label("Ou en vos mots"))
    page.keyboard.type("Le plan est coupé.")
    tabs_to(page, dialog.get_by_role("button", name="Refuser"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Plan", level=1)).to_be_hidden()
    until(lambda: case.states("Plan") == ["refused"], "the refusal")
    page.goto(case.address(f"/dossiers/{case.dossier}"))
    tabs_to(page, page.get_by_role("link", name=re.compile("^Devis")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Valider"))).to_be_visible()
    page.keyboard.press("v")
    until(lambda: case.states("Devis") == ["validated"], "the validation")


def test_the_scripts_and_the_first_page_stay_light(platform: Platform, sits_down: Callable[..., Someone]) -> None:
    """Over the wire, as a new visitor gets them: below 100 kB in all, below 60 kB of scripts."""
    visitor = sits_down(PHONE)
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    kinds, received = dict[str, str](), dict[str, float]()
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    visitor.page.goto(platform.summary["gateway"], wait_until="networkidle")
    scripts = sum(received[one] for one, kind in kinds.items() if kind == "Script")
    assert 0 < scripts < 60_000
    assert scripts < sum(received.values()) < 100_000
