"""Counts for operators: what waits for a scanner, and what lies in the bucket without a key."""

from collections.abc import Mapping

from eventstore import Store

from vault.application.ports import ObjectStore


def unscanned(store: Store) -> Mapping[str, int]:
    """Count the documents that nobody can open yet: `waiting` for a scanner, and `given-up` (tried once a day)."""
    query = (
        "SELECT count(*) FILTER (WHERE scan IS NULL) AS waiting, count(*) FILTER (WHERE scan IS NOT NULL) AS given"
        " FROM read.document WHERE scan IS NULL OR scan = 'not-scanned'"
    )
    with store.connection() as connection:
        row = connection.execute(query).fetchone()
    return {"waiting": row["waiting"], "given-up": row["given"]} if row else {"waiting": 0, "given-up": 0}


def open_uploads(store: Store) -> int:
    """Count the uploads that are under way."""
    query = "SELECT count(*) AS open FROM vault.upload WHERE expires_at > clock_timestamp()"
    with store.connection() as connection:
        row = connection.execute(query).fetchone()
    return int(row["open"]) if row else 0


def orphan_objects(store: Store, objects: ObjectStore) -> int:
    """Count the objects for which there is no key; it lists the whole bucket, so ask once an hour, not more.

    Names are listed before the keys: an object of a deposit that has just begun has a key by then.
    """
    folders: dict[str, int] = {}
    for name in objects.names(""):
        folder = name.partition("/")[0]
        folders[folder] = folders.get(folder, 0) + 1
    with store.connection() as connection:
        held = connection.execute(
            "SELECT object_key FROM vault.data_key WHERE object_key = ANY (%s)", (list(folders),)
        ).fetchall()
    known = {row["object_key"] for row in held}
    return sum(count for folder, count in folders.items() if folder not in known)
