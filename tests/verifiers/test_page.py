"""The page that verifies what is dropped on it, in a real browser that is off line by then."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from journal.reading.paper import Paper, Seal
from playwright.sync_api import Browser, BrowserContext, Page, expect
from proof.bundle import Scope
from proof.policy import LogKey, Policy
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from testkit import browser as browsers
from testkit.browser import DESKTOP, PATIENCE_MS, PHONE, browsing
from testkit.serving import serving
from worlds import ORIGIN, Keys, Log, Tree, bundle_of

pytestmark = pytest.mark.skipif(browsers.program() is None, reason=browsers.MISSING)
VERIFIERS = Path(__file__).parents[2] / "libs/proof/src/proof/verifiers"
DOCUMENT = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"
LARGE = 24 * 1024 * 1024
DROP = """files => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
    }
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.getElementById("drop").dispatchEvent(
            new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }
}"""


@dataclass
class Desk:
    """Somebody with a proof, a browser that has loaded the page, and no connection any more."""

    page: Page
    context: BrowserContext
    bundle: bytes
    policy: bytes
    note: bytes
    dossier: str
    asked: list[str] = field(default_factory=list)

    def drop(self, **files: bytes) -> None:
        """Drop files, named with the last `_` as their dot."""
        given = [(".".join(name.rsplit("_", 1)), base64.b64encode(data).decode()) for name, data in files.items()]
        self.page.evaluate(DROP, given)

    def certificate(self, bundle: bytes) -> bytes:
        """Print a certificate with a bundle inside, as the journal does."""
        paper = Paper("Certificat d'intégrité du dossier", datetime.now(UTC))
        paper.line("Contrat de bail, SHA-256 …")
        paper.attach("4.note", self.note, "Point de contrôle signé", "text/plain")
        paper.attach(f"{self.dossier}.lcp", bundle, "Dossier de preuve", "application/zip")
        return paper.bytes()

    def says(self, verdict: str, *failed: str) -> None:
        """Wait for a verdict, and compare the names of the checks that failed."""
        expect(self.page.locator("#verdict")).to_contain_text(verdict, timeout=PATIENCE_MS)
        lines = self.page.get_by_role("region", name="Chaque contrôle").get_by_role("listitem")
        found = lines.filter(has=self.page.get_by_text("Échec", exact=True)).locator("code").all_inner_texts()
        assert sorted(found) == sorted(failed)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[Mount("/", StaticFiles(directory=VERIFIERS))])) as address:
        yield address


@pytest.fixture(params=[DESKTOP], ids=["desk"])
def desk(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    log = Log(Random(7))  # noqa: S311 - the same log at every run
    office, dossier, document = log.uuid(), log.uuid(), log.uuid()
    facts = {"office": office, "dossier": dossier}
    log.event("dossier", dossier, "dossier-opened", {"number": "2026-7"}, **facts)
    digest = sha256(DOCUMENT).hexdigest()
    shown = log.event("vault", document, "document-stored", {"name": "bail.pdf"}, sha256=digest, **facts)
    log.event("dossier", dossier, "document-validated", {"version_id": shown.docs[0].ver}, **facts)
    log.head(office, dossier)
    tree, keys = Tree(log.leaves), Keys(Random(7))  # noqa: S311 - as above
    note = keys.note(tree.size, tree.root(tree.size))
    scope, rng = Scope("dossier", dossier), Random(3)  # noqa: S311 - discloses every content
    bundle = bundle_of(log.leaves, tree, scope, {tree.size: note}, rng).encode()
    policy = Policy(ORIGIN, tuple(LogKey(key) for key in keys.log_keys()), None, ()).encode()
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="fr-FR")
    page = context.new_page()
    page.goto(f"{address}/check.html")
    expect(page.locator("#status")).to_have_text("Aucun fichier n'est choisi.")
    made = Desk(page, context, bundle, policy, note, dossier)
    context.set_offline(offline=True)
    page.on("request", lambda request: made.asked.append(request.url))
    yield made
    assert made.asked == []  # nobody was contacted
    context.close()


def changed(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.covers("C-05", "C-47")
def test_a_bundle_a_document_and_a_policy_dropped_together_are_verified_off_line(desk: Desk) -> None:
    desk.drop(dossier_lcp=desk.bundle, bail_pdf=DOCUMENT, politique_json=desk.policy)
    desk.says("INTACT")
    held = desk.page.get_by_role("region", name="Vos documents")
    expect(held).to_contain_text("C'est bien le document « bail.pdf »")
    expect(held).to_contain_text("validé le")
    expect(held).to_contain_text(sha256(DOCUMENT).hexdigest())
    established = desk.page.get_by_role("region", name="Ce que cela établit")
    expect(established).to_contain_text("Niveau 1 sur 5")
    expect(established).to_contain_text("réécrire toute l'histoire")  # what remains possible there
    expect(established).to_contain_text("Il faut : la contre-signature d'assez de témoins")
    first = desk.page.locator("#report > *").first
    expect(first).to_contain_text("VERDICT : INTACT")
    assert len(desk.page.get_by_role("region", name="Chaque contrôle").locator("code").all()) > 20


@pytest.mark.covers("C-08")
def test_a_certificate_and_its_document_are_enough(desk: Desk) -> None:
    desk.drop(certificat_pdf=desk.certificate(desk.bundle), bail_pdf=DOCUMENT, politique_json=desk.policy)
    desk.says("INTACT")
    expect(desk.page.get_by_role("region", name="Vos documents")).to_contain_text("Reconnu")
    expect(desk.page.get_by_role("region", name="Chaque contrôle")).to_contain_text("Ce PDF ne porte pas de sceau")


def test_one_changed_byte_of_the_document_is_named(desk: Desk) -> None:
    desk.drop(dossier_lcp=desk.bundle, bail_pdf=changed(DOCUMENT, 900), politique_json=desk.policy)
    desk.says("ALTÉRÉ", "document-file")
    expect(desk.page.get_by_text("Le dossier de preuve lui-même est bon")).to_be_visible()
    expect(desk.page.get_by_role("region", name="Ce qui ne va pas")).to_contain_text("Vos fichiers (document-file)")
    expect(desk.page.get_by_role("region", name="Vos documents")).to_contain_text("Non reconnu")


def test_one_changed_byte_of_the_bundle_is_named(desk: Desk) -> None:
    place = desk.bundle.index(b"dossier-opened")
    desk.drop(dossier_lcp=changed(desk.bundle, place), politique_json=desk.policy)
    expect(desk.page.locator("#verdict")).to_contain_text("ALTÉRÉ")
    expect(desk.page.get_by_role("region", name="Ce qui ne va pas")).to_contain_text("(container)")


def test_one_changed_byte_of_the_proof_inside_a_certificate_is_named(desk: Desk) -> None:
    certificate = desk.certificate(desk.bundle)
    place = certificate.index(b"dossier-opened", certificate.index(b"README.fr.txt"))
    desk.drop(certificat_pdf=changed(certificate, place), politique_json=desk.policy)
    expect(desk.page.locator("#verdict")).to_contain_text("ALTÉRÉ")
    expect(desk.page.get_by_role("region", name="Ce qui ne va pas")).to_contain_text("(container)")


def test_a_certificate_that_lost_its_proof_is_named(desk: Desk) -> None:
    certificate = desk.certificate(desk.bundle)
    damaged = changed(certificate, certificate.rindex(b"/EmbeddedFile\n") + 8)
    desk.drop(certificat_pdf=damaged, politique_json=desk.policy)
    desk.says("ILLISIBLE", "certificate-attachment")


def test_a_sealed_certificate_shows_whose_and_one_changed_byte_breaks_it(desk: Desk, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other:  # which has no event loop; the browser's is in this thread
        sealed = other.submit(_seal(tmp_path).seal, desk.certificate(desk.bundle), "Certificat").result()
    desk.drop(certificat_pdf=sealed, politique_json=desk.policy)
    desk.says("INTACT")
    expect(desk.page.get_by_text("Sceau de l'étude (ce nom n'est pas contrôlé ici)")).to_be_visible()
    desk.drop(certificat_pdf=changed(sealed, sealed.index(b"stream") + 40), politique_json=desk.policy)
    desk.says("ALTÉRÉ", "certificate-seal")
    desk.drop(certificat_pdf=sealed + b"\n% more")  # what is added behind the seal is not sealed
    desk.says("ALTÉRÉ", "certificate-seal")


def test_an_earlier_state_of_the_log_raises_the_level_or_shows_a_fork(desk: Desk) -> None:
    desk.drop(dossier_lcp=desk.bundle, politique_json=desk.policy, gardé_note=desk.note)
    desk.says("INTACT")
    expect(desk.page.get_by_role("region", name="Ce que cela établit")).to_contain_text("Niveau 2 sur 5")


def test_a_policy_of_other_keys_does_not_vouch_for_anything(desk: Desk) -> None:
    keys = Keys(Random(8))  # noqa: S311 - others, the same at every run
    other = Policy(ORIGIN, tuple(LogKey(key) for key in keys.log_keys()), None, ()).encode()
    desk.drop(dossier_lcp=desk.bundle, politique_json=other)
    desk.says("ALTÉRÉ", "checkpoint-signature")


def test_without_a_proof_the_page_says_what_is_missing(desk: Desk) -> None:
    desk.drop(bail_pdf=DOCUMENT)
    expect(desk.page.locator("#status")).to_contain_text("Il manque le dossier de preuve")
    desk.drop(dossier_lcp=b"PK\x03\x04 no archive", politique_json=desk.policy)
    expect(desk.page.locator("#verdict")).to_contain_text("ILLISIBLE")


def test_a_large_document_is_read_in_slices_while_the_page_stays_alive(desk: Desk, tmp_path: Path) -> None:
    large = tmp_path / "archive.bin"
    large.write_bytes(bytes(LARGE))
    desk.page.evaluate("""() => {
        window.seen = new Set();
        new MutationObserver(() => {
            for (const bar of document.querySelectorAll("progress:not([hidden])")) window.seen.add(bar.value);
        }).observe(document.getElementById("given"), {subtree: true, attributes: true});
    }""")
    desk.page.get_by_label("Dossier de preuve, certificat, documents").set_input_files(large)
    expect(desk.page.locator("#given")).to_contain_text("Document")
    seen = desk.page.evaluate("[...window.seen].sort()")
    assert len(seen) >= 3
    desk.drop(dossier_lcp=desk.bundle, politique_json=desk.policy)
    desk.says("ALTÉRÉ", "document-file")
    expect(desk.page.get_by_role("region", name="Vos documents")).to_contain_text(sha256(bytes(LARGE)).hexdigest())


@pytest.mark.parametrize("desk", [PHONE], indirect=True, ids=["phone"])
def test_on_a_phone_with_the_picker_and_the_keyboard(desk: Desk, tmp_path: Path) -> None:
    page = desk.page
    files = {"dossier.lcp": desk.bundle, "politique.json": desk.policy, "faux.pdf": changed(DOCUMENT, 900)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Dossier de preuve, certificat, documents")).to_be_focused()
    page.get_by_label("Dossier de preuve, certificat, documents").set_input_files([tmp_path / name for name in files])
    desk.says("ALTÉRÉ", "document-file")
    page.get_by_role("button", name="Retirer faux.pdf").focus()
    page.keyboard.press("Enter")
    desk.says("INTACT")
    expect(page.get_by_label("Dossier de preuve, certificat, documents")).to_be_focused()
    page.get_by_role("button", name="Vérifier", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def _seal(folder: Path) -> Seal:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sceau de l'étude")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    usage = x509.KeyUsage(*([True, True] + [False] * 7))
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    key_file, chain_file = folder / "seal.key", folder / "seal.pem"
    key_file.write_bytes(private)
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Seal(key_file, chain_file)
