"""The folder that one container is given: its settings, its keys, its certificates."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.abc import Traversable
from pathlib import Path

from chassis.values import DEVELOPMENT_MARK

from launcher.files import write_private

SETTINGS = "settings"
READABLE = 0o444


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder here, and where its container sees it; everything in it is its owner's alone."""

    here: Path
    there: Path

    def settings(self, variables: Mapping[str, object]) -> None:
        """Write a file for each variable, and remove every other one: a setting that is not known stops a service."""
        for name, value in variables.items():
            write_private(self.here / SETTINGS / name, str(value))
        for path in (self.here / SETTINGS).iterdir():
            if path.name not in variables:
                path.unlink()

    def key(self, name: str, source: Path) -> str:
        """Copy a secret, marked as one made for development; return where the container sees it."""
        write_private(self.here / "keys" / DEVELOPMENT_MARK, "")
        return self._copied("keys", name, source)

    def config(self, name: str, source: Traversable) -> str:
        """Copy what is no secret; return where the container sees it."""
        return self._copied("config", name, source)

    def _copied(self, kind: str, name: str, source: Traversable) -> str:
        write_private(self.here / kind / name, source.read_bytes())
        return str(self.there / kind / name)


def write_readable(path: Path, content: str | bytes) -> None:
    """Write what a server of somebody else's reads, whose account is not ours: only its container has the folder."""
    write_private(path, content)
    path.chmod(READABLE)
