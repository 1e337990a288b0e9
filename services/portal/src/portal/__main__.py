"""`python -m portal serve | run | migrate`."""

from chassis.process import run_service

from portal.wiring import SERVICE


def main() -> int:
    """Run one verb."""
    return run_service(SERVICE)


if __name__ == "__main__":
    raise SystemExit(main())
