"""Verbs of whoever runs a witness."""

import argparse
from pathlib import Path
from typing import Any

from launcher.verbs import add_verb

EXAMPLE = """name = "witness.chambre.example/1"
key_file = "ed25519.pem"
# mldsa_key_file = "mldsa.pem"   to cosign with ML-DSA-44 too
listen = "127.0.0.1:7380"
database = "witness.db"

[[logs]]
origin = "journal.example/prod"
vkeys = ["journal.example/prod+2043bb06+AW20qR+nXi3lziyoNgVr6UN2NWoRBIg/5goMJNAvPuCU"]
"""
USAGE = f"""A witness keeps the latest state of every log that it follows, and cosigns what extends it. Its file:

{EXAMPLE}
Paths are relative to the file. `key` once, then `serve`, behind a proxy with TLS. A log is told the public key and the
address; never restore an older database beside the same key."""


def add(verbs: Any) -> None:
    """Declare them."""
    raw = argparse.RawDescriptionHelpFormatter
    what = "cosign the checkpoints of logs, so that they cannot show two histories"
    witness = verbs.add_parser("witness", help=what, description=USAGE, formatter_class=raw)
    acts = witness.add_subparsers(metavar="COMMAND", required=True)
    serve = add_verb(acts, "serve", "answer logs until Ctrl-C or SIGTERM", "launcher.witness.commands:serve")
    what = "the witness's file; repeat it to serve several witnesses in one process"
    serve.add_argument("--config", type=Path, required=True, action="append", metavar="FILE", help=what)
    what = "make the keys and the database of a new witness, and print its public keys"
    key = add_verb(acts, "key", what, "launcher.witness.commands:key")
    key.add_argument("--config", type=Path, required=True, metavar="FILE", help="the witness's file")
