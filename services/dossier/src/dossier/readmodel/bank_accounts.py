"""Bank details of offices as rows, and to whom they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from eventstore import Rows, Store

from dossier.domain.bank_details import BankDetails, Handing
from dossier.readmodel.projection import projection


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account of an office."""

    id: UUID
    name: str
    holder: str
    iban: str
    bic: str
    added_at: datetime


_COLUMNS = "account.id, name, holder, iban, bic, added_at"


@projection.on(BankDetails.Created)
def _(event: BankDetails.Created, rows: Rows) -> None:
    rows.insert(
        "bank_account",
        id=event.originator_id,
        office_id=event.office_id,
        name=event.name,
        holder=event.holder,
        iban=event.iban,
        bic=event.bic,
        added_at=event.timestamp,
    )


@projection.on(BankDetails.Removed)
def _(event: BankDetails.Removed, rows: Rows) -> None:
    rows.delete("bank_account", event.originator_id)


@projection.on(Handing.Created)
def _(event: Handing.Created, rows: Rows) -> None:
    row_id = uuid5(event.dossier_id, str(event.client_id))
    rows.delete("bank_account_handed", row_id)
    if event.details_id is not None:
        rows.insert(
            "bank_account_handed",
            id=row_id,
            dossier_id=event.dossier_id,
            client_id=event.client_id,
            account_id=event.details_id,
        )


class BankAccountRows:
    """The questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_office(self, office_id: UUID) -> list[AccountRow]:
        """Return the accounts of an office that were not removed, by name."""
        query = f"SELECT {_COLUMNS} FROM read.bank_account AS account WHERE office_id = %s ORDER BY name, id"  # noqa: S608 - our words
        return [AccountRow(**row) for row in self._all(query, office_id)]

    def handed(self, dossier_id: UUID) -> Mapping[UUID, AccountRow]:
        """Return what the clients of a dossier are shown."""
        query = (
            f"SELECT client_id, {_COLUMNS} FROM read.bank_account_handed AS handed"  # noqa: S608 - our words
            " JOIN read.bank_account AS account ON account.id = account_id WHERE dossier_id = %s"
        )
        return {row.pop("client_id"): AccountRow(**row) for row in self._all(query, dossier_id)}

    def _all(self, query: str, value: UUID) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), (value,)).fetchall()
