"""The whole platform as a test sees it: ``scelle up`` in a process of its own, its databases, its processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types
import psycopg
from launcher.blueprint import SERVICES, Blueprint, database, module
from launcher.components.seaweedfs import S3Access
from launcher.journey.world import World
from launcher.parts import Module, running
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import bare_environment
from launcher.state import State
from psycopg import sql

DOWN_SECONDS = 60.0
BACK_SECONDS = 60.0


class Platform:
    """One data folder and the launcher that runs it."""

    program = "launcher"
    plan = Blueprint
    within: tuple[str, ...] = ()
    """What the launcher, and what a test carries out beside it, is put behind."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Nothing runs yet; `environment` is for the launcher, beside that of the tests."""
        self.folder = folder
        self._environment = {**os.environ, **(environment or {})}
        self.launcher: subprocess.Popen[str] | None = None
        self.summary: dict[str, Any] = {}
        self._known: Blueprint | None = None

    def up(self) -> None:
        """Start the launcher and wait until it says where everything is."""
        log = self.folder.parent / "launcher.log"
        setpriv = shutil.which("setpriv")  # a killed test run lets the launcher stop what it started
        tie = [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []
        command = [*tie, *self.within, sys.executable, "-m", self.program, "up", "--json", "--data", str(self.folder)]
        with log.open("a") as errors:
            self.launcher = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                env=self._environment,
            )
        assert self.launcher.stdout is not None  # noqa: S101 - it was asked for above
        with self.launcher.stdout as output:
            line = output.readline()
        if not line:
            raise RuntimeError(f"the platform does not start:\n{log.read_text()[-3000:]}")
        self.summary = json.loads(line)
        self._known = None

    def down(self) -> None:
        """Stop the launcher, and what it may have left."""
        if self.launcher is not None:
            self.launcher.terminate()
            self.launcher.wait(DOWN_SECONDS)
        for mark in State.load(self.folder).processes.values():
            mark.stop()

    def kill_launcher(self) -> None:
        """Kill the launcher so that it cannot stop anything."""
        if self.launcher is not None:
            self.launcher.kill()
            self.launcher.wait()

    def kill(self, name: str) -> int:
        """Kill a process with SIGKILL and return the pid that it had; the launcher starts it again."""
        pid = State.load(self.folder).processes[name].pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_until_back(self, name: str, pid: int) -> None:
        """Wait until the launcher has started a killed process again."""
        deadline = time.monotonic() + BACK_SECONDS
        while not (mark := State.load(self.folder).processes.get(name)) or mark.pid == pid or not mark.alive():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not back; see {self.folder / 'logs'}")
            time.sleep(0.05)

    @property
    def policy(self) -> Path:
        """Return the file that says whom a verifier trusts."""
        return Path(self.summary["policy"])

    def world(self) -> World:
        """Return the platform as its users reach it."""
        return World.of(self.summary)

    def database(self, service: str) -> psycopg.Connection[Any]:
        """Connect to a service's database as the superuser, as an insider could."""
        url = self._blueprint().postgres.database_url(database(service))
        return psycopg.connect(url, autocommit=True)

    def server(self) -> psycopg.Connection[Any]:
        """Connect to the PostgreSQL server beside every database, as its superuser."""
        return psycopg.connect(self._blueprint().postgres.url, autocommit=True)

    def copy_database(self, service: str, name: str) -> None:
        """Copy a service's database under another name, as a backup does; its sessions are ended."""
        with self._alone(service) as (connection, source):
            made = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
            connection.execute(made.format(sql.Identifier(name), source, source))

    def restore_database(self, service: str, name: str) -> None:
        """Put a copy in the place of a service's database, as an operator does: nothing of the service runs then."""
        with self._alone(service) as (connection, source):
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(source))
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), source))
            pid = self.kill(service)
            self.wait_until_back(service, pid)

    def move_database(self, service: str, tablespace: str) -> None:
        """Put the files of a service's database elsewhere; its sessions are ended."""
        with self._alone(service) as (connection, source):
            moved = sql.SQL("ALTER DATABASE {} SET TABLESPACE {}")
            connection.execute(moved.format(source, sql.Identifier(tablespace)))

    @contextmanager
    def _alone(self, service: str) -> Iterator[tuple[psycopg.Connection[Any], sql.Identifier]]:
        """Lend the server while nobody but superusers can connect to a service's database."""
        name = database(service)
        with self.server() as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield connection, sql.Identifier(name)
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))

    @property
    def nats_url(self) -> str:
        """Return the address of the bus."""
        return self._blueprint().nats_url()

    def s3(self) -> S3Access:
        """Return the way into the object store."""
        return self._blueprint().s3_access()

    def run(self, service: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Carry out a verb of a service as its operator does, in its environment."""
        command = [*self.within, sys.executable, "-m", service, *words]
        environment = bare_environment() | dict(self._blueprint().service(service).environment)
        return subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, text=True, check=False, env=environment, cwd=self.folder
        )

    @contextmanager
    def second(self, service: str, environment: Mapping[str, str] | None = None) -> Iterator[Module]:
        """Run one more process of a service on the same database, with more variables in its environment if given."""
        part = self.part(service)
        port = free_ports(1)[0]
        own = {f"{module(service).upper()}_HTTP_PORT": str(port)}
        part.environment = {**part.environment, **own, **(environment or {})}
        part.name, part.port, part.log = f"second-{service}", port, part.log.with_name(f"second-{service}.log")
        with running(part):
            yield part

    def part(self, service: str) -> Module:
        """Return how a service's process is started."""
        return self._blueprint().service(service)

    def key_file(self, service: str) -> Path:
        """Return the file of the key that a service signs with; `log` is the journal's log."""
        return self._blueprint().secrets.signing_key(service)

    def mldsa_key_file(self, name: str) -> Path:
        """Return the file of a second key, for a time when the first can be forged."""
        return self._blueprint().secrets.mldsa_key(name)

    @property
    def authority(self) -> str:
        """Return the address of the time-stamping authority."""
        return f"http://{LOOPBACK}:{State.load(self.folder).ports['tsa']}/"

    def heads(self) -> dict[str, int]:
        """Return the number of the last event of every service that has an event store."""
        found = {}
        for service in SERVICES:
            with self.database(service) as connection:
                if connection.execute("SELECT to_regclass('ledger.counter')").fetchone() != (None,):
                    row = connection.execute("SELECT store_seq FROM ledger.counter").fetchone()
                    found[service] = int(row[0]) if row else 0
        return found

    def parked(self) -> dict[str, int]:
        """Return how many messages wait aside because they could not be handled, for each service with some."""
        found = {}
        for service in self.heads():
            with self.database(service) as connection:
                query = "SELECT count(*) FROM ledger.parked WHERE replayed_at IS NULL"
                row = connection.execute(query).fetchone()
                if row and row[0]:
                    found[service] = int(row[0])
        return found

    def _blueprint(self) -> Blueprint:
        if self._known is None:  # the ports of a folder stay as they are
            state = State.load(self.folder)
            state.checked.update(state.ports)  # in use, and by the right processes
            self._known = self.plan(state, {})
        return self._known


def nothing_left(folder: Path) -> list[int]:
    """Return the pids of processes that name a file in this folder on their command line."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or [])
    ]
