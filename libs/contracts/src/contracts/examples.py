"""One golden example of every published event: the input of consumers' tests, always the same bytes."""

import json
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.envelope import Envelope
from contracts.published import Published
from contracts.registry import MODELS

NO_HASH = "A" * 43 + "="


def example_id(name: str) -> UUID:
    """Return the same UUID for the same name, in every example."""
    return uuid5(NAMESPACE_URL, f"https://scelle.example/{name}")


OFFICE, DOSSIER, REQUEST, VERSION = (example_id(name) for name in ("office", "dossier", "request", "version"))
CLIENT, NOTARY, COLLABORATOR, BATCH = (example_id(name) for name in ("client", "notary", "collaborator", "batch"))

VALUES: dict[str, Any] = {
    "office_id": OFFICE,
    "dossier_id": DOSSIER,
    "request_id": REQUEST,
    "version_id": VERSION,
    "replaces": example_id("refused version"),
    "client_id": CLIENT,
    "owner_id": CLIENT,
    "person_id": COLLABORATOR,
    "actor_id": NOTARY,
    "opened_by": COLLABORATOR,
    "approved_by": NOTARY,
    "refused_by": NOTARY,
    "session_id": example_id("session"),
    "batch_id": BATCH,
    "details_id": example_id("bank details"),
    "member_ids": [COLLABORATOR, NOTARY],
    "crpcen": "75001",
    "kind": "client",
    "role": "collaborator",
    "purpose": "view",
    "means": "password",
    "cause": "address-refused",
    "number": "2026-0142",
    "deed_type": "bail-habitation",
    "document_type": "piece-identite",
    "documents": ["piece-identite", "justificatif-domicile"],
    "whole_office": False,
    "due_on": "2026-03-20",
    "days": [-7, -1, 3],
    "outcome": "reminded",
    "post_id": example_id("message"),
    "post_ids": [example_id("message")],
    "side": "client",
    "size": 182_044,
    "media_type": "application/pdf",
    "manifest_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "channel": "email",
    "template": "documents-requested",
    "cause_event": "dossier:1:7",
    "basis": "subject-request",
    "keys": 1,
    "evidence_kept": 3,
    "at": "2026-03-02T09:30:00Z",
    "sender_id": example_id("sender"),
    "recipient_id": example_id("recipient"),
    "subject_id": CLIENT,
    "holder_id": NOTARY,
    "prepared_by": COLLABORATOR,
    "created_by": COLLABORATOR,
    "requested_by": COLLABORATOR,
    "author_id": COLLABORATOR,
    "reissued_from": example_id("bounced letter"),
    "successor_id": example_id("letter sent again"),
    "consent_id": example_id("consent"),
    "document_id": example_id("signed agreement"),
    "level": "qualified-lre",
    "hold_mode": "deferred_submit",
    "entity": "etude",
    "problems": ["EMAIL_MISSING", "CONSENT_MISSING"],
    "warnings": ["POSSIBLE_DUPLICATE"],
    "rejected": False,
    "attempt": 1,
    "state": "ready",
    "reconstructed": False,
    "provider": "ar24",
    "provider_ref": "174523",
    "deadline": "2026-03-17T23:00:00Z",
    "provider_at": "2026-03-02T09:29:12Z",
    "fact_at": "2026-03-02T09:29:12Z",
    "change_id": "31",
    "seal": "trusted",
    "word": "on_hold",
    "status": "refused",
    "price": "4.39",
    "payment_method": "stripe-47146",
    "method": "stripe-47146",
    "letters": 14,
    "asked": 14,
    "check": 2,
    "compatible": 7,
    "incompatible": 7,
    "warned": 1,
    "submission": 1,
    "linked": True,
    "missing": ["payment"],
    "wrong": 2,
    "locked_until": None,
    "source": "provider",
    "opted_out": True,
    "first": False,
    "trade": "notary",
    "retention_years": 10,
    "authenticated_at": "2026-03-02T09:29:40Z",
    "version_ids": [VERSION],
    "letter_id": None,
    "causes": ["recipient"],
    "legal_hold": True,
}
"""What a field of this name holds in the examples; a new field needs a line here."""

