"""PostgreSQL's account reaches what it needs, wherever root keeps the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from launcher.accounts import unprivileged

ASKS = "import os, sys; sys.exit(os.getuid() == 0 or not os.access(sys.argv[1], os.X_OK))"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_program_in_a_closed_folder_is_there_for_whoever_asks_before_running_it(tmp_path: Path) -> None:
    program = tmp_path / "closed" / "program"
    program.parent.mkdir(mode=0o700)
    program.touch(mode=0o755)
    account = unprivileged(program)
    assert account is not None
    assert account.prefix
    subprocess.run([*account.prefix, sys.executable, "-c", ASKS, str(program)], check=True)  # noqa: S603 - a fixed command
