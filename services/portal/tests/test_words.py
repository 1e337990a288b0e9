"""Whatever a service refuses, a person reads a sentence about it."""

import re
from pathlib import Path

from portal.words import problems, refusal

SERVICES = Path(__file__).parents[2]
ASKED = ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal")
"""Services to which people send what they typed or chose."""
NOT_FOR_PEOPLE = {
    # what only a program, or a page with a defect, can meet
    "already-received", "checksum-unreadable", "offset-stream-expected", "tus-version-unknown",
    "body-too-large", "body-too-slow", "body-unexpected", "body-unreadable", "changed-meanwhile",
    "cursor-forged", "idempotency-key-invalid", "length-required", "media-type-refused", "method-not-allowed",
    "precondition-missing",
    # what only a mail server that reports a delivery can meet
    "mail-under-way", "not-a-report", "report-unreadable",
}  # fmt: skip
CODE = re.compile(r'code, status = "([a-z0-9-]+)", (\d+)')


def _codes() -> set[str]:
    sources = [path for name in ASKED for path in (SERVICES / name / "src").rglob("*.py")]
    return {found[0] for path in sources for found in CODE.findall(path.read_text("utf-8"))}


def test_every_refusal_of_the_services_has_a_sentence() -> None:
    missing = _codes() - problems().keys() - NOT_FOR_PEOPLE
    assert missing == set()


def test_an_unknown_refusal_is_said_to_be_unexpected() -> None:
    assert refusal("no-such-code") == problems()["unexpected"]


def test_every_sentence_is_one() -> None:
    for code, sentence in problems().items():
        assert sentence[0].isupper(), code
        assert sentence.endswith("."), code
