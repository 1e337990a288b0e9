"""Verbs of whoever controls an office, and of whoever reads their own journal."""

import argparse
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from launcher.verbs import add_verb

PURPOSES = ("control", "legal-request", "data-subject-request", "incident", "own-records")
COMPARED = ("identity", "dossier", "vault", "messaging", "lre-gateway")
BASES = ("subject-request", "retention-ended", "unlawful-processing")
ACCESS = """Without --url, the platform of --data is asked, as the compliance officer of its demo office unless there is
a token. Exit codes: 0 done, nothing wrong; 1 refused, or something is not as the log says; 2 not acceptable."""
_RUN = "launcher.compliance.commands:"


def add(verbs: Any) -> None:
    """Declare them."""
    _add_timeline(verbs)
    _add_replay(verbs)
    _add_diff(verbs)
    _add_export(verbs)
    what = "have a person erased in every service, for ever (for a notary or a compliance officer)"
    erase = add_verb(verbs, "erase", what, f"{_RUN}erase")
    erase.add_argument("person", type=UUID, metavar="PERSON", help="the person's id")
    erase.add_argument("--basis", required=True, choices=BASES, help="why the person may be erased")
    _add_access(erase)


def _add_timeline(verbs: Any) -> None:
    what = "list what happened, in the order of the log, and how many numbers the filters hide"
    verb = add_verb(verbs, "timeline", what, f"{_RUN}timeline")
    _add_filters(verb)
    _add_why(verb)
    _add_access(verb)


def _add_replay(verbs: Any) -> None:
    what = "tell what a dossier, an office or anything was at a point, or whether a read model drifts"
    verb = add_verb(verbs, "replay", what, f"{_RUN}replay")
    act = verb.add_mutually_exclusive_group(required=True)
    act.add_argument("--at", metavar="POINT", help="an instant, the index of a leaf, or checkpoint:SIZE")
    act.add_argument(
        "--compare", metavar="SERVICE", choices=COMPARED, help="compare a service's read model with its events (--data)"
    )
    scope = verb.add_mutually_exclusive_group()
    scope.add_argument("--dossier", type=UUID, metavar="ID")
    scope.add_argument("--office", type=UUID, metavar="ID")
    scope.add_argument("--aggregate", metavar="SERVICE/ID", help="such as vault/7d0c5a8e-…")
    _add_why(verb)
    _add_access(verb)


def _add_diff(verbs: Any) -> None:
    what = "tell what changed in a dossier between two points, and by which event"
    verb = add_verb(verbs, "diff", what, f"{_RUN}diff")
    verb.add_argument("first", metavar="A", help="the earlier point: an instant, an index, or checkpoint:SIZE")
    verb.add_argument("second", metavar="B", help="the later point")
    verb.add_argument("--dossier", type=UUID, metavar="ID", required=True)
    _add_why(verb)
    _add_access(verb)


def _add_export(verbs: Any) -> None:
    what = "write a table, lines of JSON, a report to print, or a bundle that anyone can verify"
    verb = add_verb(verbs, "export", what, f"{_RUN}export")
    form = verb.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", action="store_true", help="a table for a spreadsheet")
    form.add_argument("--jsonl", action="store_true", help="exact entries and payloads, one JSON object a line")
    form.add_argument("--pdf", action="store_true", help="a report of a dossier with its bundle inside")
    form.add_argument("--bundle", action="store_true", help="a proof bundle (.lcp) of a dossier, document or office")
    verb.add_argument("--output", type=Path, metavar="FILE", help="default: named after what is exported")
    _add_filters(verb)
    _add_why(verb)
    _add_access(verb)


def _add_filters(verb: argparse.ArgumentParser) -> None:
    filters = verb.add_argument_group("filters")
    filters.add_argument("--mine", action="store_true", help="a client's own journal, in every office")
    filters.add_argument("--office", type=UUID, metavar="ID", help="default: the office that is controlled")
    filters.add_argument("--dossier", type=UUID, metavar="ID")
    filters.add_argument("--person", type=UUID, metavar="ID", help="whoever acted, or whom the event is about")
    filters.add_argument("--document", type=UUID, metavar="ID", help="a document version")
    filters.add_argument("--letter", type=UUID, metavar="ID", help="a letter, with its files in the vault")
    filters.add_argument("--actor", type=UUID, metavar="ID", help="whoever acted")
    filters.add_argument("--type", action="append", metavar="TYPE", help="such as vault.document-read; may be repeated")
    filters.add_argument("--from", dest="since", metavar="INSTANT", help="recorded at or after")
    filters.add_argument("--to", dest="until", metavar="INSTANT", help="recorded before")


def _add_why(verb: argparse.ArgumentParser) -> None:
    why = verb.add_argument_group("why, which the journal keeps")
    why.add_argument("--purpose", choices=PURPOSES, help="required of the compliance role")
    why.add_argument("--reference", metavar="TEXT", help="the number of the case")


def _add_access(verb: argparse.ArgumentParser) -> None:
    verb.epilog = ACCESS
    add_gateway(verb)
    verb.add_argument("--lang", choices=("fr", "en"), default="fr")


def add_gateway(verb: argparse.ArgumentParser) -> None:
    """Declare which platform is asked, as whom, and that the answer may be JSON."""
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--url", metavar="URL", help="the platform's gateway")
    verb.add_argument("--token-file", type=Path, metavar="FILE", help="an access token (or SCELLE_TOKEN)")
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    verb.add_argument("--json", action="store_true", help="print one JSON object")
