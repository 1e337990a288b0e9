"""The container of a bundle: a ZIP whose every byte follows from the names and contents of its files.

Files are stored without compression, sorted by name, dated 1980, with no extra field. Reading accepts only what
writing would have produced, so nothing can hide between the files, expand, or be named twice.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

MAX_SIZE = 256 * 1024 * 1024  # bytes of an archive
MAX_FILES = 60_000  # below the limit of the plain ZIP format

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = 0x04034B50, 0x02014B50, 0x06054B50
_VERSION = 20
_MADE_BY = 3 << 8 | _VERSION  # Unix, for the permissions below
_DATE = 1 << 5 | 1  # 1980-01-01
_PERMISSIONS = 0o100644 << 16


class ArchiveMalformed(ValueError):
    """The bytes are not an archive that `pack` would write."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds, and the names of the files that are not what was written: their checksum differs."""

    files: Mapping[str, bytes]
    altered: tuple[str, ...] = ()


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write `files`; raises ArchiveMalformed for a name or a number of files out of bounds."""
    return _write(files, {name: zlib.crc32(data) for name, data in files.items()})


def _write(files: Mapping[str, bytes], checksums: Mapping[str, int]) -> bytes:
    if len(files) > MAX_FILES or not all(_NAME.fullmatch(name) for name in files):
        raise ArchiveMalformed("too many files, or a name that is not allowed")
    content, directory, offset = [], [], 0
    for name, data in sorted(files.items()):
        encoded = name.encode()
        shared = (_VERSION, 0, 0, 0, _DATE, checksums[name], len(data), len(data), len(encoded), 0)
        local = _LOCAL.pack(_LOCAL_MARK, *shared) + encoded
        content += [local, data]
        directory.append(_CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, *shared, 0, 0, 0, _PERMISSIONS, offset) + encoded)
        offset += len(local) + len(data)
    listing = b"".join(directory)
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(listing), offset, 0)
    packed = b"".join(content) + listing + end
    if len(packed) > MAX_SIZE:
        raise ArchiveMalformed(f"larger than {MAX_SIZE} bytes")
    return packed


def unpack(data: bytes) -> Archive:
    """Read an archive; raises ArchiveMalformed for anything that `pack` would not have written.

    A file whose content alone was changed can still be read, and is named.
    """
    if len(data) > MAX_SIZE:
        raise ArchiveMalformed(f"larger than {MAX_SIZE} bytes")
    files: dict[str, bytes] = {}
    checksums: dict[str, int] = {}
    position = 0
    while data[position : position + 4] == _LOCAL_MARK.to_bytes(4, "little"):
        if len(data) < position + _LOCAL.size or len(files) >= MAX_FILES:
            raise ArchiveMalformed("cut short, or too many files")
        header = _LOCAL.unpack_from(data, position)
        size, name_size = header[8], header[9]
        start = position + _LOCAL.size + name_size
        name = data[position + _LOCAL.size : start].decode("ascii", "replace")
        files[name], checksums[name] = data[start : start + size], header[6]
        position = start + size
    if _write(files, checksums) != data:
        raise ArchiveMalformed("not the one way of writing these files")
    return Archive(files, tuple(name for name in files if zlib.crc32(files[name]) != checksums[name]))
