"""The ``scelle`` command.

Exit codes: 0 done; 1 it could not be done (for ``verify``: tampered); 2 the command line or the input is malformed;
3 (``status``) the stack does not run, (``verify``) below the assurance level asked; 130 interrupted before it was done.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from launcher import commands
from launcher.demo import demo
from launcher.errors import StackError

INTERRUPTED = 130
VARIABLES = """environment:
  SCELLE_DATA           the data folder, instead of .scelle
  SCELLE_POSTGRES_URL   use this PostgreSQL server (a role that may create databases) instead of starting one
  SCELLE_NATS_URL       use this NATS server with JetStream instead of starting one
  SCELLE_S3_URL         use this S3 server instead of starting one; also needs the next two
  SCELLE_S3_ACCESS_KEY, SCELLE_S3_SECRET_KEY
  SCELLE_OTLP_ENDPOINT  send traces there (OTLP over HTTP)"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["verify"]:
        from proof.cli import verify  # noqa: PLC0415 - a verifier needs nothing else of us

        return verify(words[1:])
    options = parser().parse_args(words)
    try:
        return int(options.run(options))
    except StackError as error:
        sys.stderr.write(f"scelle: {error}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="scelle", description=__doc__, epilog=VARIABLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    up = _verb(verbs, "up", "start the whole platform on this machine and stay until Ctrl-C")
    up.set_defaults(run=commands.up)
    play = _verb(verbs, "demo", "play the reference journey through the gateway, then verify its proof")
    play.add_argument("--documents", type=Path, metavar="DIR", help="real files to deposit (default: samples)")
    play.add_argument("--keep", action="store_true", help="leave everything running and print the addresses")
    play.set_defaults(run=demo)
    down = _verb(verbs, "down", "stop everything that runs on the data folder, also what a killed launcher left")
    down.set_defaults(run=commands.down)
    status = _verb(verbs, "status", "say which processes run and which answer")
    status.set_defaults(run=commands.status)
    logs = _verb(verbs, "logs", "print the end of a process's log file")
    logs.add_argument("name", help="a name that `scelle status` shows")
    logs.set_defaults(run=commands.logs)
    verbs.add_parser("verify", help="check a proof bundle against a policy, offline", add_help=False)
    return top


def _verb(verbs: Any, name: str, what: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data = Path(os.environ.get("SCELLE_DATA", ".scelle"))
    verb.add_argument("--data", type=Path, default=data, metavar="DIR", help=f"the data folder (default: {data})")
    verb.add_argument("--json", action="store_true", help="print one JSON object on the last line of stdout")
    return verb


if __name__ == "__main__":
    sys.exit(main())
