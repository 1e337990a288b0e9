"""Who controls an office reads all of it and changes nothing of it, in no service."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY

if TYPE_CHECKING:
    from conftest import Desk

VAULT, MESSAGES, JOURNAL = "/api/vault/v1", "/api/messages/v1", "/api/journal/v1"
REQUEST, VERSION = "/requests/{request_id}", "/requests/{request_id}/versions/{version_id}"
CONVERSATION, MINE = "/dossiers/{dossier_id}/conversations/{client_id}", "/my/dossiers/{dossier_id}/messages"

CHANGES: dict[str, dict[str, Any] | None] = {
    f"POST {DOSSIERS}/deed-types": {"label": "Bail rural", "documents": [{"label": "DPE"}]},
    f"PUT {DOSSIERS}/deed-types/{{code}}": {"label": "Cession", "documents": [{"label": "DPE"}]},
    f"PUT {DOSSIERS}/deed-types/{{code}}/documents": {"documents": ["cni"]},
    f"PUT {DOSSIERS}/deed-types/{{code}}/withdrawal": None,
    f"DELETE {DOSSIERS}/deed-types/{{code}}/withdrawal": None,
    f"PUT {DOSSIERS}/refusal-reasons": {"reasons": ["Illisible."]},
    f"POST {DOSSIERS}/bank-details": {
        "name": "Compte de la clientèle",
        "holder": "Étude Morel",
        "iban": "FR7630006000011234567890189",
        "bic": "AGRIFRPP",
    },
    f"DELETE {DOSSIERS}/bank-details/{{details_id}}": None,
    f"PUT {DOSSIERS}/dossiers/{{dossier_id}}/clients/{{client_id}}/bank-details": {"details_id": None},
    f"POST {DOSSIERS}/dossiers": {"number": "C-1", "title": "Contrôle", "deed_type": "vente"},
    f"PATCH {DOSSIERS}/dossiers/{{dossier_id}}": {"title": "Autre titre"},
    f"PUT {DOSSIERS}/dossiers/{{dossier_id}}/access": {"whole_office": False},
    f"POST {DOSSIERS}/dossiers/{{dossier_id}}/clients": {"client_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"},
    f"POST {DOSSIERS}/dossiers/{{dossier_id}}/archiving": None,
    f"POST {DOSSIERS}/dossiers/{{dossier_id}}/clients/{{client_id}}/requests": {"others": ["Attestation"]},
    f"POST {DOSSIERS}{CONVERSATION}/messages": {"subject": "Rendez-vous", "text": "Jeudi ?"},
    f"POST {DOSSIERS}{CONVERSATION}/reading": {"until": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"},
    f"POST {DOSSIERS}{MINE}": {"subject": "Rendez-vous", "text": "Jeudi ?", "purpose": "appointment"},
    f"POST {DOSSIERS}{MINE}/reading": {"until": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"},
    f"PUT {DOSSIERS}{REQUEST}/due-date": {"due_on": "2099-01-31"},
    f"POST {DOSSIERS}{VERSION}/withdrawal": None,
    f"POST {DOSSIERS}{VERSION}/validation": None,
    f"POST {DOSSIERS}{VERSION}/refusal": {"reason": "Illisible"},
    f"POST {DOSSIERS}{REQUEST}/cancellation": None,
    f"POST {DOSSIERS}{REQUEST}/deposits": {"name": "a.pdf", "size": 3, "sha256": "ab" * 32},
    f"POST {DOSSIERS}/dossiers/{{dossier_id}}/deposits": {
        "name": "a.pdf",
        "size": 3,
        "sha256": "ab" * 32,
        "label": "Plan",
    },
    f"POST {IDENTITY}/clients": {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": "ana.ruiz@clients.example",
        "phone": "+33612345678",
    },
    f"PATCH {IDENTITY}/clients/{{client_id}}": {"first_name": "Anne"},
    f"DELETE {IDENTITY}/clients/{{client_id}}/authenticator": None,
    f"POST {IDENTITY}/memberships/{{membership_id}}/approval": None,
    f"POST {IDENTITY}/memberships/{{membership_id}}/refusal": None,
    f"PUT {MESSAGES}/reminders": {"days": [-1]},
    f"POST {MESSAGES}/deliveries/{{notification_id}}/resending": None,
    f"PUT {VAULT}/documents/{{version_id}}/content": None,
    f"DELETE {VAULT}/documents/{{version_id}}/content": None,
    f"POST {VAULT}/documents/{{version_id}}/upload": None,
    f"PATCH {VAULT}/documents/{{version_id}}/upload": None,
    f"DELETE {VAULT}/documents/{{version_id}}/upload": None,
}
"""What changes something of an office."""

LOOKS = {f"POST {DOSSIERS}{VERSION}/{what}" for what in ("views", "downloads")}
"""They give a ticket to read a document; the vault says in an event who read it."""
ERASURE = {f"POST {IDENTITY}/persons/{{person_id}}/erasure"}
"""The law gives it to whoever answers for the data of the office; the journal keeps who, whom and why."""
CHECKS = {f"POST {JOURNAL}/verifications"}
"""It looks at the file that it is sent, and keeps nothing."""
REPORTS = {f"POST {MESSAGES}/delivery-reports"}
"""It is the mail gateway's, which has a secret of its own; nobody's token opens it."""
OWN = {
    f"POST {IDENTITY}/memberships",
    f"POST {IDENTITY}/email-confirmations",
    f"POST {IDENTITY}/sign-in/codes",
    f"POST {IDENTITY}/sign-in/codes/{{code_id}}/answer",
    f"POST {IDENTITY}/sign-in/password",
    f"POST {IDENTITY}/access-links",
    f"PUT {IDENTITY}/password",
    f"POST {IDENTITY}/sessions/refresh",
    f"DELETE {IDENTITY}/sessions/current",
    f"DELETE {IDENTITY}/sessions/others",
    f"DELETE {IDENTITY}/sessions/{{session_id}}",
    f"PUT {IDENTITY}/me/password",
    f"POST {IDENTITY}/me/authenticator",
    f"POST {IDENTITY}/me/authenticator/confirmation",
    f"POST {IDENTITY}/me/authenticator/removal",
    f"POST {MESSAGES}/notifications/{{notification_id}}/reading",
}
"""They are about whoever asks: how they sign in, what they were told."""


def changing(gateway: str) -> set[str]:
    """Return every operation of every service that is not a reading."""
    found = set()
    for prefix in (IDENTITY, DOSSIERS, VAULT, MESSAGES, JOURNAL):
        described = httpx.get(f"{gateway}{prefix}/openapi.json", trust_env=False).json()
        found |= {f"{method.upper()} {path}" for path, methods in described["paths"].items() for method in methods}
    return {name for name in found if not name.startswith(("GET ", "HEAD ", "OPTIONS "))}


def test_every_operation_that_changes_something_is_known_here(desk: "Desk") -> None:
    assert changing(desk.walked.world.gateway) == {*CHANGES, *LOOKS, *ERASURE, *OWN, *CHECKS, *REPORTS}


@pytest.fixture(scope="module")
def request_id(desk: "Desk") -> str:
    return next(desk.requests)


@pytest.mark.parametrize("operation", CHANGES)
def test_who_controls_an_office_changes_nothing_of_it(desk: "Desk", request_id: str, operation: str) -> None:
    method, path = operation.split(" ")
    address = path.format(
        code="vente",
        dossier_id=desk.dossier,
        client_id=desk.walked.clients[0].id,
        request_id=request_id,
        version_id=desk.walked.deposits[0].version_id,
        membership_id="7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
        notification_id="7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
        details_id="7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
    )
    before, more = desk.state(), {}
    if CHANGES[operation] is not None:
        more["json"] = CHANGES[operation]
    headers = {"If-Match": '"1"', "Idempotency-Key": operation.replace(" ", "-")[:60]}
    answer = desk.send(method, address, desk.walked.auditor.token, headers=headers, **more)
    assert answer.status_code in {401, 403, 412}, answer.text  # 412: no upload is begun without its protocol
    assert desk.state() == before
    assert desk.send("GET", f"{DOSSIERS}/dossiers/{desk.dossier}", desk.walked.auditor.token).status_code == 200
