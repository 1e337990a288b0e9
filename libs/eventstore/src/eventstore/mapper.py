"""Events to stored bytes and back: personal fields sealed per person, a salt for the commitment of the whole."""

from __future__ import annotations

import base64
import functools
import operator
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from eventsourcing.persistence import (
    DatetimeAsISO,
    DecimalAsStr,
    JSONTranscoder,
    Mapper,
    StoredEvent,
    Transcoder,
    UUIDAsHex,
)
from eventsourcing.utils import get_topic, resolve_topic
from proof.canonical import canonical
from proof.entry import SALT_SIZE, instant
from typing_extensions import override

from eventstore.personal import personal_fields
from eventstore.upcasts import current_version, upcast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eventsourcing.domain import DomainEventProtocol

    from eventstore.keys import SubjectKeys

# Stands in the entry itself, so the commitment to the payload need not repeat it.
NOT_IN_PAYLOAD = frozenset({"originator_id", "originator_version", "timestamp", "originator_topic"})
SALT = "salt"


class SealedEvent:
    """A stored event with the opening of its commitment: the canonical payload and the salt."""

    __slots__ = ("payload", "salt", "stored")

    def __init__(self, stored: StoredEvent, payload: bytes, salt: bytes) -> None:
        self.stored = stored
        self.payload = payload
        self.salt = salt


