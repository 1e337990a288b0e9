"""Whoever controls an office says why first, and nobody else gets that far."""

import re
from collections.abc import Callable

import httpx
import pytest
from portal.instants import point, spoken


@pytest.fixture
def officer(enters: Callable[..., str]) -> str:
    """Give the browser the session of who controls an office; return the token of its forms."""
    return enters("compliance")


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize("path", ["/conformite", "/conformite/acces", "/conformite/export?forme=csv&type=vault.x"])
def test_nothing_is_shown_before_its_reader_has_said_why(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 303
    asked = browser.get(answer.headers["location"])
    assert "Pourquoi consultez-vous le journal" in asked.text
    assert f'name="suite" value="{path.replace("&", "&amp;")}"' in asked.text


def test_the_purpose_is_kept_for_this_session_and_this_browser(
    browser: httpx.Client, enters: Callable[..., str], officer: str
) -> None:
    said = {"csrf": officer, "purpose": "control", "reference": "A/1", "suite": "/conformite/acces"}
    answer = browser.post("/conformite/motif", data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, "/conformite/acces")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert browser.get("/conformite/acces").status_code == 503  # it goes on, and nobody is behind these pages
    enters("compliance")
    assert browser.get("/conformite/acces").status_code == 303


@pytest.mark.parametrize("suite", ["https://evil.example", "//evil.example", "/conformiteur", "/conformite/\\evil", ""])
def test_no_purpose_leads_elsewhere(browser: httpx.Client, officer: str, suite: str) -> None:
    said = {"csrf": officer, "purpose": "control", "reference": "", "suite": suite}
    assert browser.post("/conformite/motif", data=said).headers["location"] == "/conformite"


def test_a_purpose_that_the_journal_does_not_know_is_refused(browser: httpx.Client, officer: str) -> None:
    assert browser.post("/conformite/motif", data={"csrf": officer, "purpose": "curiosity"}).status_code == 400
    assert browser.post("/conformite/motif", data={"purpose": "control"}).status_code == 403


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("path", ["/conformite", "/conformite/motif", "/conformite/dossiers", "/conformite/rejeu"])
def test_these_pages_do_not_exist_for_other_members(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_moments_are_read_as_of_paris_and_said_as_people_say_them() -> None:
    assert point("2026-03-12T14:05") == "2026-03-12T14:05:00+01:00"
    assert [point(given) for given in ("408", "checkpoint:412", "hier", "")] == ["408", "checkpoint:412", "", ""]
    assert spoken("2026-07-12T14:05") == "au 12 juillet 2026 à 14 h 05"
    assert [spoken(given) for given in ("408", "")] == ["à l'écriture n° 408", "aujourd'hui"]


def test_the_page_of_verification_works_without_the_policy_of_the_journal(browser: httpx.Client) -> None:
    page = browser.get("/verification").text
    assert "data-policy" not in page
    assert "Fichier JSON, obtenu autrement" in page
    for module in set(re.findall(r'"(/verifier/[^"]+)"', page)):
        assert browser.get(module).headers["content-type"].startswith("text/javascript")
