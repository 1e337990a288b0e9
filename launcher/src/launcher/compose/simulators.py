"""The simulators of the outside world: what each is told, and how it is started with it.

Nothing here imports them: they are named, as the program that starts them names them.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from launcher import simulator_settings
from launcher.compose import places
from launcher.compose.folders import SETTINGS, Folder
from launcher.compose.servers import ANYWHERE
from launcher.errors import StackError
from launcher.keys import Secrets


@dataclass(frozen=True, slots=True)
class Outside:
    """The simulators in containers of their names."""

    host: str = ANYWHERE
    public_url: str = places.PUBLIC_URL
    provider_url: str = f"http://{places.address('ar24')}"

    def port(self, name: str) -> int:
        """Return the port of what a simulator offers."""
        return places.SMTP_PORT if name == "smtp" else places.SIMULATED_PORT

    def admin_port(self, _name: str) -> int:
        """Return the port of what it shows to developers."""
        return places.PORT

    def admin_url(self, name: str) -> str:
        """Return the address of that."""
        return f"http://{name}:{places.PORT}"

    def data(self, _name: str) -> Path:
        """Return the folder that it keeps."""
        return places.MOUNTED


def write(folder: Path, secrets: Secrets) -> None:
    """Write the variables of each simulator, and make the certificates of those that seal or stamp."""
    for name in simulator_settings.SIMULATORS:
        variables = simulator_settings.variables(name, Outside(), secrets)
        Folder(folder / name, places.MOUNTED).settings(variables)
    resolve_name("sandbox.tsa.chain:Chain").in_folder(folder / "tsa", "Sandbox")
    resolve_name("sandbox.ar24.papers.keys:ensure")(seal_chain(folder).parent)


def seal_chain(folder: Path) -> Path:
    """Return the certificates under which the simulated provider seals its proofs."""
    return folder / "ar24" / "seal" / "chain.pem"


def run(name: str, settings: Path) -> None:
    """Become a simulator, with the variables that are files of `settings`; raises StackError when there are none."""
    variables = variables_of(settings)
    if not variables:
        raise StackError(f"{settings} holds no setting; `python -m launcher.compose prepare` makes them")
    words = [sys.executable, "-m", f"sandbox.{name}"]
    os.execve(sys.executable, words, os.environ | variables)  # noqa: S606 - our own module, no shell


def variables_of(settings: Path) -> Mapping[str, str]:
    """Return the variables of a simulator."""
    return {path.name: path.read_text() for path in sorted(settings.glob("SANDBOX_*"))}


def default_settings() -> Path:
    """Return where a simulator's container sees its variables."""
    return places.MOUNTED / SETTINGS
