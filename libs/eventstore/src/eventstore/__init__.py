"""Events, proof entry, read model and idempotency key in one PostgreSQL transaction."""

from eventstore.comparing import Drift, compare
from eventstore.errors import (
    AWAY,
    AlreadyDone,
    AlreadyReceived,
    Changed,
    Missing,
    StoreRefusal,
    SubjectErased,
    UniqueViolation,
    Unreadable,
    UnsafeConfiguration,
)
from eventstore.facts import DocFact, Facts, Origin, Position, Recorded
from eventstore.inbox import Inbox
from eventstore.keys import FileKeyService, KeyService
from eventstore.leadership import leadership
from eventstore.migration import LEDGER, create_read_model, migrate
from eventstore.parking import Parked
from eventstore.personal import Personal
from eventstore.projection import Projection, Rows
from eventstore.rebuilding import rebuild
from eventstore.state import StateAt
from eventstore.store import Store
from eventstore.upcasts import Code

__all__ = [
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
    "KeyService",
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
    "compare",
    "create_read_model",
    "leadership",
    "migrate",
    "rebuild",
]
