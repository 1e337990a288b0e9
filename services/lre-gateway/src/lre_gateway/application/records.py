"""Proofs that are ours: what was submitted, and who let it leave. JSON with sorted keys, always the same bytes."""

import json
from datetime import datetime
from typing import Any

from lre_gateway.application.submission import reference_of
from lre_gateway.domain.evidence import Release
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import EvidenceKind

MANIFEST = "scelle-letter-manifest/1"
RELEASE = "scelle-sender-auth-record/1"


class NothingToRecord(Exception):
    """Nobody gave a code for the letter here."""


def of(kind: EvidenceKind, letter: Letter, sender: Sender) -> tuple[bytes, datetime | None]:
    """Return a record of a letter, and the instant of what it says; raise NothingToRecord."""
    if kind is EvidenceKind.SUBMISSION_MANIFEST:
        return _canonical(manifest(letter, sender)), letter.submitted_at
    if letter.release is None:
        raise NothingToRecord
    return _canonical(authentication(letter, sender, letter.release)), letter.release.authenticated_at


def authentication(letter: Letter, sender: Sender, release: Release) -> dict[str, Any]:
    """Return who let a letter leave, with which kind of code and when; the code was kept nowhere."""
    return {
        **_about(RELEASE, letter, sender),
        "sender": str(sender.id),
        "holder": str(sender.holder_id),
        "released_by": str(release.actor_id),
        "means": release.means,
        "authenticated_at": release.authenticated_at.isoformat(),
        "released_at": release.at.isoformat(),
        "hold_mode": letter.hold_mode.value,
        "documents": [one.sha256 for one in letter.documents],
    }


def manifest(letter: Letter, sender: Sender) -> dict[str, Any]:
    """Return what was submitted: files, recipient, level, consent."""
    name, email, consent_id = letter.sent_to
    names = letter.names or [""] * len(letter.documents)
    return {
        **_about(MANIFEST, letter, sender),
        "prepared_by": str(letter.prepared_by),
        "prepared_at": letter.prepared_at.isoformat(),
        "submitted_at": letter.submitted_at and letter.submitted_at.isoformat(),
        "recipient": {"name": name, "email": email},
        "consent": consent_id and str(consent_id),
        "documents": [
            {"name": known, "role": one.role.value, "size": one.size, "sha256": one.sha256, "type": one.media_type}
            for one, known in zip(letter.documents, names, strict=True)
        ],
    }


def _about(form: str, letter: Letter, sender: Sender) -> dict[str, Any]:
    return {
        "format": form,
        "letter": str(letter.id),
        "level": letter.level.value,
        "provider": sender.provider,
        "provider_ref": letter.provider_ref,
        "reference": reference_of(letter),
        "sender_account": sender.account,
    }


def _canonical(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
