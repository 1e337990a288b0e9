"""`python -m launcher.compose`: what the containers of compose.yaml do before, and beside, the services.

prepare makes keys, settings and configurations; databases makes a database for each service, keys its key in OpenBao;
simulator becomes one of the simulators; policy prints whom `scelle verify --policy` may trust.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.compose import databases, openbao, preparing, simulators
from launcher.errors import StackError
from launcher.simulator_settings import SIMULATORS


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m launcher.compose", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True)
    for verb in ("prepare", "databases", "keys", "policy"):
        verbs.add_parser(verb).add_argument("folder", type=Path, help="what `prepare` makes")
    simulator = verbs.add_parser("simulator")
    simulator.add_argument("name", choices=SIMULATORS)
    simulator.add_argument("--settings", type=Path, default=simulators.default_settings(), metavar="DIR")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb; return the exit code."""
    asked = parser().parse_args(arguments)
    try:
        if asked.verb == "prepare":
            preparing.prepare(asked.folder)
        elif asked.verb == "databases":
            databases.create(preparing.secrets_of(asked.folder))
        elif asked.verb == "keys":
            openbao.furnish(preparing.secrets_of(asked.folder))
        elif asked.verb == "policy":
            sys.stdout.write(preparing.attesters_of(asked.folder).policy().encode().decode())
        else:
            simulators.run(asked.name, asked.settings)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