SPECIAL: dict[str, dict[str, Any]] = {
    "identity.client-invited": {"person_id": CLIENT},
    "identity.password-set": {"person_id": CLIENT},
    "identity.second-factor-enabled": {"person_id": CLIENT},
    "identity.second-factor-removed": {"person_id": CLIENT, "cause": "asked"},
    "identity.code-sent": {"person_id": CLIENT, "purpose": "sign-in"},
    "identity.code-refused": {"person_id": CLIENT, "cause": "wrong"},
    "identity.sign-in-refused": {"person_id": CLIENT, "cause": "wrong-password"},
    "identity.person-erased": {"person_id": CLIENT},
    "identity.person-keys-destroyed": {"person_id": CLIENT},
    "dossier.person-keys-destroyed": {"person_id": CLIENT},
    "dossier.message-posted": {"actor_id": CLIENT, "purpose": "appointment", "batch_id": None},
    "dossier.messages-read": {"side": "office"},
    "vault.document-destroyed": {"cause": "person-erased"},
    "vault.copy-stored": {"copy_of": example_id("picture")},
    "vault.document-scanned": {"verdict": "clean", "scanner": "clamd", "signature": None, "cause": None},
    "vault.person-keys-destroyed": {"person_id": CLIENT},
    "messaging.notification-queued": {"person_id": CLIENT, "due_on": None},
    "messaging.deadline-reached": {"days": -7},
    "messaging.notification-bounced": {"status": "5.1.1"},
    "messaging.person-keys-destroyed": {"person_id": CLIENT, "keys": 0},
    "lre-gateway.person-keys-destroyed": {"person_id": CLIENT},
    "lre-gateway.recipient-added": {"person_id": CLIENT, "kind": "individual"},
    "lre-gateway.recipient-changed": {"kind": "individual"},
    "lre-gateway.consent-recorded": {"state": "accepted"},
    "lre-gateway.evidence-stored": {"kind": "reception"},
    "lre-gateway.evidence-missing": {"kind": "full-archive"},
    "lre-gateway.letter-submission-unknown": {"cause": "no-answer"},
    "lre-gateway.letter-submission-not-executed": {"cause": "maintenance"},
    "lre-gateway.contract-breach-noted": {"cause": "in-transit-then-auth-lapsed"},
    "lre-gateway.letter-attention-needed": {"cause": "search-impossible"},
    "lre-gateway.batch-paused": {"cause": "maintenance"},
    "lre-gateway.sender-authenticated": {"means": "otp"},
    "lre-gateway.letter-released": {"means": "otp"},
}
"""Where the value of a name would be odd for one event."""

SUBJECTS = {"office": OFFICE, "person": COLLABORATOR, "membership": example_id("membership"), "dossier": DOSSIER}


_LETTERS = {"batch": "batch", "sender": "sender", "payment": "sender", "consent": "recipient",
            "recipient": "recipient", "office": "office settings"}  # fmt: skip
_KINDS = {
    **{f"dossier.{kind}": REQUEST for kind in ("document", "request", "due")},
    **{f"dossier.{kind}": example_id("conversation") for kind in ("conversation", "message", "messages")},
    **{f"dossier.{kind}": example_id(kind) for kind in ("bank", "refusal")},
    **{f"messaging.{kind}": example_id(kind) for kind in ("deadline", "reminders")},
}
"""Of which aggregate an event is, by the first word of its name."""
_OF_A_LETTER = {
    "recipient-identity-pending",
    *(f"recipient-change-{now}" for now in ("requested", "accepted", "refused")),
}


def _subject(topic: str) -> UUID:
    service, _, name = topic.partition(".")
    if name == "person-erased":
        return CLIENT
    if name == "person-keys-destroyed":
        return example_id("erasure")
    if (of := _KINDS.get(topic.partition("-")[0])) is not None:
        return of
    if service in {"vault", "messaging"}:
        return VERSION if service == "vault" else example_id("notification")
    if service == "lre-gateway":
        return example_id(_LETTERS.get(name.partition("-")[0], "letter") if name not in _OF_A_LETTER else "letter")
    return SUBJECTS.get(name.partition("-")[0], DOSSIER if service == "dossier" else COLLABORATOR)


def _entry(topic: str, model: type[Published], seq: int, subject: UUID, data: dict[str, Any]) -> str:
    """Return an entry of the right shape; its commitments are fixed text, so it proves nothing."""
    facts: dict[str, Any] = {
        "v": 1,
        "kind": "event",
        "svc": topic.partition(".")[0],
        "store_seq": seq,
        "agg": str(subject),
        "agg_ver": 1,
        "type": topic,
        "schema": model.VERSION,
        "occurred_at": "2026-03-02T09:30:00.000000Z",
        "recorded_at": "2026-03-02T09:30:00.004000Z",
        "office": data.get("office_id"),
        "office_seq": seq if data.get("office_id") else None,
        "office_prev": NO_HASH if data.get("office_id") else None,
        "dossier": data.get("dossier_id"),
        "actor": str(COLLABORATOR),
        "actor_kind": "staff",
        "corr": "example",
        "cause": None,
        "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "payload_c": NO_HASH,
        "state_h": NO_HASH,
        "docs": [],
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def example(topic: str, *, seq: int = 7, epoch: int = 1, subject: UUID | None = None, **changed: object) -> Envelope:
    """Return the golden envelope of a topic; tests may change its place in the log and fields of its data."""
    model = MODELS[topic]
    chosen = {**VALUES, **SPECIAL.get(topic, {}), **changed}
    data = model.model_validate({name: chosen[name] for name in model.model_fields}).model_dump(mode="json")
    entry = _entry(topic, model, seq, subject or _subject(topic), data)
    return Envelope.of(topic=topic, version=model.VERSION, epoch=epoch, data=data, proof_entry=entry)
