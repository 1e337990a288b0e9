"""What `scelle witness key` and `scelle witness serve` do."""

import argparse
import logging
import sys
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

import uvloop

from launcher.errors import StackError
from launcher.witness import keys
from launcher.witness.config import Config
from launcher.witness.serving import serve as serve_all
from launcher.witness.witness import LOG, Witness


def key(options: argparse.Namespace) -> int:
    """Make the keys that are missing, and print the public ones."""
    config = Config.load(options.config)
    keys.make_missing(config)
    sys.stdout.writelines(f"{vkey}\n" for vkey in keys.vkeys(config))
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve the witnesses of these configurations in one process, each with its own key, database and address.

    SIGHUP makes them read again which logs they follow, by which keys; nothing else of a configuration.
    """
    configs = [Config.load(file) for file in options.config]
    for shared in ("listen", "database", "key_file"):
        if len({getattr(config, shared) for config in configs}) != len(configs):
            raise StackError(f"two witnesses have the same {shared}")
    with ExitStack() as open_ones:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        witnesses = {config: open_ones.enter_context(closing(Witness.of(config))) for config in configs}
        uvloop.run(serve_all(witnesses, lambda: _follow(options.config, witnesses.values())))
    return 0


def _follow(files: Iterable[Path], witnesses: Iterable[Witness]) -> None:
    """Read again which logs are followed and by which keys; a file that cannot be read changes nothing."""
    try:
        for config, witness in zip([Config.load(file) for file in files], witnesses, strict=True):
            witness.follow(config)
            LOG.info("%s follows %s", witness.name, ", ".join(witness.logs))
    except StackError as error:
        LOG.error("the configuration is not followed: %s", error)
