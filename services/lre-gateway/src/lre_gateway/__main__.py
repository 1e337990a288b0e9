"""`python -m lre_gateway serve | work | run | migrate | rebuild | compare | parked list|replay`."""

import sys

from chassis.process import run_service

from lre_gateway.wiring import SERVICE


def main() -> None:
    """Carry out one verb."""
    sys.exit(run_service(SERVICE))


if __name__ == "__main__":
    main()
