"""The French words of states and refusals."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

UNEXPECTED = "unexpected"

STATES = {
    "asked": "À envoyer",
    "deposited": "À valider",
    "refused": "Refusé",
    "validated": "Validé",
    "cancelled": "Annulé",
    "closed": "Clos",
    "withdrawn": "Retiré par le client",
    "open": "En cours",
    "archived": "Archivé",
    "requested": "En attente",
    "approved": "Approuvé",
    "queued": "En file d'attente",
    "sent": "Envoyé",
    "delivered": "Remis",
    "bounced": "Non remis",
    "failed": "Échec",
    "suppressed": "Non envoyé",
}
CLIENT_STATES = STATES | {"deposited": "Transmis, en cours de vérification"}
TEMPLATES = {
    "invitation": "Invitation",
    "access-link": "Lien d'accès",
    "email-confirmation": "Confirmation d'adresse",
    "membership-pending": "Un rattachement attend votre approbation",
    "membership-approved": "Rattachement approuvé",
    "documents-requested": "Documents demandés",
    "document-deposited": "Document déposé",
    "document-refused": "Document refusé",
    "dossier-completed": "Dossier complet",
    "document-validated": "Document validé",
    "message-received": "Nouveau message",
    "reminder": "Rappel avant l'échéance",
    "reminder-overdue": "Rappel après l'échéance",
    "deadline-passed": "Échéance dépassée : des documents manquent",
    "letter-acknowledged": "Lettre acceptée",
    "letter-refused": "Lettre refusée",
    "letter-not-claimed": "Lettre non réclamée",
    "letter-bounced": "Lettre non remise",
    "letter-change-requested": "Changement de destinataire demandé",
}
DELIVERIES = {
    "queued": ("En file d'attente", "Part dans les minutes qui viennent."),
    "put-off": ("Remis à plus tard", "Le serveur de messagerie n'en a pas voulu pour l'instant. Rien à faire."),
    "sent": ("Envoyé", "Accepté par le serveur de messagerie."),
    "delivered": ("Remis", "Arrivé dans la boîte aux lettres."),
    "mailbox-unknown": ("Revenu", "Adresse inconnue. Corrigez-la dans la fiche, puis renvoyez le message."),
    "mailbox-closed": ("Revenu", "Cette boîte est fermée. Corrigez l'adresse dans la fiche, puis renvoyez le message."),
    "mailbox-full": ("Revenu", "La boîte est pleine. Prévenez la personne, puis renvoyez le message."),
    "not-delivered": ("Revenu", "Le message n'a pas pu être remis. Vérifiez l'adresse, puis renvoyez-le."),
    "address-refused": ("Non remis", "Cette adresse est refusée. Corrigez-la dans la fiche, puis renvoyez le message."),
    "message-refused": ("Non remis", "Le serveur de messagerie refuse ce message. Joignez la personne autrement."),
    "unreachable": ("Non remis", "Le serveur de messagerie est resté injoignable plus d'un jour. Renvoyez le message."),
    "erased": ("Non envoyé", "La personne n'a plus accès à ce dossier, ou ses données ont été effacées."),
    "settled": ("Non envoyé", "Sans objet : ce qu'il annonçait a été fait entre-temps."),
}
"""Where an e-mail stands, and what to do about it."""
RESENT = frozenset(DELIVERIES) - {"queued", "put-off", "sent", "delivered", "erased", "settled"}
PURPOSES = (
    ("information", "Demande d'information"),
    ("appointment", "Demande de rendez-vous"),
    ("other", "Autre message"),
)
SCANS = {
    "pending": "En cours",
    "clean": "Aucun programme malveillant connu",
    "infected": "Programme malveillant trouvé : document fermé",
    "not-scanned": "Pas encore possible : document fermé",
}
PASSWORDS_DIFFER = "Les deux mots de passe ne sont pas les mêmes."
ROLES = {"notary": "Notaire", "collaborator": "Collaborateur", "compliance": "Conformité"}


def state(code: str, *, client: bool = False) -> str:
    """Return what a state is called, for the office or for its client."""
    return (CLIENT_STATES if client else STATES).get(code, code)


def scan(found: Mapping[str, str | None]) -> str:
    """Return what a scan found."""
    said = SCANS.get(found["state"] or "", "")
    return f"{said} (analyse de base)" if found["state"] == "clean" and found["scanner"] == "basic" else said


def refusal(code: str) -> str:
    """Return the sentence for a refusal; a code without one is said to be unexpected."""
    sentences = problems()
    return sentences.get(code, sentences[UNEXPECTED])


@cache
def problems() -> dict[str, str]:
    """Return the sentence of every code of a problem."""
    return tomllib.loads((files("portal") / "locale" / "problems.toml").read_text("utf-8"))