class SealingMapper(Mapper[UUID]):
    """State = {"data": plain fields, "personal": {field: [subject, box]}, "salt": [[subject, box] …] or text}.

    The salt of an event without personal field is stored in clear. Otherwise each subject has a share of it, sealed
    like a field, and the salt is the exclusive-or of the shares: destroying any one key makes the commitment
    unlinkable.
    """

    def __init__(self, service: str, transcoder: Transcoder, keys: SubjectKeys) -> None:
        super().__init__(transcoder)
        self._service = service
        self._keys = keys

    def seal(self, event: DomainEventProtocol[UUID]) -> SealedEvent:
        """Encrypt and encode. Raises SubjectErased if the event speaks of an erased person."""
        fields = dict(vars(event))
        payload = canonical_payload(get_topic(type(event)), fields)
        originator_id: UUID = fields.pop("originator_id")
        version: int = fields.pop("originator_version")
        topic = get_topic(type(event))
        label = _label(self._service, originator_id, version, topic)
        state: dict[str, Any] = {}
        shares: dict[UUID, bytes] = {}
        personal: dict[str, list[str] | None] = {}
        for name, of in personal_fields(type(event)).items():
            value = fields.pop(name)
            if value is None:
                personal[name] = None
                continue
            subject = cast("UUID", getattr(event, of))
            shares.setdefault(subject, os.urandom(SALT_SIZE))
            personal[name] = self._box(subject, self.transcoder.encode(value), label(name))
        salt = functools.reduce(_xor, shares.values()) if shares else os.urandom(SALT_SIZE)
        state["data"] = fields
        if personal:
            state["personal"] = personal
        if shares:
            state[SALT] = [self._box(subject, share, label(SALT)) for subject, share in shares.items()]
        else:
            state[SALT] = base64.b64encode(salt).decode()
        if current_version(type(event)) > 1:
            state["class_version"] = current_version(type(event))
        return SealedEvent(StoredEvent(originator_id, version, topic, self.transcoder.encode(state)), payload, salt)

    @override
    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        return self.seal(domain_event).stored

    @override
    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        cls = resolve_topic(stored_event.topic)
        state = self.transcoder.decode(stored_event.state)
        label = self._label(stored_event)
        fields: dict[str, Any] = state["data"]
        for name, box in state.get("personal", {}).items():
            opened = box and self._open(box, label(name))
            fields[name] = opened and self.transcoder.decode(opened)
        fields["originator_id"] = _uuid(stored_event.originator_id)
        fields["originator_version"] = stored_event.originator_version
        upcast(cls, fields, state.get("class_version", 1))
        for name in personal_fields(cls):
            fields.setdefault(name, None)
        event = object.__new__(cls)
        object.__setattr__(event, "__dict__", fields)
        return cast("DomainEventProtocol[UUID]", event)

    def plain(self, stored: StoredEvent) -> tuple[dict[str, Any], int]:
        """Read the fields that are not personal, upcast, without any key; and the stored class version."""
        cls = resolve_topic(stored.topic)
        state = self.transcoder.decode(stored.state)
        version = state.get("class_version", 1)
        fields: dict[str, Any] = state["data"]
        upcast(cls, fields, version)
        hidden = personal_fields(cls)
        return {name: value for name, value in fields.items() if name not in hidden}, version

    def opening(self, stored: StoredEvent) -> tuple[bytes, bytes] | None:
        """Recompute (canonical payload, salt) of a stored event; None once a person it speaks of was erased."""
        state = self.transcoder.decode(stored.state)
        fields = self._fields(stored, state)
        salt = self._salt(state[SALT], self._label(stored)(SALT))
        return None if fields is None or salt is None else (canonical_payload(stored.topic, fields), salt)

    def upcast(self, stored: StoredEvent) -> bytes | None:
        """Return the canonical payload as the code of today reads it.

        None if the event was stored under the version of today, and once a person it speaks of was erased.
        """
        state, kind = self.transcoder.decode(stored.state), resolve_topic(stored.topic)
        version = state.get("class_version", 1)
        fields = self._fields(stored, state) if version < current_version(kind) else None
        if fields is None:
            return None
        place = {"originator_id": _uuid(stored.originator_id), "originator_version": stored.originator_version}
        lifted = fields | place
        upcast(kind, lifted, version)
        return canonical_payload(stored.topic, lifted)

    def _fields(self, stored: StoredEvent, state: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the fields as they were stored, opened; None if one of them cannot be opened any more."""
        label, fields = self._label(stored), dict[str, Any](state["data"])
        for name, box in state.get("personal", {}).items():
            opened = box and self._open(box, label(name))
            if box and opened is None:
                return None
            fields[name] = opened and self.transcoder.decode(opened)
        return fields

    def _label(self, stored: StoredEvent) -> Callable[[str], bytes]:
        return _label(self._service, _uuid(stored.originator_id), stored.originator_version, stored.topic)

    def _salt(self, stored: str | list[list[str]], label: bytes) -> bytes | None:
        if isinstance(stored, str):
            return base64.b64decode(stored)
        shares = [self._open(box, label) for box in stored]
        found = [share for share in shares if share is not None]
        return functools.reduce(_xor, found) if len(found) == len(shares) else None

    def _box(self, subject: UUID, plaintext: bytes, label: bytes) -> list[str]:
        return [str(subject), base64.b64encode(self._keys.seal(subject, plaintext, label)).decode()]

    def _open(self, box: list[str], label: bytes) -> bytes | None:
        subject, sealed = box
        return self._keys.open(UUID(subject), base64.b64decode(sealed), label)


def json_transcoder() -> JSONTranscoder:
    """Return what writes the fields of events as JSON and reads them back."""
    transcoder = JSONTranscoder()
    transcoder.register(UUIDAsHex())
    transcoder.register(DecimalAsStr())
    transcoder.register(DatetimeAsISO())
    return transcoder


def canonical_payload(topic: str, fields: dict[str, Any]) -> bytes:
    """Encode what an event says, in clear, as RFC 8785 JSON: what `payload_c` commits to."""
    data = {name: plain_value(value) for name, value in fields.items() if name not in NOT_IN_PAYLOAD}
    return canonical({"type": topic, "data": data})


def plain_value(value: Any) -> Any:
    """Return what an event holds as JSON values. Raises TypeError for a kind that has no form here."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return instant(value.astimezone(UTC))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    message = f"an event field cannot hold {type(value).__name__}"
    raise TypeError(message)


def _label(service: str, originator_id: UUID, version: int, topic: str) -> Callable[[str], bytes]:
    """Bind a box to its place: service, aggregate, version, event and field."""
    prefix = f"{service}|{originator_id}|{version}|{topic}|"
    return lambda field: (prefix + field).encode()


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(map(operator.xor, left, right))
