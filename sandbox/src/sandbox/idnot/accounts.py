"""Professional identities: notaries and collaborators who may sign in (L-13, L-17)."""

import hmac
import json
import uuid
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_NAMESPACE = uuid.UUID("7d0f2f4e-5d0b-4c52-9d0c-6c2a4f5f7a11")


class Account(BaseModel):
    """A person at the identity provider; `identifier` is the e-mail that the person signs in with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identifier: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    password: str = Field(min_length=1, max_length=128)
    civility: str = ""
    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)
    role: Literal["NOTAIRE", "COLLABORATEUR"] = "COLLABORATEUR"
    crpcen: tuple[str, ...] = ()
    birth_name: str = ""
    birth_date: str = ""
    birth_country: str = "France"
    birth_place: str = ""

    @property
    def sub(self) -> str:
        """The subject identifier: the same for a whole career, also after a restart of the sandbox."""
        return str(uuid.uuid5(_NAMESPACE, self.identifier.casefold()))


_ACCOUNTS = TypeAdapter(list[Account])


class Taken(Exception):
    """Someone already uses this identifier."""


class Accounts:
    """The accounts; new ones are written to the file, if there is one, so that a restart finds them."""

    def __init__(self, accounts: Iterable[Account], file: Path | None = None) -> None:
        self._file = file
        self._by_identifier = {account.identifier.casefold(): account for account in accounts}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_identifier.values())

    def add(self, account: Account) -> None:
        """Add an account.

        Raises:
            Taken: the identifier is in use.

        """
        key = account.identifier.casefold()
        if key in self._by_identifier:
            raise Taken
        self._by_identifier[key] = account
        if self._file is not None:
            unfinished = self._file.with_suffix(".new")
            unfinished.write_text(json.dumps([one.model_dump() for one in self._by_identifier.values()], indent=2))
            unfinished.replace(self._file)

    def check(self, identifier: str, password: str) -> Account | None:
        """Return the account if the password is right."""
        account = self._by_identifier.get(identifier.strip().casefold())
        if account is None or not hmac.compare_digest(account.password.encode(), password.encode()):
            return None
        return account


def load(file: Path | None) -> Accounts:
    """Load the accounts of a file, or the demo accounts where there is no file yet."""
    if file is not None and file.exists():
        text = file.read_text()
    else:
        text = files("sandbox.idnot").joinpath("demo_accounts.json").read_text()
    return Accounts(_ACCOUNTS.validate_json(text), file)
