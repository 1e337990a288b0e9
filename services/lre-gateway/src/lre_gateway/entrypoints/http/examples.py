"""One batch of letters as it appears in the description of the API."""

from typing import Any

Members = dict[str, Any]

_LETTER_ID = "0d5c2c0e-8f0b-5a53-9a51-5a9f9a1b2c3d"
_BATCH_ID = "6a2f41a3-c654-4f4e-8f7f-0d6a3b1c9e20"
_SENDER_ID = "b4d8e7f0-6c1d-5e2a-9b3c-4d5e6f708192"
_RECIPIENT_ID = "08418b43-57dd-5a22-be6e-a26cbf6223ef"
_DOSSIER_ID = "d8c91a13-2a95-5cbb-85de-f4fef739a70e"
_MEMBER_ID = "3f0c6bb2-5a43-5d0e-8a37-6f1f4a0d2c55"
_VERSION_ID = "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"
_CONSENT_ID = "5f2b7c64-6f0a-4a0e-9a54-0d1f3b8f7c21"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

CREATED: Members = {"id": _SENDER_ID}
LINK: Members = {"url": "https://www.ar24.fr/consentement/etude-martin"}
DOWNLOAD: Members = {
    "url": f"https://scelle.example/api/vault/v1/documents/{_VERSION_ID}/content",
    "ticket": "eyJhbGciOiJFZERTQSJ9.eyJhY3Rpb24iOiJkb3dubG9hZCJ9.c2lnbmF0dXJl",
}
SETTINGS: Members = {"trade": "notary", "retention_years": 10, "hold_mode": "deferred_submit"}
SENDER: Members = {
    "id": _SENDER_ID,
    "provider": "ar24",
    "holder_id": _MEMBER_ID,
    "email": "etude@martin.example",
    "account": "4711",
    "state": "incomplete",
    "missing": ["payment"],
    "requested_at": "2026-03-02T08:00:00Z",
    "refreshed_at": "2026-03-02T08:10:00Z",
    "locked_until": None,
}
PAYMENT_METHOD: Members = {"code": "stripe-47146", "label": "Carte étude", "masked": "•••• 4242", "expires": "2027-08"}
ENTITY: Members = {
    "code": "etude",
    "label": "Étude Martin",
    "sender_id": _SENDER_ID,
    "payment_method": "stripe-47146",
}
BILLING: Members = {
    "entity": "etude",
    "label": "Étude Martin",
    "payment_method": "stripe-47146",
    "letters": 12,
    "priced": 12,
    "total": "47.88",
}
POSTAL: Members = {"line1": "12 rue des Lilas", "line2": "", "postcode": "75011", "city": "Paris", "country": "FR"}
CONSENT: Members = {"id": _CONSENT_ID, "state": "accepted", "source": "hand", "at": "2026-02-20T10:00:00Z"}
RECIPIENT: Members = {
    "id": _RECIPIENT_ID,
    "person_id": None,
    "kind": "individual",
    "last_name": "Durand",
    "first_name": "Jean",
    "company": None,
    "email": "jean.durand@example.org",
    "postal": POSTAL,
    "opted_out": False,
    "consent": CONSENT,
    "added_at": "2026-02-20T09:58:00Z",
}
CONSENT_ENTRY: Members = CONSENT | {"author_id": _MEMBER_ID, "document_id": _VERSION_ID}
RECIPIENT_PAGE: Members = RECIPIENT | {"consents": [CONSENT_ENTRY]}
CONSENT_CHANGE: Members = {
    "recipient_id": _RECIPIENT_ID,
    "name": "Jean Durand",
    "before": None,
    "after": "accepted",
    "email_changed": False,
}
ATTACHMENT: Members = {
    "version_id": _VERSION_ID,
    "name": "projet-acte.pdf",
    "size": 48213,
    "sha256": _SHA256,
    "media_type": "application/pdf",
}
BATCH_CREATED: Members = {"id": _BATCH_ID, "letter_ids": [_LETTER_ID]}
LETTERS_ADDED: Members = {"letter_ids": [_LETTER_ID]}
ROW_REFUSED: Members = {"row": 5, "code": "EMAIL_INVALID", "detail": "L'adresse e-mail n'est pas valable."}
IMPORTED: Members = {
    "batch_id": _BATCH_ID,
    "letters": 13,
    "recipients_added": 9,
    "refused": [ROW_REFUSED],
}
REPORT: Members = {
    "batch_id": _BATCH_ID,
    "check": 2,
    "asked": 14,
    "compatible": 7,
    "incompatible": 7,
    "warned": 1,
    "changed": 3,
    "by_code": {"CONSENT_MISSING": 5, "EMAIL_MISSING": 2},
}
PROBLEM: Members = {
    "code": "CONSENT_MISSING",
    "detail": "Le destinataire n'a pas donné son accord pour recevoir une lettre recommandée électronique.",
    "about": "recipient",
    "subject_id": _RECIPIENT_ID,
}
ERROR: Members = {
    "letter_id": _LETTER_ID,
    "recipient_id": _RECIPIENT_ID,
    "recipient": "Jean Durand",
    "subject": "Notification",
    "by_provider": False,
    "problems": [PROBLEM],
}
PROGRESS: Members = {
    "asked": 7,
    "done": 5,
    "by_state": {"in-transit": 5, "submitting": 2, "incompatible": 7},
    "paused": None,
    "finished": False,
    "rechecked_at": "2026-03-02T09:04:00Z",
    "rechecked_for": ["recipient"],
}
BATCH_LINE: Members = {
    "id": _BATCH_ID,
    "dossier_id": _DOSSIER_ID,
    "sender_id": _SENDER_ID,
    "level": "qualified-lre",
    "level_name": "Lettre recommandée électronique qualifiée (LRE)",
    "hold_mode": "deferred_submit",
    "entity": "etude",
    "payment_method": "stripe-47146",
    "created_by": _MEMBER_ID,
    "created_at": "2026-03-02T09:00:00Z",
    "asked": 14,
    "check": 2,
    "checked_at": "2026-03-02T09:01:00Z",
    "compatible": 7,
    "incompatible": 7,
    "warned": 1,
    "submitted_at": "2026-03-02T09:05:00Z",
    "paused": None,
    "finished_at": None,
}
BATCH: Members = BATCH_LINE | {"progress": PROGRESS}
SUBMISSION: Members = {"letters": 7}
LETTER_LINE: Members = {
    "id": _LETTER_ID,
    "batch_id": _BATCH_ID,
    "dossier_id": _DOSSIER_ID,
    "number": "1432",
    "level": "qualified-lre",
    "level_name": "LRE",
    "state": "notified",
    "state_name": "Envoyée",
    "subject": "Notification",
    "prepared_at": "2026-03-02T09:00:00Z",
    "prepared_by": _MEMBER_ID,
    "sender_id": _SENDER_ID,
    "sender_email": "etude@martin.example",
    "recipient_id": _RECIPIENT_ID,
    "recipient": "Jean Durand",
    "recipient_email": "jean.durand@example.org",
    "deposited_at": "2026-03-02T09:06:00Z",
    "sent_at": "2026-03-02T09:06:04Z",
    "received_at": None,
    "ended_at": None,
    "deadline": "2026-03-17T23:00:00Z",
    "attention": None,
    "evidence": 1,
}
STEP: Members = {"name": "letter-sent", "at": "2026-03-02T09:06:04Z", "reconstructed": False}
CHANGE: Members = {
    "id": "12",
    "last_name": "Durand-Petit",
    "first_name": "Jean",
    "company": None,
    "state": "asked",
    "asked_at": "2026-03-03T11:00:00Z",
    "answered_at": None,
}
FILE: Members = {
    "version_id": _VERSION_ID,
    "role": "attachment",
    "name": "projet-acte.pdf",
    "size": 48213,
    "sha256": _SHA256,
    "media_type": "application/pdf",
}
EVIDENCE: Members = {
    "kind": "deposit-and-sending",
    "version_id": _VERSION_ID,
    "size": 93120,
    "sha256": _SHA256,
    "sha512": _SHA256 + _SHA256,
    "media_type": "application/pdf",
    "provider_at": "2026-03-02T09:06:04Z",
    "fetched_at": "2026-03-02T09:06:31Z",
    "seal": "trusted",
}
LETTER: Members = LETTER_LINE | {
    "dossier_reference": "2026-0042",
    "entity": "etude",
    "payment_method": "stripe-47146",
    "price": "3.99",
    "files": [FILE],
    "problems": [],
    "warnings": [],
    "history": [STEP],
    "changes": [CHANGE],
    "evidence_awaited": ["content"],
    "identity_pending": False,
    "reissued_from": None,
    "reissued_as": None,
    "retention_ended_at": None,
    "destroyed_at": None,
    "events": ["SubmissionAcceptance", "NotificationForAcceptance"],
}
REISSUED: Members = {"id": _LETTER_ID, "batch_id": _BATCH_ID}
RELEASE: Members = {"letter_id": _LETTER_ID, "outcome": "released", "problem": None}
