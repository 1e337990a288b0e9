"""Verbs of whoever changes the keys of the embedded stack, while it serves."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher.verbs import add_verb

KINDS = {
    "master": "of the key service, which wraps the keys of persons and offices",
    "tokens": "of the services, which sign tokens and tickets",
    "log": "of the journal, which sign its states",
}
AT_ONCE = {"offices": "of offices, which wrap their documents' keys; nothing is left to be retired"}
AFTER_SECONDS = 360.0
"""Longer than whoever reads /.well-known/jwks.json may keep it (5 min)."""


def add(verbs: Any) -> None:
    """Declare them."""
    verb = verbs.add_parser("keys", help="change the keys while the platform serves: status, rotate, rewrap, retire")
    acts = verb.add_subparsers(metavar="ACT", required=True)
    _add(acts, "status", "say which keys there are, and what the versions of the master key wrap", "status")
    rotated = _kinds(
        acts, "rotate", "make new keys of a kind; the former ones stay until they are retired", KINDS | AT_ONCE
    )
    rotated["tokens"].add_argument(
        "--after",
        type=float,
        default=AFTER_SECONDS,
        metavar="SECONDS",
        help="when the new keys begin to sign, so that everybody knows them by then (default: %(default).0f)",
    )
    _add(
        acts,
        "rewrap",
        "put what former master keys wrapped under the newest; begin again where it was killed",
        "rewrap",
    )
    retired = _kinds(acts, "retire", "destroy the former keys of a kind, which nothing needs any more", KINDS)
    retired["tokens"].add_argument(
        "--now", action="store_true", help="also while tokens that they signed may be carried: those are refused then"
    )


def _kinds(acts: Any, act: str, what: str, those: Mapping[str, str]) -> dict[str, Any]:
    verb = acts.add_parser(act, help=what)
    kinds = verb.add_subparsers(metavar="KIND", required=True)
    return {kind: _add(kinds, kind, f"{what}: those {said}", f"{act}_{kind}") for kind, said in those.items()}


def _add(verbs: Any, name: str, what: str, run: str) -> Any:
    verb = add_verb(verbs, name, what, f"launcher.rotating:{run}")
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    return verb
