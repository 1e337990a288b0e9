"""Well-known passwords, in a file of the package: checked offline, nothing leaves the process."""

from importlib.resources import files


def breached() -> frozenset[str]:
    """Return the passwords of the list, folded."""
    text = files("identity.adapters").joinpath("breached.txt").read_text(encoding="utf-8")
    return frozenset(line.casefold() for line in text.split() if line)
