"""What `scelle witness key` and `scelle witness serve` do."""

import argparse
import logging
import sys
from contextlib import ExitStack, closing

import uvloop

from launcher.errors import StackError
from launcher.witness import keys
from launcher.witness.config import Config
from launcher.witness.serving import serve as serve_all
from launcher.witness.witness import Witness


def key(options: argparse.Namespace) -> int:
    """Make the keys that are missing, and print the public ones."""
    config = Config.load(options.config)
    keys.make_missing(config)
    sys.stdout.writelines(f"{vkey}\n" for vkey in keys.vkeys(config))
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve the witnesses of these configurations in one process, each with its own key, database and address."""
    configs = [Config.load(file) for file in options.config]
    for shared in ("listen", "database", "key_file"):
        if len({getattr(config, shared) for config in configs}) != len(configs):
            raise StackError(f"two witnesses have the same {shared}")
    with ExitStack() as open_ones:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        witnesses = {config: open_ones.enter_context(closing(Witness.of(config))) for config in configs}
        uvloop.run(serve_all(witnesses))
    return 0
