"""Events, proof entry, read model and idempotency key in one PostgreSQL transaction."""

from eventstore.errors import (
    AWAY,
    AlreadyDone,
    AlreadyReceived,
    Changed,
    Missing,
    StoreRefusal,
    SubjectErased,
    UniqueViolation,
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
from eventstore.store import Store

__all__ = [
    "AWAY",
    "LEDGER",
    "AlreadyDone",
    "AlreadyReceived",
    "Changed",
    "DocFact",
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
    "Store",
    "StoreRefusal",
    "SubjectErased",
    "UniqueViolation",
    "UnsafeConfiguration",
    "create_read_model",
    "leadership",
    "migrate",
    "rebuild",
]
