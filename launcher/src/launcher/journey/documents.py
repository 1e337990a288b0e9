"""The files that the clients of the journey deposit."""

from collections.abc import Sequence
from pathlib import Path

from launcher.errors import StackError
from launcher.samples import make_samples

REQUESTS = 6  # documents that the office asks for, unless there are more files to deposit
BESIDES = 2  # files beside those: one that nobody asked for, and the one that replaces the refused one
MOST_FILES = 500


def files_to_deposit(folder: Path | None, samples: Path) -> list[Path]:
    """Return the files of ``folder`` in the order of their names, or the samples when no folder is given."""
    if folder is None:
        return make_samples(samples)
    if not folder.is_dir():
        raise StackError(f"{folder} is not a folder")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise StackError(f"{folder} holds no file")
    if len(files) > MOST_FILES:
        raise StackError(f"{folder} holds {len(files)} files; the journey takes at most {MOST_FILES}")
    return files


class Pile:
    """The files on the table: each is taken once, then from the top again."""

    def __init__(self, files: Sequence[Path], spares: Sequence[Path]) -> None:
        """``spares`` are good for sure and replace a file that the platform does not take."""
        self._files, self._spares = list(files), list(spares)
        self._taken = 0

    def __len__(self) -> int:
        """Count the files."""
        return len(self._files)

    def take(self) -> Path:
        """Take the next file."""
        file = self._files[self._taken % len(self._files)]
        self._taken += 1
        return file

    def replace(self, bad: Path) -> Path:
        """Put a file aside for good and take another one in its place."""
        if bad in self._files:
            position = self._files.index(bad)
            if len(self._files) > 1:
                del self._files[position]
            else:
                self._files[position] = self._spares[0]
        return self._spares[self._taken % len(self._spares)]
