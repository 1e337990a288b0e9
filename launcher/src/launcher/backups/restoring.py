"""Having a stack again from its backup, in an empty folder."""

import argparse
import os
import shutil
import tarfile
import time
from pathlib import Path
from typing import Any

from launcher.accounts import unprivileged
from launcher.backups import manifest, objects
from launcher.backups.taking import copy_tree, progress
from launcher.blueprint import Blueprint
from launcher.commands import print_json, say
from launcher.errors import StackError
from launcher.files import write_private
from launcher.parts import running
from launcher.programs import postgres_program
from launcher.state import State, only_launcher


def restore(options: argparse.Namespace) -> int:
    """Check a backup and lay its contents into an empty data folder; nothing is left of an attempt that fails."""
    began = time.monotonic()
    source: Path = options.folder.resolve()
    data: Path = options.data.resolve()
    if data.exists() and any(data.iterdir()):
        raise StackError(f"{data} is not empty; name a new data folder with --data")
    stated = manifest.checked(source)
    say(f"the backup of {stated['taken_at']} is whole")
    made = not data.exists()
    try:
        restored = _restored(source, data)
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        if not made:
            data.mkdir()
        raise
    restored |= {"taken_at": stated["taken_at"], "seconds": round(time.monotonic() - began, 1)}
    if options.json:
        print_json(restored)
    else:
        say(f"{restored['objects']} objects and the databases are back, in {restored['seconds']} s")
        say(f"next: scelle up --data {options.data}, then scelle journal audit --data {options.data}")
    return 0


def _restored(source: Path, data: Path) -> dict[str, Any]:
    os.umask(0o077)
    with only_launcher(data):
        data.chmod(0o711)  # PostgreSQL's account passes through when the launcher is root
        copy_tree(source / "data", data)
        _databases(source / "postgres" / "base.tar.gz", data / "postgres")
        blueprint = Blueprint(State.load(data), os.environ)
        with running(blueprint.s3):
            client = blueprint.s3.access.client()
            folders = sorted((source / "objects").iterdir())
            count = sum(objects.copy_in(client, folder, progress(f"objects of {folder.name}")) for folder in folders)
            with running(blueprint.postgres):
                blueprint.service("journal").once("recover")  # refuses a log that is not the published one
        return {"data": str(data), "objects": count}


def _databases(archive: Path, folder: Path) -> None:
    """Unpack the server's files; it repairs itself from the log among them when it starts."""
    folder.chmod(0o711)
    cluster = folder / "cluster"
    account = unprivileged(postgres_program("postgres"), cluster)
    cluster.mkdir(mode=0o700)
    with tarfile.open(archive) as packed:
        packed.extractall(cluster, filter="data")
    if account:
        for path in (folder / "password", cluster, *cluster.rglob("*")):
            os.chown(path, account.uid, account.gid)
    cluster.chmod(0o700)
    write_private(folder / "created", "")
