"""Batches: made from a list, checked, sent, followed."""

import argparse
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

from launcher.errors import StackError
from launcher.gateway import Gateway, Json, Malformed, verb
from launcher.letters.asking import LETTERS, PAGE, WRONG, asking
from launcher.letters.printing import Progress, show, word

POLL = 0.5  # seconds between two looks at a batch that is being sent
PATIENCE = 600.0  # seconds without any progress, after which nobody waits on
TABLES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@verb
def attach(options: argparse.Namespace) -> int:
    """Freeze files that letters will carry, and print the names by which a list refers to them."""
    made = []
    with asking(options) as gateway:
        for file in options.files:
            query = {"name": file.name, "sha256": _digest(file), "dossier_id": options.dossier}
            made.append(gateway.upload(f"{LETTERS}/attachments", query, file, "application/octet-stream"))
    show(options, {"items": made}, (f"{one['version_id']}  {one['sha256']}  {one['name']}" for one in made))
    return 0


@verb
def create(options: argparse.Namespace) -> int:
    """Make a batch from a list of letters; 1 if a line of it was refused."""
    media_type = TABLES.get(options.list.suffix.lower())
    if media_type is None or not options.list.is_file():
        raise Malformed(f"{options.list} is neither a CSV nor an XLSX file")
    names = ("level", "entity", "payment_method", "dossier_reference")
    query = {name: getattr(options, name) for name in names}
    query |= {"sender_id": options.sender, "dossier_id": options.dossier}
    with asking(options) as gateway:
        made = gateway.upload(f"{LETTERS}/batches/imports", query, options.list, media_type)
    lines = [
        f"lot {made['batch_id']} : {made['letters']} lettre(s), {made['recipients_added']} destinataire(s) ajouté(s)"
    ]
    lines += [f"ligne {one['row']} refusée : {one['detail']} ({one['code']})" for one in made["refused"]]
    show(options, made, lines)
    return WRONG if made["refused"] else 0


@verb
def check(options: argparse.Namespace) -> int:
    """Check every letter of a batch again; 1 if one cannot leave as it is."""
    with asking(options) as gateway:
        report = gateway.post(f"{LETTERS}/batches/{options.batch}/checks")
    line = "{asked} demandée(s), {compatible} compatible(s), {incompatible} à corriger".format(**report)
    show(options, report, [line, *(f"    {code} : {count}" for code, count in report["by_code"].items())])
    return WRONG if report["incompatible"] else 0


@verb
def errors(options: argparse.Namespace) -> int:
    """List the letters of a batch that cannot leave, with why; 1 if there are any."""
    with asking(options) as gateway:
        found = gateway.items(f"{LETTERS}/batches/{options.batch}/errors", {"limit": PAGE})
    show(options, {"items": found}, (line for one in found for line in _reasons(one)))
    return WRONG if found else 0


@verb
def send(options: argparse.Namespace) -> int:
    """Send the compatible letters of a batch, and follow them until each was handed over or waits for the code."""
    with asking(options) as gateway:
        gateway.post(f"{LETTERS}/batches/{options.batch}/submission")
        found = _followed(gateway, options)
    return _shown(options, found)


@verb
def progress(options: argparse.Namespace) -> int:
    """Say how far a batch is; with --wait, until it is finished or paused."""
    with asking(options) as gateway:
        found = _followed(gateway, options) if options.wait else _progress(gateway, options)
    return _shown(options, found)


def _followed(gateway: Gateway, options: argparse.Namespace) -> Json:
    bar, moved, last = Progress("lettres traitées"), time.monotonic(), -1
    while True:
        found = _progress(gateway, options)
        bar.show(found["done"], found["asked"])
        if found["finished"] or found["paused"]:
            return found
        if found["done"] != last:
            moved, last = time.monotonic(), found["done"]
        if time.monotonic() - moved > PATIENCE:
            raise StackError(f"nothing has moved for {PATIENCE:.0f} s; the gateway goes on by itself")
        time.sleep(POLL)


def _progress(gateway: Gateway, options: argparse.Namespace) -> Json:
    found: Json = gateway.get(f"{LETTERS}/batches/{options.batch}", {})["progress"]
    return found


def _shown(options: argparse.Namespace, found: Json) -> int:
    lines = [f"{found['done']}/{found['asked']} lettre(s) traitée(s)"]
    lines += [f"    {word(state)} : {count}" for state, count in found["by_state"].items()]
    lines += [f"en pause : {found['paused']}"] if found["paused"] else []
    show(options, found, lines)
    troubled = any(found["by_state"].get(state) for state in ("submission-unknown", "failed"))
    return WRONG if found["paused"] or troubled else 0


def _reasons(one: Json) -> Iterator[str]:
    yield f"{one['letter_id']}  {one['recipient'] or 'destinataire effacé'}"
    for problem in one["problems"]:
        yield f"    {problem['detail']} ({problem['code']}, {problem['about']} {problem['subject_id']})"


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise Malformed(f"{file} cannot be read ({error.strerror})") from None
