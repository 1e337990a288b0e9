"""The simulator as a whole: what every part of it is given."""

import json
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sandbox.ar24.truth.assumptions import Assumptions
from sandbox.ar24.truth.clock import Clock
from sandbox.ar24.truth.faults import Faults
from sandbox.ar24.truth.model import Application, Mail, Sender
from sandbox.ar24.truth.store import Store

_ASSUMPTIONS, _FAULTS = "assumptions", "faults"


class World:
    """The store, the clock, the switches, and the address at which the provider is reached."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self.folder = folder
        self.public_url = public_url.rstrip("/")
        self.store = Store(folder / "ar24.sqlite")
        self.clock = Clock(self.store)
        self.username, self.password = "sandbox-user", "sandbox-password"  # of the account under Maileva's skin
        self.calls: Counter[str] = Counter()
        self.jobs = threading.Lock()  # held by whoever runs what is due
        self.sooner = threading.Event()  # set when something became due earlier than was known
        self._assumptions = Assumptions.model_validate_json(self.store.setting(_ASSUMPTIONS) or "{}")
        self._faults = Faults.model_validate_json(self.store.setting(_FAULTS) or "{}")

    @classmethod
    def opened(cls, folder: Path, public_url: str, token: str, private_key: str) -> Self:
        """Open the world kept in `folder`, where this application has an account."""
        world = cls(folder, public_url)
        known = world.application(token)
        if known is None:
            world.store.add(Application(uuid=token, private_key=private_key))
        elif known.private_key != private_key:
            world.store.keep(known.model_copy(update={"private_key": private_key}))
        return world

    @property
    def assumptions(self) -> Assumptions:
        """Return the switches of what is not known."""
        return self._assumptions

    @assumptions.setter
    def assumptions(self, value: Assumptions) -> None:
        self.store.set(_ASSUMPTIONS, value.model_dump_json())
        self._assumptions = value

    @property
    def faults(self) -> Faults:
        """Return the faults of the moment."""
        return self._faults

    @faults.setter
    def faults(self, value: Faults) -> None:
        self.store.set(_FAULTS, value.model_dump_json())
        self._faults = value

    def forget(self) -> None:
        """Begin again: nothing but the applications is left, and everything is switched back."""
        self.store.clear(Application)
        self.clock.follow()
        self.calls.clear()
        self._assumptions, self._faults = Assumptions(), Faults()

    def application(self, token: str) -> Application | None:
        """Return the application with this token."""
        found = self.store.by(Application, "uuid", token)
        return found[0] if found else None

    def sender(self, number: int) -> Sender:
        """Return a sender that another record names.

        Raises:
            LookupError: there is none.

        """
        sender = self.store.get(Sender, number)
        if sender is None:
            raise LookupError(f"sender {number}")
        return sender

    def mail(self, to: str, subject: str, text: str, *links: str, sender_id: int | None = None) -> None:
        """Send a message; `sender_id` is given when a sender is who reads it."""
        at = self.clock.now()
        self.store.add(Mail(email=to, subject=subject, text=text, links=list(links), at=at, sender_id=sender_id))

    def later(self, kind: str, due: datetime | float, letter: int | None = None, **data: Any) -> None:
        """Plan a job of this kind at an instant, or so many seconds from now."""
        at = due if isinstance(due, datetime) else self.clock.now() + timedelta(seconds=due)
        self.store.rows(
            "INSERT INTO job (due, kind, letter, data) VALUES (?, ?, ?, ?)",
            at.timestamp(),
            kind,
            letter,
            json.dumps(data),
        )
        self.sooner.set()
