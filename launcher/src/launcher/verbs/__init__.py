"""The words of the command line, one module for each group of verbs.

A group is a module here, named in `GROUPS`, with a function `add(verbs)` that declares its verbs. What a verb does is
written as `module:function`, and is imported only when it is to be done: a witness or a verifier loads nothing of the
stack.
"""

import argparse
from importlib import import_module
from typing import Any

GROUPS = ("stack", "letters", "proofs", "compliance", "journal", "services", "keys", "witness", "backups")
OWN_PARSER = {"verify": "proof.cli:verify"}
"""Verbs that read the rest of the command line themselves, and return the exit code."""
VARIABLES = """environment:
  SCELLE_DATA           the data folder, instead of .scelle
  SCELLE_POSTGRES_URL   use this PostgreSQL server (a role that may create databases) instead of starting one
  SCELLE_NATS_URL       use this NATS server with JetStream instead of starting one
  SCELLE_S3_URL         use this S3 server instead of starting one; also needs the next two
  SCELLE_S3_ACCESS_KEY, SCELLE_S3_SECRET_KEY
  SCELLE_OTLP_ENDPOINT  send metrics and traces there (OTLP over HTTP)
  SCELLE_OTLP_SAMPLED   the share of requests whose traces are recorded, 0 to 1 (0.05)"""


def add_groups(verbs: Any) -> None:
    """Declare every verb; `verbs` is what argparse's `add_subparsers` returns."""
    for group in GROUPS:
        import_module(f"launcher.verbs.{group}").add(verbs)


def add_verb(verbs: Any, name: str, what: str, run: str) -> argparse.ArgumentParser:
    """Declare one verb: its line in the help, and `module:function` that takes the options and returns the code."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.set_defaults(run=run)
    return verb
