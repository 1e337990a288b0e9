"""Crash points: places where a test ends a process as a power cut would, to see what is left.

Code marks a place with `sys.audit("scelle.crashpoint", "<name>")`, which does nothing in a process that is not armed,
and needs no import between libraries. `SCELLE_CRASHPOINT=<name>` arms the first pass of a place, `<name>:3` the third.
The process then sends itself SIGKILL: nothing runs any more, no handler, no flush, no rollback.

Only a test build can be armed: one in which `testkit` is installed, which nothing but the development group asks for. A
process of any other build refuses to start while the variable is set.
"""

import itertools
import os
import re
import signal
import sys
from importlib.util import find_spec
from typing import Any

from chassis.logging import get_logger
from chassis.settings import CRASHPOINT, SettingsRefused, crashpoint

EVENT = "scelle.crashpoint"
_ASKED = re.compile(r"([a-z]+\.[a-z-]+)(?::([1-9][0-9]{0,5}))?")


def arm() -> None:
    """Arm the crash point that the environment names, if it names one; raise SettingsRefused if that may not be."""
    asked = crashpoint()
    if asked is None:
        return
    if find_spec("testkit") is None:
        raise SettingsRefused(f"{CRASHPOINT} is set, and this is no test build; remove it from the environment")
    found = _ASKED.fullmatch(asked)
    if found is None:
        raise SettingsRefused(f"{CRASHPOINT} is not written as <place>.<name> or <place>.<name>:<pass>")
    name, last = found[1], int(found[2] or 1)
    passes = itertools.count(1)

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == EVENT and arguments == (name,) and next(passes) == last:
            get_logger().critical("crashpoint-reached", cause=name, attempt=last)
            os.kill(os.getpid(), signal.SIGKILL)

    get_logger().warning("crashpoint-armed", cause=name, attempt=last)
    sys.addaudithook(look)
