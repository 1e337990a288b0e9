"""Key records: which keys the log signs with, said in the log itself."""

import json
import sys
from collections.abc import Sequence

from proof.cosignature import Cosigner, read_key
from proof.note import Key, Note
from proof.signing import signers

from journal.log.appender import Appender
from journal.log.database import Database, Rows
from journal.log.leaf import Leaf
from journal.log.records import Draft, Records, record
from journal.log.signer import LogSigner


def logged_keys(connection: Rows) -> list[Key | Cosigner]:
    """Return every key that a key record ever named."""
    return [read_key(vkey) for body in _bodies(connection) for vkey in body["vkeys"]]


def announced_keys(connection: Rows) -> list[Key | Cosigner]:
    """Return every key that was named below the last signed state: whoever trusted the keys before knows of it."""
    row = connection.execute(
        "SELECT coalesce(max(size), 0) AS size FROM journal.checkpoint WHERE note IS NOT NULL"
    ).fetchone()
    return [read_key(vkey) for body in _bodies(connection, row["size"] if row else 0) for vkey in body["vkeys"]]


def keys_command(database: Database, signer: LogSigner) -> int:
    """Print, as one line of JSON, which keys the log holds, and which of its keys signed the last state."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT size, note FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
        ).fetchone()
        announced = announced_keys(connection)
    signed = signers(Note.parse(bytes(row["note"])), {*signer.known, *announced}) if row else []
    said = {
        "held": [key.vkey for key in signer.keys],
        "former": [key.vkey for key in signer.known if key not in signer.keys],
        "signing": [key.vkey for key in signed],
        "size": row["size"] if row else 0,
    }
    sys.stdout.write(json.dumps(said) + "\n")
    return 0


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


def _bodies(connection: Rows, below: int | None = None) -> list[dict[str, list[str]]]:
    rows = connection.execute(
        "SELECT entry FROM journal.entry WHERE kind = 'key' AND idx < coalesce(%s, idx + 1) ORDER BY idx", (below,)
    ).fetchall()
    return [json.loads(bytes(row["entry"]))["body"] for row in rows]
