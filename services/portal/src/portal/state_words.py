"""What services say of their own state, in French: what things and their fields are called, a word for a code."""

from collections.abc import Callable, Mapping
from typing import Any

from portal import journal_words, letter_words, words

THINGS = {
    "dossier.dossier": "Dossier",
    "dossier.document-request": "Demande de document",
    "dossier.documentrequest": "Demande de document",
    "dossier.conversation": "Conversation",
    "dossier.bank-details": "RIB de l'étude",
    "dossier.bank-details-handing": "RIB remis au client",
    "vault.document": "Document au coffre",
    "messaging.notification": "Notification",
    "messaging.deadline": "Échéance suivie",
    "lre-gateway.letter": "Lettre",
    "lre-gateway.batch": "Envoi groupé de lettres",
    "lre-gateway.evidence": "Preuve du prestataire",
    "lre-gateway.archived-dossier": "Dossier archivé, vu des recommandés",
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
    "request_id": "Demande",
    "version_id": "Version",
    "opened_by": "Ouvert par",
    "batch_id": "Envoi de la demande",
    "replaced": "Remplacée",
    "replaces": "Remplace",
    "unread": "Non lus",
    "details_id": "RIB",
    "name": "Nom du fichier",
    "size": "Taille, en octets",
    "media_type": "Type de fichier",
    "sha256": "Empreinte SHA-256",
    "manifest_sha256": "Empreinte du bordereau",
    "object_key": "Clé de l'objet",
    "issuer": "Confié par",
    "legal_hold": "Conservation légale",
    "destroyed": "Détruit",
    "copy_of": "Copie de",
    "scan": "Analyse",
    "state": "État",
    "reason": "Motif",
    "subject": "Objet",
    "notice": "Avis",
    "template": "Message",
    "channel": "Voie",
    "person_id": "Personne",
    "about_id": "Au sujet de",
    "letter_id": "Lettre",
    "cause_event": "Événement à l'origine",
    "cause": "Cause",
    "is_read": "Lu",
    "reached": "Jours déjà rappelés",
    "sender_id": "Compte expéditeur",
    "recipient_id": "Destinataire",
    "level": "Type d'envoi",
    "hold_mode": "Où la lettre attend le code",
    "entity": "Entité facturée",
    "documents": "Fichiers",
    "role": "Rôle",
    "prepared_by": "Préparée par",
    "prepared_at": "Préparée le",
    "submitted_at": "Transmise le",
    "sent_at": "Envoyée le",
    "ended_at": "Terminée le",
    "deadline": "Échéance",
    "price": "Prix hors taxes",
    "problems": "Problèmes",
    "warnings": "Avertissements",
    "pending": "Preuves attendues",
    "missing": "Preuves manquantes",
    "evidence": "Preuves",
    "kind": "Nature",
    "seal": "Sceau",
    "changes": "Changements de destinataire",
    "reissued_from": "Remplace la lettre",
    "successor_id": "Remplacée par la lettre",
    "created_by": "Préparé par",
    "created_at": "Préparé le",
    "paused": "En pause",
    "retention_until": "À garder jusqu'au",
}
CODES: Mapping[str, Mapping[str, str]] = {
    "state": words.STATES,
    "scan": words.SCANS,
    "template": words.TEMPLATES,
    "channel": {"email": "E-mail", "in-app": "Dans l'application"},
    "issuer": {"dossier": "le dossier", "lre-gateway": "les recommandés"},
    "level": dict(letter_words.LEVELS),
    "hold_mode": {"deferred_submit": "à l'étude", "provider_draft": "chez le prestataire"},
    "role": {"text": "Texte de la lettre", "attachment": "Pièce jointe"},
    "kind": letter_words.PROOFS,
    "pending": letter_words.PROOFS,
    "missing": letter_words.PROOFS,
    "seal": letter_words.SEALS,
    "changes": {"asked": "Demandé", "accepted": "Accepté", "refused": "Refusé"},
    "paused": letter_words.PAUSES,
}
"""The words of the codes that a field holds."""
LETTERS: Mapping[str, Mapping[str, str]] = {**CODES, "state": dict(letter_words.STATES)}
"""A letter is feminine, and has states of its own."""


def said(given: Any) -> str:
    """Return a value that is not made of others, and is no code, as it is said."""
    if given is None:
        return "néant"
    if isinstance(given, bool):
        return "oui" if given else "non"
    return str(given)


def word(code: Any, name: str, service: str) -> str | None:
    """Return the word for a code that the field `name` of a record of the service holds, None if it is no code."""
    codes = LETTERS if service == "lre-gateway" else CODES
    return codes.get(_innermost(name), {}).get(str(code))


def field(name: str) -> str:
    """Return what a field of a state is called; one of a thing within another is named with it, from the outside in."""
    return ", ".join(FIELDS.get(part, part.replace("_", " ")) for part in name.split("."))


def thing(name: str | None, of: str) -> str:
    """Return what an aggregate of the service `of` is called."""
    return THINGS.get(name or "", name or journal_words.service(of))


def within(name: str, outer: str) -> str:
    """Return the field that a part of a thing is: where the name is an id, the field around it."""
    return name if name in FIELDS else outer


def _innermost(name: str) -> str:
    """Return the field that a whole name ends in: `versions.<id>.state` is a state."""
    return next((part for part in reversed(name.split(".")) if part in FIELDS), "")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "said": said,
    "code_word": word,
    "within": within,
    "field_name": field,
    "thing": thing,
}
"""Filters of the templates."""
