"""Events, proof entry, read model and idempotency key in one PostgreSQL transaction."""

from eventstore.comparing import Drift, compare
from eventstore.errors import (
    AWAY,
    AlreadyDone,
    AlreadyReceived,
    Changed,
    KeyServiceAway,
    LaterRelease,
    Missing,
    StoreRefusal,
    SubjectErased,
    UniqueViolation,
    Unreadable,
    UnsafeConfiguration,
    WrongMasterKey,
)
from eventstore.facts import DocFact, Facts, Origin, Position, Recorded
from eventstore.inbox import Inbox
from eventstore.key_ring import FileKeyService, KeyRing
from eventstore.key_service import KeyService, Wrapped, open_key_service, storing
from eventstore.leadership import leadership
from eventstore.migration import LEDGER, create_read_model, migrate
from eventstore.parking import Parked
from eventstore.personal import Personal
from eventstore.projection import Projection, Rows
from eventstore.rebuilding import rebuild
from eventstore.retrying import ATTEMPTS, retried
from eventstore.rewrapping import KeyTable, keys_command
from eventstore.state import StateAt
from eventstore.store import Store
from eventstore.upcasts import Code

__all__ = [
    "ATTEMPTS",
    "AWAY",
    "LEDGER",
    "AlreadyDone",
    "AlreadyReceived",
    "Changed",
    "Code",
    "DocFact",
    "Drift",
    "Facts",
    "FileKeyService",
    "Inbox",
    "KeyRing",
    "KeyService",
    "KeyServiceAway",
    "KeyTable",
    "LaterRelease",
    "Missing",
    "Origin",
    "Parked",
    "Personal",
    "Position",
    "Projection",
    "Recorded",
    "Rows",
    "StateAt",
    "Store",
    "StoreRefusal",
    "SubjectErased",
    "UniqueViolation",
    "Unreadable",
    "UnsafeConfiguration",
    "Wrapped",
    "WrongMasterKey",
    "compare",
    "create_read_model",
    "keys_command",
    "leadership",
    "migrate",
    "open_key_service",
    "rebuild",
    "retried",
    "storing",
]
