"""Asking witnesses to cosign what the log signed (c2sp.org/tlog-witness).

A witness keeps the largest state that it has seen. One that says it has seen more than the log ever signed, or that
the log does not extend what it has seen, tells that the log was put back to a former state or has two histories. That
is an alarm; a witness that does not answer is none, and never holds the log up.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

import httpx
from chassis.logging import get_logger
from chassis.process import rest
from proof.checkpoint import format_hashes
from proof.cosignature import Cosigner, Quorum, cosignatures
from proof.note import Note, NoteInvalid
from proof.tree import consistency_proof

from journal.attest.attestations import Attestations
from journal.attest.posting import Answer, outside_client, post
from journal.log.alarms import WITNESS_CONTRADICTS, raise_alarm
from journal.log.checkpoints import Checkpoints, Sealed
from journal.log.database import Database, from_nodes

TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0  # before a witness that failed is asked again
MAX_ANSWER = 16 * 1024  # bytes
TRIES = 3  # the size that a witness knows may move while it is asked


@dataclass(slots=True)
class Witness:
    """One witness, and when it may be asked again after it failed."""

    url: str
    cosigner: Cosigner
    turn: threading.Lock = field(default_factory=threading.Lock)
    asked: "Future[bool] | None" = None
    pause: float = 0.0
    not_before: float = 0.0


class Witnesses:
    """Every witness of the log, asked side by side."""

    def __init__(
        self,
        database: Database,
        checkpoints: Checkpoints,
        attestations: Attestations,
        witnesses: Sequence[tuple[str, Cosigner]] = (),
        quorum: Quorum | None = None,
    ) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._attestations = attestations
        self._witnesses = [Witness(url.rstrip("/"), cosigner) for url, cosigner in witnesses]
        self._quorum = quorum
        self._http = outside_client(TIMEOUT_SECONDS)
        self._pool = ThreadPoolExecutor(2 * len(self._witnesses) or 1, thread_name_prefix="witness")
        self._log = get_logger()

    def close(self) -> None:
        """Let the calls under way end, and close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def quorum_met(self, size: int) -> bool:
        """Tell whether the policy's quorum cosigned the checkpoint of this size; true without a quorum."""
        if self._quorum is None:
            return True
        return self._quorum.met_by([one.cosigner for one in self._attestations.cosigned(size)])

    def ask(self, sealed: Sealed, seconds: float) -> bool:
        """Ask every witness for this state, and wait until the quorum has cosigned it, or `seconds`; tell whether."""
        deadline = time.monotonic() + seconds
        waiting = {self._pool.submit(self._visit, witness, sealed) for witness in self._witnesses}
        while waiting and not (self._quorum and self.quorum_met(sealed.size)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            waiting = wait(waiting, left, FIRST_COMPLETED).not_done
        return self.quorum_met(sealed.size)

    def attend(self) -> None:
        """Ask the witnesses that have not cosigned the last state yet, without waiting for what they answer."""
        last = self._checkpoints.last()
        for witness in self._witnesses if last else ():
            if witness.asked is not None and witness.asked.done():
                self._weigh(witness, witness.asked)
            free = witness.asked is None and witness.not_before <= time.monotonic()
            if last and free and self._attestations.reached_by(witness.cosigner) < last.size:
                witness.asked = self._pool.submit(self._visit, witness, last)

    @staticmethod
    def _weigh(witness: Witness, asked: "Future[bool]") -> None:
        witness.asked = None
        longer = min(max(2 * witness.pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        witness.pause = 0.0 if asked.result() else longer
        witness.not_before = time.monotonic() + witness.pause

    def _visit(self, witness: Witness, sealed: Sealed) -> bool:
        """Ask one witness, once at a time; tell whether it holds this state or a later one now."""
        with witness.turn:
            known = self._attestations.reached_by(witness.cosigner)
            try:
                for _ in range(TRIES):
                    if known >= sealed.size:
                        return True
                    answer = self._submit(witness, known, sealed)
                    if answer.status == HTTPStatus.OK:
                        return self._keep(witness, sealed, answer.body)
                    learned = self._learn(witness, sealed, known, answer)
                    if learned is None:
                        return False
                    known = learned
            except httpx.HTTPError as error:
                self._log.warning("witness-silent", witness=witness.cosigner.name, error=type(error).__name__)
        return False

    def _submit(self, witness: Witness, known: int, sealed: Sealed) -> Answer:
        with self._database.transaction() as connection:
            growth = from_nodes(connection, partial(consistency_proof, known, sealed.size))
        body = f"old {known}\n{format_hashes(growth)}\n".encode() + sealed.note
        return post(self._http, f"{witness.url}/add-checkpoint", body, "text/plain; charset=utf-8", MAX_ANSWER)

    def _keep(self, witness: Witness, sealed: Sealed, body: bytes) -> bool:
        try:
            note = Note.parse(sealed.note + body)
            (said,) = cosignatures(note, [witness.cosigner])
        except (NoteInvalid, ValueError):
            self._log.warning("witness-answer-invalid", witness=witness.cosigner.name)
            return False
        key = (witness.cosigner.name, witness.cosigner.id)
        line = next(line for line in note.signatures if (line.name, line.key_id) == key)
        self._attestations.add(sealed.size, line, said)
        return True

    def _learn(self, witness: Witness, sealed: Sealed, known: int, answer: Answer) -> int | None:
        """Return the size that a witness says it holds; None when asking again would not help."""
        size = _size(answer) if answer.status == HTTPStatus.CONFLICT else None
        last = self._checkpoints.last() or sealed
        ahead = size is not None and size > last.size
        if ahead or answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            said = f"{witness.cosigner.vkey}\n{answer.status}\n".encode() + answer.body
            raise_alarm(self._database, WITNESS_CONTRADICTS, size or known, said)
            return None
        if size is None:
            self._log.warning("witness-refused", witness=witness.cosigner.name, status=answer.status)
        return size


def _size(answer: Answer) -> int | None:
    text = answer.body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) < 16 else None  # noqa: PLR2004 - the digits of 2**53


def witnessing(witnesses: Witnesses) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that brings every signed state to the witnesses."""

    async def attend(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(witnesses.attend)
            await rest(stop, POLL_SECONDS)

    return attend
