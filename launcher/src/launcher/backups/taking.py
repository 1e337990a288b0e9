"""Taking a backup of a stack that runs, and goes on."""

import argparse
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, run
from typing import Any
from urllib.parse import unquote, urlsplit

from launcher.backups import manifest, objects
from launcher.blueprint import BUCKET, Blueprint
from launcher.commands import print_json, say
from launcher.errors import StackError
from launcher.processes import bare_environment
from launcher.programs import postgres_program
from launcher.state import State

FOLDERS = ("secrets", "witnesses", "tsa", "idnot", "sandbox-ar24")
"""Of the data folder: keys, and what the stand-ins of the outside world remember. Databases in them are SQLite's."""
FILES = ("postgres/password", "s3/keys.json")
DATABASES = (".db", ".sqlite", ".sqlite3")
BESIDE_DATABASES = tuple(f"{ending}{more}" for ending in DATABASES for more in ("-wal", "-shm", "-journal"))


def backup(options: argparse.Namespace) -> int:
    """Copy everything of the stack that runs on the data folder into a new folder."""
    began = time.monotonic()
    state = State.load(options.data.resolve())
    if not state.running():
        raise StackError(f"nothing runs on {options.data}; start it with scelle up")
    target: Path = options.folder.resolve()
    if target.exists() and any(target.iterdir()):
        raise StackError(f"{target} is not empty; name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o700)
    state.checked.update(state.ports)  # in use, by the right processes
    taken = _taken(Blueprint(state, os.environ), target)
    taken |= {"folder": str(target), "seconds": round(time.monotonic() - began, 1)}
    if options.json:
        print_json(taken)
    else:
        say(f"{taken['bytes'] / 1e6:.1f} MB, {taken['objects']} objects, in {taken['seconds']} s: {target}")
        say("it holds keys and, under them, people's documents: keep it as you keep the keys")
    return 0


def _taken(blueprint: Blueprint, target: Path) -> dict[str, Any]:
    taken_at = datetime.now(UTC)
    client = blueprint.s3_access().client()
    published = [name for name in objects.buckets(client) if name != BUCKET]
    count = sum(_bucket(client, name, target) for name in published)
    for name in FOLDERS:
        copy_tree(blueprint.folder / name, target / "data" / name)
    for name in FILES:
        (target / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        if (blueprint.folder / name).exists():  # a server that exists elsewhere keeps its own
            shutil.copy2(blueprint.folder / name, target / "data" / name)
    _databases(blueprint, target / "postgres")
    if BUCKET in objects.buckets(client):
        count += _bucket(client, BUCKET, target)
    return {"taken_at": taken_at.isoformat(), "objects": count, "bytes": manifest.write(target, taken_at)}


def _bucket(client: Any, name: str, target: Path) -> int:
    return objects.copy_out(client, name, target / "objects" / name, progress(f"objects of {name}"))


def _databases(blueprint: Blueprint, target: Path) -> None:
    """Copy the whole server at one instant, with the log that makes the copy consistent."""
    say("databases")
    server = urlsplit(blueprint.postgres_url())
    address = server._replace(netloc=f"{server.username}@{server.hostname}:{server.port}").geturl()
    command: list[str | Path] = [
        postgres_program("pg_basebackup"),
        *("--dbname", address, "--pgdata", target, "--no-password"),
        *("--format=tar", "--gzip", "--wal-method=fetch", "--checkpoint=fast"),
    ]
    environment = bare_environment() | {"PGPASSWORD": unquote(server.password or "")}
    done = run(command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise StackError(f"pg_basebackup failed: {done.stdout.decode(errors='replace')[-800:]}")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, if there is one; a SQLite database as it is at one instant, whoever writes to it."""
    if not source.is_dir():
        return
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif path.is_file() and not path.name.endswith(BESIDE_DATABASES):
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in DATABASES:
                with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as still:
                    live.backup(still)
            else:
                shutil.copy2(path, copy)


def progress(what: str) -> Callable[[int], None]:
    """Return what tells of a count as it grows: on one line where somebody watches, else now and then."""

    def told(count: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rscelle: {what}: {count}")
            sys.stderr.flush()
        elif count % 1000 == 0:
            say(f"{what}: {count}")

    return told
