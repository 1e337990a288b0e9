"""Verbs about the embedded stack of a data folder."""

import argparse
import os
from pathlib import Path
from typing import Any

from launcher.verbs import VARIABLES, add_verb


def add(verbs: Any) -> None:
    """Declare them."""
    _add(verbs, "up", "start the whole platform on this machine and stay until Ctrl-C", "launcher.commands:up")
    what = "play the reference journey through the gateway, then verify its proof"
    play = _add(verbs, "demo", what, "launcher.demo:demo")
    play.add_argument("--documents", type=Path, metavar="DIR", help="real files to deposit (default: samples)")
    play.add_argument("--keep", action="store_true", help="leave everything running and print the addresses")
    what = "stop everything that runs on the data folder, also what a killed launcher left"
    _add(verbs, "down", what, "launcher.commands:down")
    _add(verbs, "status", "say which processes run and which answer", "launcher.commands:status")
    logs = _add(verbs, "logs", "print the end of a process's log file", "launcher.commands:logs")
    logs.add_argument("name", help="a name that `scelle status` shows")


def _add(verbs: Any, name: str, what: str, run: str) -> argparse.ArgumentParser:
    verb = add_verb(verbs, name, what, run)
    verb.epilog = VARIABLES
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    verb.add_argument("--json", action="store_true", help="print one JSON object on the last line of stdout")
    return verb
