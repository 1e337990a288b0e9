"""`python -m dossier serve | work | run | migrate | rebuild | compare | parked list|replay`."""

import sys

from chassis.process import run_service

from dossier.wiring import SERVICE


def main() -> None:
    """Carry out one verb."""
    sys.exit(run_service(SERVICE))


if __name__ == "__main__":
    main()
