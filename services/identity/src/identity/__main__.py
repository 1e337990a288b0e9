"""`python -m identity`: the verbs of every service, and `register-office`."""

import argparse
import sys

from chassis.process import Service, configured, run_service

from identity import wiring
from identity.application.register_office import register_office
from identity.settings import Settings

SERVICE = Service(
    name="identity",
    settings=Settings,
    app=wiring.app,
    tasks=wiring.tasks,
    migrate=wiring.prepare,
    rebuild=wiring.remake,
    compare=wiring.drift,
    keys=wiring.keys,
    peers=("dossier",),
)


def main() -> None:
    """Carry out one verb."""
    if sys.argv[1:2] == ["register-office"]:
        _register_office(sys.argv[2:])
    else:
        sys.exit(run_service(SERVICE))


def _register_office(arguments: list[str]) -> None:
    """Register an office, once, and print its id; --crpcen and --name may be repeated together."""
    parser = argparse.ArgumentParser(prog="identity register-office", description=_register_office.__doc__)
    parser.add_argument("--crpcen", required=True, action="append", help="the profession's number of the office")
    parser.add_argument("--name", required=True, action="append")
    asked = parser.parse_args(arguments)
    if len(asked.crpcen) != len(asked.name):
        parser.error("each --crpcen needs one --name")
    with configured(SERVICE.name):
        identity = wiring.Identity(Settings.load())
    try:
        for number, name in zip(asked.crpcen, asked.name, strict=True):
            sys.stdout.write(f"{register_office(identity.store, number, name)}\n")
    finally:
        identity.store.close()


if __name__ == "__main__":
    main()
