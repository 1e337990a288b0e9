"""The French words of the journal: who acted, why somebody reads, what is not as the journal says."""

from collections.abc import Callable, Mapping
from typing import Any

PURPOSES = (
    ("control", "Contrôle interne"),
    ("legal-request", "Demande d'une autorité ou d'un juge"),
    ("data-subject-request", "Demande d'une personne concernée"),
    ("incident", "Incident"),
)
"""Why the compliance role reads, as the journal takes it."""
KINDS = {
    "staff": "l'étude",
    "client": "le client",
    "system": "le système",
    "service": "un service",
    "provider": "le prestataire",
    "recipient": "le destinataire",
    "anonymous": "quelqu'un qui n'était pas connecté",
}
SERVICES = {
    "identity": "Identités",
    "dossier": "Dossiers",
    "vault": "Coffre",
    "messaging": "Messages",
    "lre-gateway": "Recommandés",
    "journal": "Journal",
}
FINDINGS = {
    "event-unreadable": "le service ne peut plus dire cet état : un événement manque, ou n'est pas ce qui a été scellé",
    "unknown-to-service": "le service ne connaît plus cet objet, que le journal connaît",
    "version-differs": "le service raconte une autre version que celle du journal",
    "event-altered": "le service ne conserve plus, ou plus à l'identique, ce qui a été scellé",
}


def who(actor: Mapping[str, Any]) -> str:
    """Return who acted: a name where the reader may know it."""
    if actor["erased"]:
        return "une personne effacée"
    return str(actor["name"] or KINDS.get(actor["kind"], actor["kind"]))


def purpose(code: str) -> str:
    """Return why somebody read or exported."""
    return dict(PURPOSES).get(code, "Consultation de ses propres données" if code == "own-records" else code)


def service(code: str) -> str:
    """Return what a service is called."""
    return SERVICES.get(code, code)


def finding(code: str) -> str:
    """Return what is not as the journal says."""
    return FINDINGS.get(code, code)


FILTERS: Mapping[str, Callable[..., str]] = {
    "who": who,
    "purpose": purpose,
    "service": service,
    "finding": finding,
}
"""Filters of the templates."""
