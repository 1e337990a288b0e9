"""Heads: how far an office had come in every service, said under the writer's lock, so that it is true at its place.

Whoever holds what was shown of an office or a dossier then sees what was cut off at the end.
"""

from uuid import UUID

from proof.entry import encoded

from journal.log.appender import Appender
from journal.log.leaf import Leaf
from journal.log.records import Draft, record
from journal.log.scope import digest_of

DAILY, EXPORT, CLOSING = "daily", "export", "closing"


def append_head(appender: Appender, reason: str, office: UUID, dossier: UUID | None = None) -> Leaf:
    """Say how far `office` has come, and with a dossier what it consists of."""
    appender.flush()
    rows = appender.connection.execute(
        "SELECT svc, office_seq, entry_hash FROM journal.office_head WHERE office = %s", (office,)
    ).fetchall()
    heads = [{"hash": encoded(row["entry_hash"]), "seq": row["office_seq"], "svc": row["svc"]} for row in rows]
    heads.sort(key=lambda head: str(head["svc"]))  # here, as the database's order of texts may be another
    amount, digest = digest_of(appender.connection, "dossier", str(dossier)) if dossier else (None, None)
    body = {"reason": reason, "heads": heads, "entries": amount, "digest": digest}
    return record(appender, [Draft("head", body, office, dossier)])[0]
