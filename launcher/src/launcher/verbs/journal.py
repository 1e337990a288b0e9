"""Verbs of whoever operates the journal of the embedded stack."""

import os
from pathlib import Path
from typing import Any

from launcher.verbs import add_verb

ACTS = {
    "status": "how far the log is signed, witnessed, stamped and copied, and what waits (1: a person is needed)",
    "audit": "compare every row of every service with every leaf, without any key (1: they differ)",
    "monitor": "read the published copy back and check that it contradicts itself nowhere (1: it does)",
    "recover": "take back, after a restore, the leaves that were published and are missing here",
}


def add(verbs: Any) -> None:
    """Declare them."""
    verb = verbs.add_parser("journal", help="look after the journal: status, audit, monitor, recover")
    acts = verb.add_subparsers(metavar="ACT", required=True)
    for name, what in ACTS.items():
        act = add_verb(acts, name, what, "launcher.operating:journal")
        data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
        act.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
        act.set_defaults(act=name, json=False)
        if name != "recover":
            act.add_argument("--json", action="store_true", help="print one JSON object")
