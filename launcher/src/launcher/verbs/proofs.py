"""Verbs about proofs that somebody holds."""

from typing import Any


def add(verbs: Any) -> None:
    """Declare them; `verify` has a parser of its own."""
    verbs.add_parser("verify", help="check a proof bundle against a policy, offline", add_help=False)
