"""Starts the journal: python -m journal run|serve|work|migrate|parked, and status|audit|monitor|recover|keys."""

import sys

from chassis import logging
from chassis.process import configured, run_service

from journal.settings import Settings
from journal.verbs import VERBS
from journal.wiring import NAME, SERVICE


def main() -> int:
    """Carry out one verb."""
    verb, words = (sys.argv[1], sys.argv[2:]) if sys.argv[1:] else ("", [])
    if verb not in VERBS:
        return run_service(SERVICE)
    with configured(NAME):
        settings = Settings.load()
        logging.configure(NAME, settings.log_format, fields=SERVICE.log_fields)
        return VERBS[verb](settings, words)


if __name__ == "__main__":
    sys.exit(main())
