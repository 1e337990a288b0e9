"""The bank details of an office, and to whom they were handed (L-07, L-08).

Shown in the application, they cannot be swapped in a mail on its way.
"""

import re
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

from dossier.domain.refusals import BankDetailsRefused

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LENGTHS = {"FR": 27, "MC": 27}
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_MODULUS = 97


class BankDetails(Aggregate):
    """An account of an office. It is never changed, so that what was handed stays what it was; only removed."""

    TOPIC = "dossier.bank-details"

    class Created(AggregateCreated):
        """A notary added it; it is the office's own, and nobody's personal account."""

        TOPIC = "dossier.bank-details-added"
        office_id: UUID
        name: str
        holder: str
        iban: str
        bic: str

    class Removed(AggregateEvent):
        """A notary removed it: nobody is shown it any more."""

        TOPIC = "dossier.bank-details-removed"
        office_id: UUID

    @event(Created)
    def __init__(self, *, office_id: UUID, name: str, holder: str, iban: str, bic: str) -> None:
        self.office_id = office_id
        self.name = name
        self.holder = holder
        self.iban = iban
        self.bic = bic
        self.removed = False

    def remove(self) -> None:
        """Show it to nobody any more; again does nothing."""
        if not self.removed:
            self.trigger_event(self.Removed, office_id=self.office_id)

    @event(Removed)
    def _removed(self) -> None:
        self.removed = True


class Handing(Aggregate):
    """Which account the client of a dossier is shown; the latest holds."""

    TOPIC = "dossier.bank-details-handing"

    class Created(AggregateCreated):
        """The office handed an account to the client, or, without one, took it back."""

        TOPIC = "dossier.bank-details-handed"
        office_id: UUID
        dossier_id: UUID
        client_id: UUID
        details_id: UUID | None

    @event(Created)
    def __init__(self, *, office_id: UUID, dossier_id: UUID, client_id: UUID, details_id: UUID | None) -> None:
        self.office_id = office_id
        self.dossier_id = dossier_id
        self.client_id = client_id
        self.details_id = details_id


def iban(typed: str) -> str:
    """Return an IBAN without spaces; its check digits (ISO 13616) find every slip of one sign.

    Raises:
        BankDetailsRefused: it is none.

    """
    plain = "".join(typed.split()).upper()
    if not _IBAN.fullmatch(plain) or len(plain) != _LENGTHS.get(plain[:2], len(plain)):
        raise BankDetailsRefused(wrong="iban")
    digits = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    if int(digits) % _MODULUS != 1:
        raise BankDetailsRefused(wrong="iban")
    return plain


def bic(typed: str) -> str:
    """Return a BIC of 8 or 11 signs (ISO 9362). Raises BankDetailsRefused."""
    plain = "".join(typed.split()).upper()
    if not _BIC.fullmatch(plain):
        raise BankDetailsRefused(wrong="bic")
    return plain
