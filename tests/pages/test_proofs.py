"""Proof in a real browser: anyone verifies, a client takes their journal away, who controls sees any moment."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from launcher.journey.story import Journey
from launcher.journey.world import until
from playwright.sync_api import Browser, Page, expect
from testkit.browser import DESKTOP, PHONE, Someone
from testkit.opened import enters_at_idnot, enters_with_code
from testkit.stack import Platform


@dataclass
class Scene:
    """A dossier that is complete, and the people of its journey at their screens."""

    walked: Journey
    platform: Platform
    office: Someone
    officer: Someone
    client: Someone
    anyone: Someone

    def address(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{self.walked.world.gateway}{path}"

    def opens(self, person: Someone, path: str) -> Page:
        """Open a page, again while a service is being started again."""
        page = person.page
        until(lambda: (answer := page.goto(self.address(path))) and answer.status == 200, f"{path} to be shown")
        return page


@pytest.fixture(scope="module")
def scene(platform: Platform, walked: Journey, sits_down: Callable[..., Someone]) -> Scene:
    return Scene(walked, platform, *(sits_down(size) for size in (DESKTOP, DESKTOP, PHONE, DESKTOP)))


def downloaded(page: Page, link: str, folder: Path) -> Path:
    """Click a link and keep the file that comes."""
    with page.expect_download() as started:
        page.get_by_role("link", name=link).first.click()
    kept = folder / started.value.suggested_filename
    started.value.save_as(kept)
    return kept


def verifies(scene: Scene, *files: Path) -> Page:
    """Give files to the page of verification, off line, and wait for the verdict."""
    page = scene.opens(scene.anyone, "/verification")
    expect(page.locator("#status")).to_have_text("Aucun fichier n'est choisi.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    scene.anyone.context.set_offline(offline=True)
    page.get_by_label("Dossier de preuve, certificat, documents").set_input_files(list(files))
    expect(page.locator("#verdict")).to_be_visible()
    scene.anyone.context.set_offline(offline=False)
    assert asked == []
    return page


@pytest.mark.covers("C-05", "C-08", "C-47", "L-68")
def test_the_office_hands_over_a_certificate_that_anyone_verifies_with_the_document(
    scene: Scene, tmp_path: Path
) -> None:
    office, walked = scene.office, scene.walked
    enters_at_idnot(scene.opens(office, "/"), walked.clerk)
    page = scene.opens(office, f"/dossiers/{walked.dossier}")
    page.get_by_role("link", name="Preuve et certificat").click()
    expect(page.get_by_role("heading", name="Dossier complet")).to_be_visible()
    expect(page.get_by_text("Tous les documents demandés sont validés")).to_be_visible()
    office.sees("attestation")
    dossier = downloaded(page, "Certificat d'intégrité (PDF)", tmp_path)
    deposited = walked.deposits[0]
    piece = f"/dossiers/{walked.dossier}/pieces/{deposited.request_id}/{deposited.version_id}"
    page = scene.opens(office, piece)
    page.get_by_role("link", name="Preuve et certificat du document").click()
    expect(page.get_by_role("heading", name="Preuve du document")).to_be_visible()
    office.sees("document-proof")
    document = downloaded(page, "Certificat d'authenticité (PDF)", tmp_path)
    page.get_by_role("link", name="et sa preuve").first.click()
    expect(page.get_by_text("Le journal a signé son état")).to_be_visible()
    office.sees("leaf")
    for certificate in (document, dossier):
        shown = verifies(scene, certificate, deposited.file)
        expect(shown.locator("#verdict")).to_contain_text("INTACT")
        expect(shown.get_by_role("region", name="Vos documents")).to_contain_text("C'est bien le document")
        expect(shown.get_by_role("region", name="Ce que cela établit")).to_contain_text("Niveau 4 sur 5")
        scene.anyone.sees("verified")
    changed = tmp_path / deposited.file.name
    changed.write_bytes(deposited.file.read_bytes() + b" ")
    shown = verifies(scene, document, changed)
    expect(shown.locator("#verdict")).to_contain_text("ALTÉRÉ")
    expect(shown.get_by_role("region", name="Ce qui ne va pas")).to_contain_text("document-file")
    scene.anyone.sees("tampered")


def test_the_page_of_verification_needs_no_other_policy_but_takes_it(scene: Scene, tmp_path: Path) -> None:
    bundle = tmp_path / "dossier.lcp"
    bundle.write_bytes(scene.walked.bundle)
    shown = verifies(scene, bundle)
    expect(shown.get_by_text("celles que ce site publie")).to_be_visible()
    shown = verifies(scene, bundle, scene.platform.policy)
    expect(shown.get_by_text("celles de votre fichier de politique")).to_be_visible()
    assert shown.pdf()[:5] == b"%PDF-"  # it can be printed
    kept = downloaded(scene.opens(scene.anyone, "/verification"), "les enregistrer", tmp_path)
    assert b'"scelle-policy/2"' in kept.read_bytes()


@pytest.mark.covers("C-26")
def test_a_client_reads_their_journal_and_takes_it_to_whoever_verifies(scene: Scene, tmp_path: Path) -> None:
    client, person = scene.client, scene.walked.clients[0]
    enters_with_code(scene.client.page, scene.walked.world, person)
    page = scene.opens(client, "/mon-journal")
    expect(page.get_by_text("Le coffre a chiffré et conservé le document").first).to_be_visible()
    expect(page.get_by_text("Scellé").first).to_be_visible()
    client.sees("my-journal")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "Exporter en tableau", tmp_path).read_text("utf-8-sig"))))
    assert {row["type"] for row in rows} >= {"vault.document-stored", "dossier.document-deposited"}
    assert not any(row["service"] == "lre-gateway" for row in rows)  # who writes to them is not for them to see yet
    bundle = downloaded(page, f"Télécharger la preuve du dossier {scene.walked.number}", tmp_path)
    page.get_by_role("link", name="et sa preuve").first.click()
    expect(page.get_by_text("L'écriture exacte")).to_be_visible()
    client.sees("my-leaf")
    shown = verifies(scene, bundle)
    expect(shown.locator("#verdict")).to_contain_text("INTACT")
    expect(shown.get_by_role("region", name="Documents du dossier de preuve")).to_contain_text("SHA-256")


def says_why(scene: Scene) -> Page:
    """Sign in as who controls the office, and say why."""
    enters_at_idnot(scene.opens(scene.officer, "/"), scene.walked.auditor)
    page = scene.opens(scene.officer, "/conformite/acces")
    expect(page.get_by_role("heading", name="Pourquoi consultez-vous le journal ?")).to_be_visible()
    scene.officer.sees("purpose")
    page.get_by_role("radio", name="Demande d'une autorité ou d'un juge").check()
    page.get_by_label("Référence").fill("TJ/2026-17")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Consultations du journal")).to_be_visible()
    return page


def test_who_controls_says_why_first_and_finds_it_in_the_log_of_accesses(scene: Scene) -> None:
    page = says_why(scene)
    scene.officer.sees("looks")
    page = scene.opens(scene.officer, "/conformite")
    expect(page.get_by_text("Demande d'une autorité ou d'un juge")).to_be_visible()
    page.get_by_label("Type d'événement").select_option(value="journal.access")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("cell", name="aucun").first).to_be_visible()  # no number is missing
    while page.get_by_role("link", name="Voir la suite").count():
        page.get_by_role("link", name="Voir la suite").click()
    page.get_by_role("link", name="et sa preuve").last.click()
    expect(page.get_by_text("référence TJ/2026-17").first).to_be_visible()
    for word in ("Archiver", "Valider", "Refuser", "Modifier", "Supprimer"):
        assert page.get_by_role("button", name=word).count() == 0
    assert page.locator("form[method=post]").count() == 1  # to leave, and no other


def test_who_controls_sees_a_dossier_at_any_moment_and_what_changed(
    scene: Scene, browser: Browser, tmp_path: Path
) -> None:
    officer, dossier = scene.officer, scene.walked.dossier
    page = scene.opens(officer, f"/conformite?dossier={dossier}&type=dossier.document-validated")
    found = page.get_by_role("listitem").filter(has_text="L'office a validé le document.")
    expect(found.first).to_be_visible()
    assert found.count() == page.locator(".timeline > li").count()  # and nothing else
    masked = page.get_by_role("region", name="Numéros de l'office que cette page couvre")
    expect(masked.get_by_role("row", name=re.compile("Dossiers"))).to_contain_text("aucun")
    officer.sees("timeline")
    at = str(next(one["index"] for one in scene.walked.events if one["type"] == "dossier.document-refused"))
    page = scene.opens(officer, f"/conformite/dossiers/{dossier}?le={at}")
    expect(page.get_by_text("aucun écart")).to_be_visible()
    then = page.locator("dl.facts").all_inner_texts()
    officer.sees("past")
    page.get_by_role("link", name="Aujourd'hui").click()
    expect(page.get_by_role("heading", name="Le dossier aujourd'hui")).to_be_visible()
    expect(page.get_by_text("aucun écart")).to_be_visible()
    assert page.locator("dl.facts").all_inner_texts() != then
    page.get_by_label("Date et heure, à Paris").fill("2020-01-01T09:00")
    page.get_by_role("button", name="Montrer").click()
    expect(page.get_by_role("alert")).to_contain_text("rien n'existait encore")
    last = scene.walked.events[-1]["index"]
    page = scene.opens(officer, f"/conformite/dossiers/{dossier}/differences?de={int(at) - 1}&a={last}")
    expect(page.get_by_role("columnheader", name="Avant").first).to_be_visible()
    officer.sees("difference")
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    plain.goto(scene.address(f"/conformite/dossiers/{dossier}?le={at}"))
    plain.get_by_role("link", name="L'afficher").click()
    expect(plain.get_by_text("aucun écart")).to_be_visible()
    page = scene.opens(officer, f"/conformite/dossiers/{dossier}")
    assert downloaded(page, "Rapport (PDF)", tmp_path).read_bytes()[:5] == b"%PDF-"
    assert downloaded(page, "Écritures exactes (JSON)", tmp_path).read_bytes().count(b"\n") > 50
    shown = verifies(scene, downloaded(page, "Dossier de preuve (.lcp)", tmp_path))
    expect(shown.locator("#verdict")).to_contain_text("INTACT")


def test_the_replay_of_a_service_shows_no_drift(scene: Scene) -> None:
    page = scene.opens(scene.officer, "/conformite/rejeu")
    page.get_by_role("link", name="Rejouer les événements du service Dossiers").click()
    expect(page.get_by_role("heading", name="Dossiers : aucun écart")).to_be_visible()
    scene.officer.sees("replay")


@pytest.mark.parametrize("path", ["/conformite", "/conformite/dossiers", "/conformite/acces", "/conformite/rejeu"])
def test_the_pages_of_control_fit_a_phone(scene: Scene, path: str) -> None:
    scene.officer.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    scene.opens(scene.officer, path)
    scene.officer.sees(f"control{path.replace('/', '-')}")


def test_nobody_else_controls(scene: Scene) -> None:
    for person in (scene.office, scene.client):
        answer = person.page.goto(scene.address("/conformite"))
        assert answer is not None
        assert answer.status == 404
        person.problems.clear()
