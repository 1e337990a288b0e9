"""Verbs of whoever operates the services of the embedded stack, and the streams between them."""

import argparse
import os
from pathlib import Path
from typing import Any

from launcher.verbs import add_verb


def add(verbs: Any) -> None:
    """Declare them."""
    what = "carry out a verb of a service, with the settings that it has here: scelle service dossier parked list"
    service = _on_data(add_verb(verbs, "service", what, "launcher.operating:service"))
    service.add_argument("service", metavar="SERVICE", help="identity, dossier, vault, messaging, lre-gateway, journal")
    service.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="VERB", help="the verb and its words; -h lists them"
    )
    what = "tell what the streams hold, or delete one: its relay makes it again from the store"
    streams = _on_data(add_verb(verbs, "streams", what, "launcher.operating:streams"))
    streams.add_argument("--delete", metavar="SERVICE", help="the service whose stream is to be made again")


def _on_data(verb: argparse.ArgumentParser) -> argparse.ArgumentParser:
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    return verb
