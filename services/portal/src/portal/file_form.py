"""One file that a form without a script sends: multipart/form-data, passed on as it comes (ADR 0040)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from portal.forms import FormRefused

HEAD_BYTES = 8 * 1024
"""Of everything before the first byte of the file."""
HEADERS, HEADER_BYTES = 4, 2 * 1024
"""Of each part."""
FIELDS = 4
"""Parts before the file."""
BOUNDARY_CHARACTERS = 70
"""RFC 2046."""
HEAD_SECONDS = 30.0
FEED = 64 * 1024
"""Bytes that the parser looks at before other requests have their turn."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file on its way in, after the fields that came before it."""

    fields: Mapping[str, str]
    name: str
    size: int
    """Bytes, from the length of the request: a browser says it before the first byte."""
    chunks: AsyncIterator[bytes]
    """The bytes, once; raises FormRefused if they are not as many, or if anything follows them."""


async def read_file_form(request: Request) -> SentFile:
    """Read a form up to the first byte of its file, which is its last part; raise FormRefused for anything else."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary, length = options.get(b"boundary", b""), request.headers.get("content-length", "")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= BOUNDARY_CHARACTERS or not length.isdecimal():
        raise FormRefused
    reader = _Reader(boundary)
    stream = aiter(request.stream())
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            rest = await _head(reader, stream)
    except TimeoutError:
        raise FormRefused from None
    size = int(length) - reader.fed - len(b"\r\n--") - len(boundary) - len(b"--\r\n")
    if size < 0:
        raise FormRefused
    return SentFile(reader.fields, reader.file_name, size, _content(reader, rest, stream, size))


async def _head(reader: "_Reader", stream: AsyncIterator[bytes]) -> bytes:
    """Feed byte by byte, so that it is known where the file begins; return what came of it already."""
    async for chunk in stream:
        for place in range(len(chunk)):
            reader.feed(chunk[place : place + 1])
            if reader.in_file:
                return chunk[place + 1 :]
            if reader.fed > HEAD_BYTES:
                raise FormRefused
    raise FormRefused


async def _content(reader: "_Reader", rest: bytes, stream: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    passed = 0
    async for chunk in _chained(rest, stream):
        for start in range(0, len(chunk), FEED):
            found = reader.feed(chunk[start : start + FEED])
            passed += len(found)
            if passed > size:
                raise FormRefused
            if found:
                yield found
    if passed != size or not reader.ended:
        raise FormRefused


async def _chained(first: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in stream:
        yield chunk


@dataclass(slots=True)
class _Reader:
    """What the parser says, part by part; it holds no more than it was fed last."""

    boundary: bytes
    fields: dict[str, str] = field(default_factory=dict)
    file_name: str = ""
    in_file: bool = False
    ended: bool = False
    fed: int = 0
    """Bytes that the parser was given."""
    _parts: int = 0
    _header: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""
    _field: str = ""
    _found: list[bytes] = field(default_factory=list)
    _parser: MultipartParser = field(init=False)

    def __post_init__(self) -> None:
        self._parser = MultipartParser(
            self.boundary,
            {
                "on_part_begin": self._part,
                "on_header_field": self._name,
                "on_header_value": self._worth,
                "on_header_end": self._kept,
                "on_headers_finished": self._begun,
                "on_part_data": self._data,
                "on_end": self._end,
            },
            max_header_count=HEADERS,
            max_header_size=HEADER_BYTES,
        )

    def feed(self, chunk: bytes) -> bytes:
        """Return what of the file was in it; raise FormRefused for what is no form, or not this one."""
        self.fed += len(chunk)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise FormRefused from error
        found = b"".join(self._found)
        self._found.clear()
        return found

    def _part(self) -> None:
        self._parts += 1
        if self.in_file or self._parts > FIELDS + 1:
            raise FormRefused
        self._disposition = b""

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _worth(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _kept(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _begun(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise FormRefused
        try:
            self._field = options[b"name"].decode()
            self.file_name = options.get(b"filename", b"").decode()
        except UnicodeDecodeError as error:
            raise FormRefused from error
        self.in_file = b"filename" in options
        if not self.in_file:
            self.fields[self._field] = ""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self.in_file:
            self._found.append(data[start:end])
        else:
            self.fields[self._field] += data[start:end].decode("latin-1")  # tokens; the head is bounded

    def _end(self) -> None:
        self.ended = True
