"""Events of other services become calls."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts import Envelope, fact
from eventstore import Position

from messaging.application.announcing import Announcements, Cause
from messaging.application.erasing import Erasing
from messaging.application.securing import SecurityMessages

Handler = Callable[[Envelope, Position], None]


def handlers(announcements: Announcements, erasing: Erasing) -> Mapping[str, Handler]:
    """Return what to do with each event that messaging listens to, by topic."""
    security = SecurityMessages(announcements)
    return {
        "identity.password-set": _on(security.password_set),
        "identity.second-factor-enabled": _on(security.second_factor_enabled),
        "identity.second-factor-removed": _on(security.second_factor_removed),
        "identity.membership-requested": _on(announcements.membership_requested),
        "identity.membership-approved": _on(announcements.membership_approved),
        "identity.client-invited": _on(announcements.client_invited),
        "identity.person-erased": _on(erasing.erase),
        "dossier.document-requested": _on(announcements.document_requested),
        "dossier.document-deposited": _on(announcements.document_deposited),
        "dossier.document-refused": _on(announcements.document_refused),
        "dossier.document-validated": _on(announcements.document_validated),
        "dossier.due-date-changed": _on(announcements.due_date_changed),
        "dossier.message-posted": _on(announcements.message_posted),
        "dossier.dossier-completed": _on(announcements.dossier_completed),
        "lre-gateway.letter-acknowledged": _on(announcements.letter_ended),
        "lre-gateway.letter-refused": _on(announcements.letter_ended),
        "lre-gateway.letter-not-claimed": _on(announcements.letter_ended),
        "lre-gateway.letter-bounced": _on(announcements.letter_ended),
        "lre-gateway.recipient-change-requested": _on(announcements.change_requested),
    }


def _on(call: Callable[[Cause, Any], None]) -> Handler:
    def handle(envelope: Envelope, position: Position) -> None:
        cause = Cause(
            position=position,
            subject=envelope.aggregate_id,
            correlation_id=envelope.correlationid or "",
            trace=envelope.traceparent,
            at=envelope.time,
            office_id=envelope.office,
            by_a_service=envelope.actorkind == "service",
        )
        call(cause, fact(envelope))

    return handle
