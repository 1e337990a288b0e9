"""Erasure records: one for each erased person, once every service that knew them has said that its key is gone.

Who was erased and why is on the bus beside the entry, which only commits to it; so it is kept here until then.
"""

from uuid import UUID

from contracts import Envelope
from proof.entry import Entry

from journal.log.appender import Appender
from journal.log.records import Draft, record

ERASED = "identity.person-erased"
DESTROYED = "person-keys-destroyed"
SERVICES = ("dossier", "identity", "lre-gateway", "messaging", "vault")  # who holds keys of persons


def note_erasure(appender: Appender, entry: Entry, message: Envelope) -> None:
    """Keep what an event says of an erasure, and record the erasure if it is the last word that was missing.

    The same event may come again: nothing is kept or recorded twice.
    """
    if entry.type == ERASED:
        person, basis = UUID(message.data["person_id"]), str(message.data["basis"])
        appender.connection.execute(
            "INSERT INTO journal.erasure VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (person, basis, entry.office, entry.actor, entry.actor_kind),
        )
    elif entry.type == f"{entry.svc}.{DESTROYED}":
        person, keys = UUID(message.data["person_id"]), int(message.data["keys"])
        appender.connection.execute(
            "INSERT INTO journal.keys_destroyed VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (person, entry.svc, keys),
        )
    else:
        return
    _record_if_whole(appender, person)


def _record_if_whole(appender: Appender, person: UUID) -> None:
    rows = appender.connection.execute(
        "SELECT svc, keys FROM journal.keys_destroyed WHERE person = %s", (person,)
    ).fetchall()
    destroyed = {row["svc"]: row["keys"] for row in rows}
    if not destroyed.keys() >= set(SERVICES):
        return
    asked = appender.connection.execute(
        "SELECT basis, office, actor, actor_kind FROM journal.erasure WHERE person = %s", (person,)
    ).fetchone()
    if asked is None or _recorded(appender, person):
        return
    body = {
        "person": str(person),
        "basis": asked["basis"],
        "services": sorted(destroyed),
        "keys": sum(destroyed.values()),
    }
    record(appender, [Draft("erasure", body, asked["office"], None, asked["actor"], asked["actor_kind"])])


def _recorded(appender: Appender, person: UUID) -> bool:
    appender.flush()
    found = appender.connection.execute(
        "SELECT 1 FROM journal.entry WHERE kind = 'erasure'"
        " AND convert_from(entry, 'UTF8')::json -> 'body' ->> 'person' = %s",
        (str(person),),
    ).fetchone()
    return found is not None
