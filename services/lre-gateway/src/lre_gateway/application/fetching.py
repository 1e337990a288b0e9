"""Every proof is fetched as soon as it exists, hashed, put into the vault and told."""

import mimetypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256, sha512
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import Refusal
from eventstore import Store, retried

from lre_gateway.application import records
from lre_gateway.application.clock import Clock
from lre_gateway.application.evidences import place_of
from lre_gateway.application.ports import Agenda, Due, PdfSeals, Task, Vault
from lre_gateway.application.provider import Provider, ProviderError
from lre_gateway.application.providers import Providers
from lre_gateway.domain.evidence import ATTEMPTS, OURS, Evidence, pause_after
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import EvidenceKind

log = get_logger()

LETTERS = 40
AT_ONCE = 4


class Damaged(Exception):
    """The vault says that it stored other bytes than it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A proof in hand."""

    kind: EvidenceKind
    media_type: str
    content: bytes = field(repr=False)
    provider_at: datetime | None
    host: str | None


class Fetching:
    """The worker that fetches; one process runs it."""

    def __init__(  # noqa: PLR0913 - what it works with
        self, *, store: Store, agenda: Agenda, vault: Vault, seals: PdfSeals, providers: Providers, clock: Clock
    ) -> None:
        self._store = store
        self._agenda = agenda
        self._vault = vault
        self._seals = seals
        self._providers = providers
        self._clock = clock

    def step(self) -> int:
        """Fetch the proofs of some letters that are due; return how many proofs came."""
        due = self._agenda.due(Task.EVIDENCE, self._clock(), LETTERS)
        if not due:
            return 0
        with ThreadPoolExecutor(AT_ONCE, "fetching") as threads:
            return sum(threads.map(self._fetch, due))

    def _fetch(self, due: Due) -> int:
        letter = self._store.get(Letter, due.letter_id)
        sender = self._store.get(Sender, letter.sender_id)
        came = sum(self._fetch_one(letter, sender, EvidenceKind(kind)) for kind in letter.pending)
        if came == len(letter.pending):
            self._agenda.forget(Task.EVIDENCE, [letter.id])
        elif due.attempt + 1 >= ATTEMPTS:
            self._give_up(letter.id)
            self._agenda.forget(Task.EVIDENCE, [letter.id])
        else:
            self._agenda.put_off(Task.EVIDENCE, {letter.id: self._clock() + pause_after(due.attempt + 1)})
        return came

    def _fetch_one(self, letter: Letter, sender: Sender, kind: EvidenceKind) -> bool:
        try:
            found = self._file(letter, self._providers[sender.provider], sender, kind)
            if found is not None:
                self._keep(letter, found)
        except (ProviderError, Refusal) as error:
            log.warning("evidence-not-fetched", letter_id=str(letter.id), kind=kind.value, cause=type(error).__name__)
            return False
        except Exception:
            # One proof must not keep the others; it is fetched again at its next turn.
            log.exception("evidence-not-kept", letter_id=str(letter.id), kind=kind.value)
            return False
        return found is not None

    def _file(self, letter: Letter, provider: Provider, sender: Sender, kind: EvidenceKind) -> _File | None:
        if kind in OURS:
            content, at = records.of(kind, letter, sender)
            return _File(kind=kind, media_type="application/json", content=content, provider_at=at, host=None)
        if letter.provider_ref is None:
            return None
        found = provider.evidence(letter.provider_ref, kind)
        if found is None:
            return None
        host = urlsplit(found.source if "//" in found.source else f"//{found.source}").hostname
        return _File(
            kind=kind, media_type=found.media_type, content=found.content, provider_at=found.at, host=host
        )  # fmt: skip

    def _keep(self, letter: Letter, file: _File) -> None:
        """Store the bytes, then say so. A crash in between stores the same version again, which changes nothing."""
        digest = sha256(file.content).hexdigest()
        stored = self._vault.store(
            place_of(letter),
            uuid5(letter.id, f"{file.kind.value}:{digest}"),
            name=f"{file.kind.value}{mimetypes.guess_extension(file.media_type) or ''}",
            media_type=file.media_type,
            content=file.content,
            hold=True,
        )
        if stored.sha256 != digest or stored.size != len(file.content):
            raise Damaged
        evidence = Evidence(
            kind=file.kind,
            version_id=stored.version_id,
            size=stored.size,
            sha256=digest,
            sha512=sha512(file.content).hexdigest(),
            media_type=file.media_type,
            provider_at=file.provider_at,
            fetched_at=self._clock(),
            seal=self._seals.check(file.content, file.media_type),
        )
        self._tell(letter.id, evidence, stored.manifest_sha256, file.host)

    @retried
    def _tell(self, letter_id: UUID, evidence: Evidence, manifest_sha256: str | None, host: str | None) -> None:
        letter = self._store.get(Letter, letter_id)
        letter.store_evidence(evidence, manifest_sha256=manifest_sha256, host=host)
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))

    @retried
    def _give_up(self, letter_id: UUID) -> None:
        letter = self._store.get(Letter, letter_id)
        for kind in letter.pending:
            letter.evidence_missing(kind, self._clock())
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
