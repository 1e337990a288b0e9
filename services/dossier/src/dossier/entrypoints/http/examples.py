"""One dossier as it appears in the description of the API."""

from typing import Any

Members = dict[str, Any]

_DOSSIER_ID = "d8c91a13-2a95-5cbb-85de-f4fef739a70e"
_REQUEST_ID = "e0c10bd7-12a1-5b5f-8937-fd63764ed68e"
_VERSION_ID = "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"
_CLIENT_ID = "08418b43-57dd-5a22-be6e-a26cbf6223ef"
_MEMBER_ID = "3f0c6bb2-5a43-5d0e-8a37-6f1f4a0d2c55"
_CONTENT = f"https://scelle.example/api/vault/v1/documents/{_VERSION_ID}/content"
_TICKET = "eyJhbGciOiJFZERTQSJ9.eyJhY3Rpb24iOiJkZXBvc2l0In0.c2lnbmF0dXJl"

CREATED: Members = {"id": _DOSSIER_ID}
ASKED: Members = {"batch_id": "91f3f1de-0a3c-4b77-a9c1-2f5a3c9e7b10", "request_ids": [_REQUEST_ID]}
DEPOSIT: Members = {
    "request_id": _REQUEST_ID,
    "version_id": _VERSION_ID,
    "upload_url": _CONTENT,
    "resumable_url": _CONTENT.removesuffix("/content") + "/upload",
    "ticket": _TICKET,
}
LOOK: Members = {"url": _CONTENT, "ticket": _TICKET}
DOCUMENT_TYPE: Members = {"code": "dpe", "label": "DPE", "help": "Le diagnostic de performance énergétique."}
DEED_TYPE: Members = {
    "code": "bail-habitation",
    "label": "Bail d'habitation",
    "documents": [DOCUMENT_TYPE],
    "withdrawn": False,
}
PROGRESS: Members = {"validated": 2, "requested": 3, "percent": 66}
PERSON: Members = {"id": _MEMBER_ID, "first_name": "Marie", "last_name": "Leroy", "erased": False}
DOSSIER_CLIENT: Members = {
    "id": _CLIENT_ID,
    "first_name": "Jean",
    "last_name": "Durand",
    "erased": False,
    "completion": PROGRESS,
}
DOSSIER_LINE: Members = {
    "id": _DOSSIER_ID,
    "number": "2026-0042",
    "title": "Bail Durand, 12 rue des Lilas",
    "deed_type": "bail-habitation",
    "state": "open",
    "opened_at": "2026-03-02T09:00:00Z",
    "waiting": 1,
    "unread": 1,
    "completion": PROGRESS,
}
DOSSIER: Members = DOSSIER_LINE | {
    "note": "Rappeler le bailleur avant le 15.",
    "whole_office": True,
    "members": [PERSON],
    "opened_by": _MEMBER_ID,
    "completed_at": None,
    "archived_at": None,
    "clients": [DOSSIER_CLIENT],
}
SCAN: Members = {"state": "clean", "scanner": "clamd", "cause": None}
VERSION: Members = {
    "id": _VERSION_ID,
    "state": "refused",
    "name": "dpe.pdf",
    "size": 48213,
    "media_type": "application/pdf",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "scan": SCAN,
    "replaces": None,
    "deposited_at": "2026-03-02T09:30:00Z",
    "decided_at": "2026-03-02T10:15:00Z",
    "reason": "La page 2 est illisible.",
}
REQUEST: Members = {
    "id": _REQUEST_ID,
    "client_id": _CLIENT_ID,
    "document_type": "dpe",
    "label": "DPE",
    "help": "Le diagnostic de performance énergétique.",
    "requested": True,
    "state": "refused",
    "requested_at": "2026-03-02T09:05:00Z",
    "due_on": "2026-03-20",
    "versions": [VERSION],
}
MY_DOSSIER_LINE: Members = {
    "id": _DOSSIER_ID,
    "number": "2026-0042",
    "title": "Bail Durand, 12 rue des Lilas",
    "state": "open",
    "unread": 0,
    "completion": PROGRESS,
}
OFFICE: Members = {"id": "5cc27e97-d3fc-5392-826a-77d450429446", "name": "Étude Martin"}
BANK_DETAILS: Members = {
    "id": "6a1f0c2e-8d3b-4b7a-9c1e-2f5a3c9e7b10",
    "name": "Compte de la clientèle",
    "holder": "Étude Martin",
    "iban": "FR7630006000011234567890189",
    "bic": "AGRIFRPP",
    "added_at": "2026-03-02T09:00:00Z",
}
MY_DOSSIER: Members = MY_DOSSIER_LINE | {"office": OFFICE, "bank_details": BANK_DETAILS, "requests": [REQUEST]}
