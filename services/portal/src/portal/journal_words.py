"""The French words of the journal: who acted, why somebody reads, what a thing is, what a field is called."""

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
THINGS = {
    "dossier.dossier": "Dossier",
    "dossier.document-request": "Demande de document",
    "dossier.documentrequest": "Demande de document",
    "vault.document": "Document au coffre",
    "messaging.notification": "Notification",
    "lre-gateway.letter": "Lettre recommandée",
    "lre-gateway.batch": "Envoi groupé de lettres",
    "lre-gateway.evidence": "Preuve du prestataire",
}
FIELDS = {
    "number": "Numéro",
    "title": "Intitulé",
    "deed_type": "Type d'acte",
    "note": "Note",
    "whole_office": "Ouvert à tout l'office",
    "member_ids": "Collaborateurs",
    "members": "Collaborateurs",
    "client_ids": "Clients",
    "clients": "Clients",
    "client_id": "Client",
    "owner_id": "Déposant",
    "archived": "Archivé",
    "completed": "Complet",
    "cancelled": "Annulé",
    "label": "Document demandé",
    "document_type": "Type de document",
    "versions": "Versions",
    "requested": "Demandé par l'étude",
    "due_on": "À envoyer avant le",
    "office_id": "Office",
    "dossier_id": "Dossier",
    "opened_by": "Ouvert par",
    "batch_id": "Envoi de la demande",
    "name": "Nom du fichier",
    "size": "Taille, en octets",
    "sha256": "Empreinte SHA-256",
    "state": "État",
    "reason": "Motif",
    "subject": "Objet",
    "template": "Message",
    "channel": "Voie",
    "recipient_id": "Destinataire",
    "scan": "Analyse",
    "retention_until": "À garder jusqu'au",
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


def value(given: Any) -> str:
    """Return a value of a state as it is said."""
    if given is None:
        return "néant"
    if isinstance(given, bool):
        return "oui" if given else "non"
    if isinstance(given, Mapping):
        return ", ".join(f"{field(str(name))} : {value(one)}" for name, one in given.items()) or "aucun"
    if isinstance(given, list):
        return ", ".join(map(value, given)) or "aucun"
    return str(given)


def field(name: str) -> str:
    """Return what a field of a state is called."""
    return FIELDS.get(name, name.replace("_", " "))


def thing(name: str | None, of: str) -> str:
    """Return what an aggregate of the service `of` is called."""
    return THINGS.get(name or "", name or SERVICES.get(of, of))


def service(code: str) -> str:
    """Return what a service is called."""
    return SERVICES.get(code, code)


def finding(code: str) -> str:
    """Return what is not as the journal says."""
    return FINDINGS.get(code, code)


FILTERS: Mapping[str, Callable[..., str]] = {
    "who": who,
    "purpose": purpose,
    "said": value,
    "field_name": field,
    "thing": thing,
    "service": service,
    "finding": finding,
}
"""Filters of the templates."""
