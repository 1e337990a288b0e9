"""The names of what is published beside the tiles; sizes have 20 digits, so that the names sort as they do."""

import re

LATEST = "checkpoint"
NOTES, TOKENS, COSIGNED, ANCHORS = "checkpoints/", "tokens/", "cosigned/", "anchors/"

_DIGITS = 20
_SIZE = re.compile(rf"[a-z]+/([0-9]{{{_DIGITS}}})(?:-([0-9]+))?\.(?:note|tsr|ots)")


def note_name(size: int) -> str:
    """Name a checkpoint as the log alone signed it."""
    return f"{NOTES}{size:0{_DIGITS}}.note"


def token_name(size: int, number: int) -> str:
    """Name one of the timestamps of a checkpoint."""
    return f"{TOKENS}{size:0{_DIGITS}}-{number}.tsr"


def cosigned_name(size: int, lines: int) -> str:
    """Name a checkpoint with its first so many cosignatures, in the order in which they came."""
    return f"{COSIGNED}{size:0{_DIGITS}}-{lines}.note"


def anchor_name(size: int) -> str:
    """Name the public anchor of a checkpoint."""
    return f"{ANCHORS}{size:0{_DIGITS}}.ots"


def size_of(name: str) -> int | None:
    """Return the size that a name is about; None for a name of another kind."""
    found = _SIZE.fullmatch(name)
    return int(found[1]) if found else None


def number_of(name: str) -> int:
    """Return the number after the size."""
    found = _SIZE.fullmatch(name)
    if found is None or found[2] is None:
        raise ValueError("a name without a number")
    return int(found[2])
