"""The simulators of the outside world: what each is told, and how it is started with it.

Nothing here imports them: they are named, as the program that starts them names them.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name

from launcher.blueprint import ISSUER, REDIRECT_PATH
from launcher.compose import places
from launcher.compose.folders import SETTINGS, Folder
from launcher.compose.servers import ANYWHERE
from launcher.errors import StackError
from launcher.keys import Secrets


def write(folder: Path, secrets: Secrets) -> None:
    """Write the variables of each simulator, and make the certificates of those that seal or stamp."""
    data = str(places.MOUNTED)
    own: dict[str, dict[str, object]] = {
        "idnot": {
            "PORT": places.SIMULATED_PORT,
            "CLIENT_ID": "scelle",
            "CLIENT_SECRET": secrets.word("oidc-client"),
            "ISSUER": ISSUER,
            "REDIRECT_URIS": f"{places.PUBLIC_URL}{REDIRECT_PATH}",
            "ACCOUNTS_FILE": f"{data}/accounts.json",
        },
        "sms": {"PORT": places.SIMULATED_PORT, "TOKEN": secrets.word("sms")},
        "mail": {"SMTP_PORT": places.SMTP_PORT},
        "tsa": {"PORT": places.SIMULATED_PORT, "FOLDER": data},
        "ar24": {
            "PORT": places.SIMULATED_PORT,
            "PUBLIC_URL": places.address("ar24", places.SIMULATED_PORT),
            "TOKEN": secrets.word("ar24-token"),
            "PRIVATE_KEY": secrets.word("ar24-private-key"),
            "FOLDER": data,
        },
    }
    for name in places.SIMULATORS:
        fields = {"HOST": ANYWHERE, "ADMIN_PORT": places.PORT} | own[name]
        variables = {f"SANDBOX_{field}": value for field, value in fields.items()}
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
