"""`python -m messaging serve | work | run | migrate | rebuild | compare | parked list|replay`."""

from chassis.process import run_service

from messaging.wiring import SERVICE


def main() -> int:
    """Run one verb."""
    return run_service(SERVICE)


if __name__ == "__main__":
    raise SystemExit(main())
