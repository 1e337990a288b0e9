"""What happens by itself, at its instant on the provider's clock."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.ar24.truth.world import World

_FIRST = "SELECT id, due, kind, letter, data FROM job WHERE due <= ? ORDER BY due, id LIMIT 1"
_LONGEST_WAIT = 0.5  # seconds; the clock may be moved while one waits


@dataclass(frozen=True, slots=True)
class Job:
    """Something due; `letter` is the number of the letter that it is about."""

    id: int
    due: datetime
    kind: str
    letter: int | None
    data: dict[str, Any]


Handler = Callable[[World, Job], None]
Errand = Callable[[World, Job], Callable[[], None]]
"""Speaks to somebody outside without holding the store, and returns what is then to be written."""


class Jobs:
    """Runs what is due, in the order of instants; an errand that a crash cut short is run again."""

    def __init__(self, world: World, handlers: dict[str, Handler], errands: dict[str, Errand]) -> None:
        self._world = world
        self._handlers = handlers
        self._errands = errands
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def run_due(self) -> None:
        """Run everything due by now."""
        with self._world.jobs:
            while (job := self._first(self._world.clock.now())) is not None:
                self._run(job)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, stopping at everything that is due on the way."""
        world = self._world
        with world.jobs:
            target = world.clock.now() + timedelta(seconds=seconds)
            while (job := self._first(target)) is not None:
                if job.due > world.clock.now():
                    world.clock.set(job.due)
                self._run(job)
            if target > world.clock.now():
                world.clock.set(target)

    def _first(self, until: datetime) -> Job | None:
        rows = self._world.store.rows(_FIRST, until.timestamp())
        if not rows:
            return None
        number, due, kind, letter, data = rows[0]
        return Job(number, datetime.fromtimestamp(due, UTC), kind, letter, json.loads(data))

    def _run(self, job: Job) -> None:
        world = self._world
        write = self._errands[job.kind](world, job) if job.kind in self._errands else None
        with world.store.transaction():
            world.store.rows("DELETE FROM job WHERE id = ?", job.id)
            world.clock.stand_still(job.due)
            try:
                if write is not None:
                    write()
                else:
                    self._handlers[job.kind](world, job)
            finally:
                world.clock.stand_still(None)

    def start(self) -> None:
        """Run what becomes due, from now on, in a thread."""
        self._thread = threading.Thread(target=self._forever, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._over.set()
        self._world.sooner.set()
        if self._thread is not None:
            self._thread.join(15)

    def _forever(self) -> None:
        world = self._world
        while not self._over.is_set():
            world.sooner.clear()
            self.run_due()
            [(due,)] = world.store.rows("SELECT min(due) FROM job")
            wait = _LONGEST_WAIT if due is None else due - world.clock.now().timestamp()
            world.sooner.wait(min(max(wait, 0), _LONGEST_WAIT))
