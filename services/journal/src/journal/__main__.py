"""Starts the journal: python -m journal run|serve|work|migrate."""

import sys

from chassis.process import run_service

from journal.wiring import SERVICE


def main() -> int:
    """Carry out one verb."""
    return run_service(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
