"""Bank details of an office: kept by its notaries, handed to clients by whoever works on the dossier (L-07, L-08)."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Missing, Store

from dossier.application.access import Access, office_of
from dossier.domain.bank_details import BankDetails, Handing, bic, iban
from dossier.domain.refusals import TooManyBankDetails

MOST = 20
NOTARY = "notary"


class Accounts(Protocol):
    """What the read model tells of bank details."""

    def of_office(self, office_id: UUID) -> Sequence[Any]:
        """Return the accounts of an office that were not removed."""
        ...


class BankAccounts:
    """The use cases of bank details."""

    def __init__(self, store: Store, access: Access, accounts: Accounts) -> None:
        self._store, self._access, self._accounts = store, access, accounts

    def add(self, actor: Actor, *, name: str, holder: str, typed_iban: str, typed_bic: str) -> Any:
        """Add an account; only a notary does: whoever could would have clients pay elsewhere.

        Raises:
            BankDetailsRefused: IBAN or BIC is not one.
            TooManyBankDetails: the office has twenty.

        """
        office_id = _notary(actor)
        if len(self._accounts.of_office(office_id)) >= MOST:
            raise TooManyBankDetails
        added = BankDetails(office_id=office_id, name=name, holder=holder, iban=iban(typed_iban), bic=bic(typed_bic))
        return self._store.save(added, actor=actor, outcome={"id": str(added.id)})

    def remove(self, actor: Actor, details_id: UUID) -> None:
        """Remove an account; clients to whom it was handed are shown it no more."""
        details = self._own(_notary(actor), details_id)
        details.remove()
        if details.pending_events:
            self._store.save(details, actor=actor)

    def hand(self, actor: Actor, dossier_id: UUID, client_id: UUID, details_id: UUID | None) -> None:
        """Show an account of the office to a client of a dossier, in the place of another; None takes it back.

        Raises:
            NotFound: no such client in the dossier, or no such account.

        """
        dossier = self._access.to_change(actor, dossier_id)
        if client_id not in dossier.client_ids:
            raise NotFound
        if details_id is not None and self._own(dossier.office_id, details_id).removed:
            raise NotFound
        handing = Handing(
            office_id=dossier.office_id, dossier_id=dossier_id, client_id=client_id, details_id=details_id
        )
        self._store.save(handing, actor=actor)

    def _own(self, office_id: UUID, details_id: UUID) -> BankDetails:
        try:
            details = self._store.get(BankDetails, details_id)
        except Missing:
            raise NotFound from None
        if details.office_id != office_id:
            raise NotFound
        return details


def _notary(actor: Actor) -> UUID:
    if actor.role != NOTARY:
        raise NotAllowed
    return office_of(actor)
