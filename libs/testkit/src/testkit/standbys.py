"""A PostgreSQL server and two standbys, one of which must have each commit before anybody is told of it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from launcher.accounts import Account
from launcher.components.postgres import SUPERUSER, Postgres
from launcher.files import write_private
from launcher.journey.world import until
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import Running, bare_environment
from launcher.programs import postgres_program
from psycopg import sql

from testkit.fault_proxy import Link, Network

NAMES = ("standby_1", "standby_2")
QUORUM = f"ANY 1 ({', '.join(NAMES)})"


@dataclass
class Standby(Postgres):
    """A server that repeats what another one does."""

    of: Postgres | None = None

    def follow(self, primary: Postgres) -> None:
        """Repeat what `primary` does from now on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            told = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(sql.Literal(self._told(primary)))
            connection.execute(told)
            connection.execute("SELECT pg_reload_conf()")

    def _told(self, primary: Postgres) -> str:
        password = primary.url.partition("@")[0].rpartition(":")[2]
        words = {"host": LOOPBACK, "port": primary.port, "user": SUPERUSER, "password": password}
        return " ".join(f"{name}={value}" for name, value in (words | {"application_name": self.name}).items())

    def _create(self, account: Account | None) -> None:
        """Copy the files of the other server, once."""
        created = self.folder / "created"
        if created.exists() or self.of is None:
            return
        cluster = self.folder / "cluster"
        if account:
            account.own(cluster)
        words = ["pg_basebackup", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]
        program = str(postgres_program(words[0]))
        command = [*(account.prefix if account else []), program, *words[1:], "--pgdata", str(cluster)]
        plain = account if account and not account.prefix else None
        subprocess.run(  # noqa: S603 - our own words
            [*command, "--dbname", self._told(self.of)],
            check=True,
            capture_output=True,
            env=bare_environment(),
            cwd=self.folder,
            user=plain.uid if plain else None,
            group=plain.gid if plain else None,
            extra_groups=[] if plain else None,
        )
        cluster.chmod(0o700)
        write_private(created, "")


@dataclass
class Group:
    """Three servers, one of which may write, found at one address."""

    primary: Postgres
    standbys: dict[str, Standby]
    link: Link
    processes: dict[str, Running] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """Return the address of a database, wherever it is."""
        return self.primary.database_url(database).replace(f":{self.primary.port}/", f":{self.link.port}/")

    def start(self, server: Postgres) -> None:
        """Start a server, and wait until it answers."""
        process = server.start()
        self.processes[server.name] = process
        process.wait_until(server.ready, server.ready_seconds)

    def kill(self, server: Postgres) -> None:
        """Kill a server with SIGKILL; its processes end at once."""
        process = self.processes.pop(server.name)
        process.popen.kill()
        process.popen.wait()
        until(lambda: not server.ready(), f"{server.name} to be gone")

    def stop(self) -> None:
        """Stop whatever runs."""
        for process in self.processes.values():
            process.stop()

    def destroy_primary(self) -> None:
        """Kill the server that writes, and throw its files away."""
        self.kill(self.primary)
        shutil.rmtree(self.primary.folder, ignore_errors=True)

    def fail_over(self) -> None:
        """Let the standby that has most write from now on, and the other one follow it."""
        best = max(self.standbys.values(), key=lambda one: int(asked(one, "SELECT pg_last_wal_receive_lsn() - '0/0'")))
        del self.standbys[best.name]
        asked(best, "SELECT pg_promote()")
        for other in self.standbys.values():
            other.follow(best)
        self.link.lead_to(best.port)
        self.link.cut()

    def waiting(self) -> int:
        """Return how many commits wait for a standby."""
        return int(asked(self.primary, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))


def asked(server: Postgres, query: str, database: str = "postgres") -> Any:
    """Return what a server answers to a query for one value."""
    with psycopg.connect(server.database_url(database), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


@contextmanager
def group(folder: Path) -> Iterator[Group]:
    """Run a server that waits for one of its two standbys at each commit."""
    ports = free_ports(3)
    primary = Postgres(folder / "primary", ports[0], folder / "primary.log", tied=True, name="primary")
    with Network() as network, ExitStack() as stopping:
        made = Group(primary, {}, network.link("database", ports[0]))
        stopping.callback(made.stop)
        made.start(primary)
        for name, port in zip(NAMES, ports[1:], strict=True):
            standby = Standby(folder / name, port, folder / f"{name}.log", tied=True, name=name, of=primary)
            standby.folder.mkdir()
            write_private(standby.folder / "password", (primary.folder / "password").read_text())
            made.standbys[name] = standby
            made.start(standby)
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(sql.Literal(QUORUM)))
            connection.execute("SELECT pg_reload_conf()")
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
        until(lambda: asked(primary, query) == len(NAMES), "both standbys to count")
        yield made
