"""How things are written in French, and that every template holds."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from portal.rendering import Pages, day, environment, moment, person, plural, size

TEMPLATES = Path(str(files("portal") / "templates"))


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        ("2026-03-01T09:05:00Z", "1er mars 2026 à 10 h 05"),
        ("2026-07-14T22:30:00Z", "15 juillet 2026 à 0 h 30"),
        ("2026-12-31T23:00:00+01:00", "31 décembre 2026 à 23 h 00"),
    ],
)
def test_instants_are_told_in_paris(instant: str, said: str) -> None:
    assert moment(instant) == said
    assert said.startswith(day(instant))


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 octet"), (2, "2 octets"), (1024, "1 Ko"), (1536, "1,5 Ko"), (48_213, "47,1 Ko"), (5 * 1024**3, "5 Go")],
)
def test_sizes_are_told_in_their_unit(octets: int, said: str) -> None:
    assert size(octets) == said


def test_an_erased_person_has_no_name() -> None:
    assert person({"first_name": "Ada", "last_name": "Durand"}) == "Ada Durand"
    assert person({"first_name": None, "last_name": None}) == "Personne effacée"
    assert person(None) == "Personne inconnue"


def test_zero_and_one_are_singular() -> None:
    assert [plural(number, "document", "documents") for number in (0, 1, 2)] == [
        "0 document",
        "1 document",
        "2 documents",
    ]


def test_every_template_compiles() -> None:
    names = Pages().names()
    assert len(names) > 30
    for name in names:
        environment().get_template(name)


@pytest.mark.covers("L-62")
def test_a_document_is_asked_for_by_link_shown_by_page_or_said_to_have_none() -> None:
    sheet = environment().get_template("dossiers/sheet.html")
    base = "/dossiers/1/pieces/2/3"
    assert re.findall('href="([^"]+)"', sheet.render(base=base, pages=None)) == [f"{base}/apercu"]
    shown = sheet.render(base=base, pages=3)
    assert re.findall('src="([^"]+)"', shown) == [f"{base}/pages/{number}" for number in (1, 2, 3)]
    assert "page 3 sur 3" in shown
    assert sheet.render(base=base, pages="Ce document est chiffré.").count("Ce document est chiffré.") == 1


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_template_has_a_script_a_style_or_a_handler_in_line(path: Path) -> None:
    """The policy of our pages would forbid them in every browser."""
    html = path.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\| *safe\b|hx-on|hx-vals='js", html)
    assert not re.search(r'hx-trigger="[^"]*\[', html)


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_every_whole_page_has_a_title_and_one_main_heading(path: Path) -> None:
    html = path.read_text("utf-8")
    if '{% extends "base.html" %}' not in html:
        return
    assert "{% block title %}" in html
    assert len(re.findall(r"<h1", html)) == 1
