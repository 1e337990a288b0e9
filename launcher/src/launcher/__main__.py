"""The ``scelle`` command.

Exit codes: 0 done; 1 it could not be done (for ``verify``: tampered); 2 the command line or the input is malformed;
3 (``status``) the stack does not run, (``verify``) below the assurance level asked; 78 a variable of the environment
does not hold; 130 interrupted before it was done.
"""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from launcher.environment import check
from launcher.errors import BadSettings, StackError
from launcher.verbs import OWN_PARSER, VARIABLES, add_groups

INTERRUPTED = 130
BAD_SETTINGS = 78


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in OWN_PARSER:
        own = OWN_PARSER[words[0]]
        return _load(own)(words[1:]) if arguments is not None else _soon_over(own, words[1:])
    options = parser().parse_args(words)
    try:
        check(os.environ)
        return _load(options.run)(options)
    except BadSettings as error:
        sys.stderr.write(f"scelle: {error}\n")
        return BAD_SETTINGS
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


def _load(name: str) -> Callable[[Any], int]:
    module, _, function = name.partition(":")
    run: Callable[[Any], int] = getattr(import_module(module), function)
    return run


def _soon_over(name: str, words: Sequence[str]) -> int:
    """Carry out a verb of a process that ends with it: what is loaded and kept is not looked through for garbage."""
    gc.disable()
    run = _load(name)
    gc.freeze()
    gc.enable()
    code = run(words)
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
