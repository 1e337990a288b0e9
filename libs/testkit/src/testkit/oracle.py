"""What must hold whatever happened: one history, every event in it once, signed only where it lasts, and attested."""

from launcher.journey.deposits import DOSSIERS
from launcher.journey.world import until

from testkit.insider import Insider

WORM = "scelle-journal-worm"


def one_history(auditor: Insider) -> None:
    """Check everything that a second history, a lost or a doubled leaf would break."""
    auditor.taken_in()
    with auditor.platform.database("journal") as connection:
        query = b"SELECT count(*), count(DISTINCT (svc, store_seq)), max(idx) + 1 FROM journal.entry"
        amount, distinct, end = connection.execute(query).fetchone() or (0, 0, 0)
    _equal("leaves, numbers, places", {amount}, {amount, distinct, end})
    auditor.intact()
    until(lambda: _settled(auditor), "all witnesses and the copy to have the last state")
    _equal("alarms", auditor.alarms(), [])
    _equal("what the audit finds", auditor.audited(), set())
    _equal("what the monitor finds", auditor.monitored(), [])
    kept, copied = _notes(auditor), _copied(auditor)
    _equal("signed states in the copy and not in the journal", copied.items() - kept.items(), set())
    _equal("the last signed state", max(kept), max(copied))


def opened_once(auditor: Insider, number: str, dossier: str) -> None:
    """Check that an acknowledged dossier is there once: for its office, as an event, and as a leaf."""
    path = f"{DOSSIERS}/dossiers?q={number}"
    listed = auditor.world.call("GET", path, token=auditor.journey.clerk.token).json()["items"]
    _equal("dossiers of that number", [one["id"] for one in listed], [dossier])
    query = "SELECT count(*) FROM journal.entry WHERE type = 'dossier.dossier-opened' AND dossier = %s"
    with auditor.platform.database("journal") as connection:
        row = connection.execute(query, [dossier]).fetchone()
    _equal("leaves of its opening", row, (1,))


def _equal(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {found}, not {wanted}")


def _settled(auditor: Insider) -> bool:
    status = auditor.status()
    seen = {one["size"] for one in status["witnesses"]}
    return seen == {status["sealed"]} and status["sealed"] in _copied(auditor)


def _notes(auditor: Insider) -> dict[int, bytes]:
    with auditor.platform.database("journal") as connection:
        rows = connection.execute("SELECT size, note FROM journal.checkpoint WHERE note IS NOT NULL").fetchall()
    return {size: bytes(note) for size, note in rows}


def _copied(auditor: Insider) -> dict[int, bytes]:
    """Return the signed states in the copy that nobody can change."""
    client, found = auditor.platform.s3().client(), {}
    for one in client.list_objects(bucket_name=WORM, prefix="checkpoints/"):
        with client.get_object(bucket_name=WORM, object_name=str(one.object_name)) as answer:
            found[int(str(one.object_name).partition("/")[2].partition(".")[0])] = answer.read()
    return found
