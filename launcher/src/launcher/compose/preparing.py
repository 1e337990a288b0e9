"""Everything that the containers are given, in one folder with a folder for each of them.

It may be made any number of times: keys and passwords stay, the rest is written again.
"""

from collections.abc import Callable
from pathlib import Path

from launcher.attesters import WITNESSES, Attesters
from launcher.compose import openbao, places, servers, simulators
from launcher.compose.folders import Folder
from launcher.compose.settings import Composed
from launcher.keys import Secrets
from launcher.service_settings import LOG_ORIGIN, signing, variables


def secrets_of(folder: Path) -> Secrets:
    """Return the keys and passwords, of which each container is given its own."""
    return Secrets(folder / "secrets")


def attesters_of(folder: Path) -> Attesters:
    """Return the witnesses and the authority, each in a container of its name."""
    return Attesters(folder, secrets_of(folder), _port, LOG_ORIGIN, listen=servers.ANYWHERE)


def prepare(folder: Path, mounted: Callable[[str], Path] = lambda _name: places.MOUNTED) -> None:
    """Make what is missing and write the rest; `mounted` tells where each service sees its folder."""
    secrets, attesters = secrets_of(folder), attesters_of(folder)
    servers.write(folder, secrets)
    openbao.write(folder, secrets)
    simulators.write(folder, secrets)
    attesters.prepare()
    access, seal = servers.storage(secrets).access, simulators.seal_chain(folder)
    trust = secrets.trust_file(signing(places.SERVICES))
    for name in places.SERVICES:
        own = Folder(folder / name, mounted(name))
        own.settings(variables(Composed(name, own, secrets, trust, attesters, access, seal)))


def _port(name: str) -> int:
    return places.PORT if name in WITNESSES else places.SIMULATED_PORT
