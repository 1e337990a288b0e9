"""`python -m vault serve | work | run | migrate | rebuild | compare | parked list|replay`."""

import sys

from chassis.process import run_service

from vault.wiring import SERVICE


def main() -> None:
    """Carry out the verb of the command line."""
    sys.exit(run_service(SERVICE))


if __name__ == "__main__":
    main()
