"""The database of a service on a disk that is full, while every other database has room: two real ways to have that.

`of_its_own` puts the database on a small file system, which takes the right to mount one. `that_may_not_grow` needs no
right: the server's processes may make no file longer than the table that every write adds to.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]  # psutil ships no types
from launcher.state import State
from psycopg import sql

from testkit.stack import Platform

ROOM = 32 * 1024 * 1024  # bytes of the small file system beside the database, which are filled afterwards
SEGMENT = 16 * 1024 * 1024  # bytes of a file of PostgreSQL's log, which must always have room
CHUNKS = (1024 * 1024, 4096)  # bytes written at once to fill what is left
_ROWS = """SELECT {} FROM generate_series(1, %s) AS number"""
_ROW = 1900  # bytes, and a little more: four rows fill a page, and are short enough to be stored as they are
_GROWING = {
    "dossier": (
        "ledger.stored_events",
        "gen_random_uuid(), 1, 'padding', decode(repeat('00', 1900), 'hex'), 1000000000 + number, ''",
    ),
    "journal": ("journal.node", "64, number, decode(repeat('00', 1988), 'hex')"),
}
"""Service → a table that every write adds to, and the columns of rows that leave no room for another in their page."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a database is: full from `fill` to `free`."""

    fill: Callable[[], None]
    free: Callable[[], None]


Way = Callable[[Platform, str], AbstractContextManager[Disk]]


def may_mount() -> bool:
    """Tell whether this process may mount a file system."""
    if shutil.which("mount") is None:
        return False
    with TemporaryDirectory() as folder:
        if _mount(Path(folder), "size=4096").returncode:
            return False
        _run("umount", folder).check_returncode()
    return True


@contextmanager
def of_its_own(platform: Platform, service: str) -> Iterator[Disk]:
    """Put the database of a service on a small file system for the block, and back afterwards."""
    folder, owner = platform.folder.parent / f"disk-{service}", (platform.folder / "postgres" / "cluster").stat()
    folder.mkdir(exist_ok=True)
    with platform.database(service) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    size = ROOM + (int(row[0]) if row else 0)
    _mount(folder, f"size={size},mode=0700,uid={owner.st_uid},gid={owner.st_gid}").check_returncode()
    place, ballast = folder / "database", folder / "ballast"
    try:
        place.mkdir(mode=0o700)
        os.chown(place, owner.st_uid, owner.st_gid)
        with platform.server() as server:
            server.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(place))))
        platform.move_database(service, "small")
        try:
            yield Disk(lambda: _fill(ballast), lambda: ballast.unlink(missing_ok=True))
        finally:
            ballast.unlink(missing_ok=True)
            platform.move_database(service, "pg_default")
            with platform.server() as server:
                server.execute("DROP TABLESPACE small")
    finally:
        _run("umount", "--lazy", str(folder)).check_returncode()


@contextmanager
def that_may_not_grow(platform: Platform, service: str) -> Iterator[Disk]:
    """Make the table that a service's writes add to as long as the server's processes may make a file."""
    table, columns = _GROWING[service]

    def fill() -> None:
        with platform.database(service) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)".encode())
            with connection.transaction(force_rollback=True):
                connection.execute(f"INSERT INTO {table} {_ROWS.format(columns)}".encode(), [SEGMENT // _ROW])
            row = connection.execute("SELECT pg_relation_size(%s)", [table]).fetchone()
        _limit(platform, int(row[0]) if row else SEGMENT)

    try:
        yield Disk(fill, lambda: _limit(platform))
    finally:
        _limit(platform)
        with platform.database(service) as connection:
            connection.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)".encode())
            connection.execute(f"VACUUM {table}".encode())


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for amount in CHUNKS:
            with suppress(OSError):  # no space left
                while file.write(bytes(amount)) == amount:
                    pass


def _limit(platform: Platform, longest: int | None = None) -> None:
    """Let the server's processes, and those they start, make files of so many bytes; as long as they like by default.

    Its own account may do that, and root may not everywhere.
    """
    server = psutil.Process(State.load(platform.folder).processes["postgres"].pid)
    account = server.uids().real, server.gids().real
    user, group = account if os.geteuid() == 0 else (None, None)
    for process in (server, *server.children(recursive=True)):
        words = ["prlimit", f"--pid={process.pid}", f"--fsize={longest or 'unlimited'}:unlimited"]
        done = subprocess.run(  # noqa: S603 - our own words
            words, capture_output=True, check=False, user=user, group=group, extra_groups=[] if user else None
        )
        if process.is_running():
            done.check_returncode()


def _mount(folder: Path, options: str) -> subprocess.CompletedProcess[bytes]:
    return _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))


def _run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - our own words
