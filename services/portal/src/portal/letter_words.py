"""The French words of registered letters; only the qualified level is called by the name that the law keeps for it."""

from collections.abc import Mapping
from typing import Any

LEVELS = (
    ("qualified-lre", "Lettre recommandée électronique qualifiée (LRE)"),
    ("simple-erds", "Envoi électronique suivi"),
    ("copro-notice", "Avis électronique de copropriété"),
    ("paper", "Lettre recommandée papier avec avis de réception"),
)
STATES = (
    ("draft", "À vérifier"),
    ("incompatible", "Incompatible"),
    ("ready", "Prête"),
    ("submitting", "En cours de transmission"),
    ("submission-unknown", "Transmission à confirmer"),
    ("awaiting-sender-auth", "En attente du code"),
    ("in-transit", "Prise en charge"),
    ("notified", "Envoyée"),
    ("acknowledged", "Reçue"),
    ("refused", "Refusée"),
    ("not-claimed", "Non réclamée"),
    ("bounced", "Non distribuée"),
    ("failed", "Échec"),
    ("cancelled", "Annulée"),
    ("auth-lapsed", "Code non saisi à temps"),
)
TONES = {
    "acknowledged": "validated",
    "notified": "sent",
    "in-transit": "sent",
    "awaiting-sender-auth": "requested",
    "submission-unknown": "requested",
    "incompatible": "refused",
    "refused": "refused",
    "not-claimed": "refused",
    "bounced": "refused",
    "failed": "refused",
    "auth-lapsed": "refused",
    "ready": "approved",
    "incomplete": "requested",
    "access-lost": "refused",
}
"""The colour of a state; its word says the same."""
REMEDIES = {
    "bounced": "L'avis n'a pas pu être remis à cette adresse. Renvoyez la lettre : à l'adresse corrigée, à quelqu'un "
    "d'autre, ou sur papier.",
    "not-claimed": "Le destinataire n'a pas ouvert la lettre dans le délai. La preuve de non-réclamation est gardée ; "
    "la lettre peut être renvoyée, sur papier par exemple.",
    "failed": "Le prestataire n'a pas pu envoyer la lettre. Rien n'est parti ; elle peut être renvoyée.",
    "auth-lapsed": "Le code n'a pas été saisi à temps : la lettre n'est pas partie. Elle peut être renvoyée.",
}
"""What the sender can do about a letter that did not arrive (A-59)."""
STEPS = {
    "letter-prepared": "Préparée",
    "letter-incompatible": "Contrôlée : ne peut pas partir",
    "letter-ready": "Contrôlée : peut partir",
    "letter-submission-started": "Transmission commencée",
    "letter-submission-unknown": "Transmission sans réponse, en cours de vérification",
    "letter-submission-not-executed": "Transmission remise à plus tard",
    "letter-sender-auth-required": "En attente du code",
    "letter-released": "Validée par le code",
    "letter-accepted": "Déposée chez le prestataire",
    "letter-sent": "Envoyée au destinataire",
    "letter-acknowledged": "Reçue par le destinataire",
    "letter-refused": "Refusée par le destinataire",
    "letter-not-claimed": "Non réclamée dans le délai",
    "letter-bounced": "Non distribuée",
    "letter-failed": "Échec",
    "letter-auth-lapsed": "Code non saisi à temps",
    "letter-cancelled": "Annulée",
    "letter-priced": "Prix connu",
    "letter-attention-needed": "À regarder",
    "letter-reissued": "Renvoyée par une autre lettre",
    "letter-retention-ended": "Fin de la durée de conservation",
    "recipient-change-requested": "Changement de destinataire demandé",
    "recipient-change-accepted": "Changement de destinataire accepté",
    "recipient-change-refused": "Changement de destinataire refusé",
    "recipient-identity-pending": "Identité du destinataire en cours de vérification",
    "evidence-stored": "Preuve reçue et mise au coffre",
    "evidence-missing": "Preuve toujours attendue",
    "provider-status-unrecognized": "Statut inconnu du prestataire",
    "deadline-near": "Échéance proche",
    "deadline-overdue": "Échéance dépassée sans nouvelle",
    "terminal-fact-conflict": "Le prestataire se contredit",
    "stale-fact-ignored": "Nouvelle périmée du prestataire",
    "contract-breach-noted": "Réponse inattendue du prestataire",
    "document-destroyed": "Fichier détruit",
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
SEALS = {
    "trusted": "scellée par une autorité de confiance",
    "untrusted": "sceau d'une autorité inconnue",
    "unknown": "sceau non vérifié",
    "none": "sans sceau",
}
CONSENTS = {
    "accepted": "Consentement donné",
    "refused": "Refus",
    "requested": "Demandé",
    "expired": "Expiré",
    "withdrawn": "Retiré",
}
SOURCES = {"hand": "saisi à l'office", "provider": "reçu du prestataire"}
SENDERS = {
    "requested": "Attend l'accord de son titulaire",
    "incomplete": "À compléter",
    "ready": "Prêt",
    "access-lost": "Accès retiré par son titulaire",
    "revoked": "Plus utilisé",
}
MISSING = {
    "link": "Le titulaire suit le lien que le prestataire lui a envoyé par e-mail, et autorise l'office.",
    "terms": "Le titulaire accepte les conditions du prestataire, sur le site de celui-ci.",
    "payment": "Le titulaire ajoute un moyen de paiement, sur le site du prestataire.",
    "credential": "La clé des codes arrive par la poste ; le facteur vérifie l'identité du titulaire.",
    "confirmation": "Le titulaire confirme l'adresse e-mail de son compte chez le prestataire.",
}
PAUSES = {
    "maintenance": "le prestataire est en maintenance",
    "provider-away": "le prestataire ne répond pas",
    "no-answer": "le prestataire n'a pas répondu",
    "code-needed": "un nouveau code est nécessaire",
    "sender-not-ready": "il manque quelque chose au compte expéditeur",
    "vault-away": "le coffre ne répond pas",
    "not-executed": "le prestataire ne l'a pas fait",
}


def _look_up(words: Mapping[str, str], otherwise: str | None = None) -> Any:
    return lambda code: words.get(code, code if otherwise is None else otherwise)


FILTERS = {
    "tone": _look_up(TONES, ""),
    "remedy": _look_up(REMEDIES, ""),
    "step": _look_up(STEPS),
    "proof": _look_up(PROOFS),
    "seal": _look_up(SEALS),
    "consent": _look_up(CONSENTS),
    "source": _look_up(SOURCES),
    "letter_state": _look_up(dict(STATES)),
    "sender_state": _look_up(SENDERS),
    "lacking": _look_up(MISSING),
    "cause": _look_up(PAUSES, "le prestataire le refuse"),
}
