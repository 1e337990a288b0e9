"""Which service may speak of what: its tickets are turned down for anything else."""

from uuid import UUID

from chassis.tokens import Ticket, TicketRefused


def check(ticket: Ticket) -> Ticket:
    """Return the ticket; raise TicketRefused if its issuer may not say what it says.

    The dossier service speaks of a document of a dossier, for somebody in person, holds nothing back from an
    erasure, and has destroyed what its depositor took back. The gateway of letters also speaks of what belongs to
    no dossier, deposits in nobody's name, and may put what it deposits under legal hold, and has it destroyed when
    the law no longer asks to keep it; a reading is always in somebody's name.
    """
    if ticket.issuer == "dossier" and (ticket.dossier_id is None or ticket.legal_hold):
        raise TicketRefused
    if ticket.actor_id is None and (ticket.issuer == "dossier" or ticket.action not in {"deposit", "destroy"}):
        raise TicketRefused
    return ticket


def person(ticket: Ticket) -> UUID:
    """Return in whose name a document is read; raise TicketRefused if in nobody's."""
    if ticket.actor_id is None:
        raise TicketRefused
    return ticket.actor_id
