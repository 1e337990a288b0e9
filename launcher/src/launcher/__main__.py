"""The ``scelle`` command.

Exit codes: 0 done; 1 it could not be done (for ``verify``: tampered); 2 the command line or the input is malformed;
3 (``status``) the stack does not run, (``verify``) below the assurance level asked; 130 interrupted before it was done.
"""

import argparse
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from launcher.errors import StackError
from launcher.verbs import OWN_PARSER, add_groups
from launcher.verbs.stack import VARIABLES

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in OWN_PARSER:
        return int(resolve_name(OWN_PARSER[words[0]])(words[1:]))
    options = parser().parse_args(words)
    try:
        return int(resolve_name(options.run)(options))
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
    add_groups(top.add_subparsers(metavar="COMMAND", required=True))
    return top


if __name__ == "__main__":
    sys.exit(main())
