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
    "open": "En cours",
    "archived": "Archivé",
    "requested": "En attente",
    "approved": "Approuvé",
    "queued": "En file d'attente",
    "sent": "Envoyé",
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
    "letter-acknowledged": "Lettre acceptée",
    "letter-refused": "Lettre refusée",
    "letter-not-claimed": "Lettre non réclamée",
    "letter-bounced": "Lettre non remise",
    "letter-change-requested": "Changement de destinataire demandé",
}
LEVELS = (
    ("qualified-lre", "Lettre recommandée électronique qualifiée (eIDAS)"),
    ("simple-erds", "Envoi recommandé électronique simple"),
    ("copro-notice", "Notification électronique de copropriété"),
    ("paper", "Lettre recommandée sur papier"),
)
LETTER_STATES = (
    ("draft", "Brouillon"),
    ("incompatible", "Incompatible"),
    ("ready", "Prête"),
    ("submitting", "En cours de transmission"),
    ("submission-unknown", "Transmission à confirmer"),
    ("awaiting-sender-auth", "En attente de validation OTP"),
    ("in-transit", "En cours d'envoi"),
    ("notified", "Envoyée"),
    ("acknowledged", "Accusé de réception"),
    ("refused", "Refusée"),
    ("not-claimed", "Non réclamée"),
    ("bounced", "Adresse en échec"),
    ("failed", "Échec"),
    ("cancelled", "Annulée"),
    ("auth-lapsed", "Validation expirée"),
)
LETTER_STEPS = {
    "letter-prepared": "Préparée",
    "letter-checked": "Contrôlée",
    "letter-submitted": "Transmise au prestataire",
    "letter-held": "En attente du code",
    "letter-released": "Validée par le code",
    "letter-sent": "Envoyée au destinataire",
    "letter-notified": "Destinataire averti",
    "letter-acknowledged": "Acceptée par le destinataire",
    "letter-refused": "Refusée par le destinataire",
    "letter-not-claimed": "Non réclamée dans le délai",
    "letter-bounced": "Adresse en échec",
    "letter-cancelled": "Annulée",
}
PROOFS = {
    "deposit-and-sending": "Preuve de dépôt et d'envoi",
    "deposit": "Preuve de dépôt",
    "sending": "Preuve d'envoi",
    "reception": "Accusé de réception",
    "refusal": "Preuve de refus",
    "non-claim": "Preuve de non-réclamation",
    "non-delivery": "Preuve de non-remise",
    "content": "Contenu de la lettre",
    "full-archive": "Archive complète",
    "consent": "Consentement",
    "sender-auth-record": "Validation par l'expéditeur",
    "submission-manifest": "Bordereau de transmission",
}
CONSENTS = {
    "accepted": "Consentement donné",
    "refused": "Refus",
    "requested": "Demandé",
    "expired": "Expiré",
    "withdrawn": "Retiré",
}
SCANS = {
    "pending": "En cours",
    "clean": "Aucun programme malveillant connu",
    "infected": "Programme malveillant trouvé : document fermé",
    "not-scanned": "Pas encore possible : document fermé",
}
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
