"""The names of the levels for people. Only the qualified one may be called a registered letter (CPCE L101)."""

from collections.abc import Mapping
from types import MappingProxyType

from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Level

NAMES: Mapping[Level, str] = MappingProxyType(
    {
        Level.QUALIFIED_LRE: "Lettre recommandée électronique qualifiée (LRE)",
        Level.SIMPLE_ERDS: "Envoi électronique suivi",
        Level.COPRO_NOTICE: "Avis électronique de copropriété",
        Level.PAPER: "Lettre recommandée papier avec avis de réception",
    }
)
SHORT: Mapping[Level, str] = MappingProxyType(
    {
        Level.QUALIFIED_LRE: "LRE",
        Level.SIMPLE_ERDS: "Envoi suivi",
        Level.COPRO_NOTICE: "Avis électronique",
        Level.PAPER: "Recommandé papier",
    }
)
RESERVED = ("lettre recommandée électronique", "recommandé électronique", "LRE")
"""What no word about another level may contain."""

STATES: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: "À vérifier",
        State.INCOMPATIBLE: "Incompatible",
        State.READY: "Prête",
        State.SUBMITTING: "En cours de transmission",
        State.SUBMISSION_UNKNOWN: "Transmission à confirmer",
        State.AWAITING_SENDER_AUTH: "En attente du code",
        State.IN_TRANSIT: "Prise en charge",
        State.NOTIFIED: "Envoyée",
        State.ACKNOWLEDGED: "Reçue",
        State.REFUSED: "Refusée",
        State.NOT_CLAIMED: "Non réclamée",
        State.BOUNCED: "Non distribuée",
        State.FAILED: "Échec",
        State.CANCELLED: "Annulée",
        State.AUTH_LAPSED: "Code non saisi à temps",
    }
)

ETSI: Mapping[State, tuple[str, ...]] = MappingProxyType(
    {
        State.IN_TRANSIT: ("SubmissionAcceptance",),
        State.NOTIFIED: ("SubmissionAcceptance", "NotificationForAcceptance"),
        State.ACKNOWLEDGED: ("ConsignmentAcceptance", "ContentHandover"),
        State.REFUSED: ("ConsignmentRejection",),
        State.NOT_CLAIMED: ("AcceptanceRejectionExpiry",),
        State.BOUNCED: ("NotificationForAcceptanceFailure",),
        State.FAILED: ("SubmissionRejection",),
    }
)
"""The names of EN 319 522-1 for what a qualified letter went through; a label, not evidence in its sense."""
