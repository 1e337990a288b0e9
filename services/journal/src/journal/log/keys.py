"""Key records: which keys the log has signed with, said in the log itself."""

import json
from collections.abc import Sequence

from proof.cosignature import Cosigner, read_key
from proof.note import Key

from journal.log.appender import Appender
from journal.log.database import Rows
from journal.log.leaf import Leaf
from journal.log.records import Draft, Records, record


def logged_keys(connection: Rows) -> list[Key | Cosigner]:
    """Return every key that a key record ever named."""
    return [read_key(vkey) for body in _bodies(connection) for vkey in body["vkeys"]]


def record_keys(records: Records, keys: Sequence[Key | Cosigner]) -> Leaf | None:
    """Say which keys sign from here on, unless the last key record says the same."""
    with records.writing() as appender:
        return _record(appender, [key.vkey for key in keys])


def _record(appender: Appender, vkeys: list[str]) -> Leaf | None:
    said = _bodies(appender.connection)
    before = said[-1]["vkeys"] if said else []
    if before == vkeys:
        return None
    body = {"vkeys": vkeys, "retired": [vkey for vkey in before if vkey not in vkeys]}
    return record(appender, [Draft("key", body)])[0]


def _bodies(connection: Rows) -> list[dict[str, list[str]]]:
    rows = connection.execute("SELECT entry FROM journal.entry WHERE kind = 'key' ORDER BY idx").fetchall()
    return [json.loads(bytes(row["entry"]))["body"] for row in rows]
