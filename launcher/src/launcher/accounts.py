"""The unprivileged account under which PostgreSQL runs when the launcher is root: PostgreSQL refuses root.

Everything else runs as whoever started the launcher.
"""

import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from launcher.errors import StackError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user to become. ``prefix`` is a command that becomes it, where a plain change of user is not enough."""

    uid: int
    gid: int
    prefix: list[str] = field(default_factory=list)

    def own(self, folder: Path) -> None:
        """Create a private folder of this account."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        os.chown(folder, self.uid, self.gid)


def unprivileged(*needed: Path) -> Account | None:
    """Return the account to use when root, None when we are not; it can reach every path in ``needed``."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if all(_reachable(path, entry.pw_uid) for path in needed):
            return Account(entry.pw_uid, entry.pw_gid)
        return Account(entry.pw_uid, entry.pw_gid, _with_override(entry))
    raise StackError("running as root, and neither the user postgres nor nobody exists; run scelle as a plain user")


def _reachable(path: Path, uid: int) -> bool:
    """Tell whether a stranger may walk down to ``path``."""
    return all(parent.stat().st_uid == uid or parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _with_override(entry: pwd.struct_passwd) -> list[str]:
    """Become the user but keep the right to walk through closed folders, such as /root above the project.

    PostgreSQL asks access(2) first, which forgets that right of whoever is not root, unless a secure bit forbids it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError(f"the user {entry.pw_name} cannot reach the data folder; choose another with --data")
    caps = "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"
    who = f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"
    return [setpriv, *who, "--securebits=+no_setuid_fixup", *caps, "--"]
