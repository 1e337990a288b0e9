"""The few marks a letter's text may have, read into blocks; whatever else looks like HTML is refused."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from lre_gateway.domain.markup import ALLOWED

INLINE: Final = {"b": "B", "strong": "B", "i": "I", "em": "I", "u": "U"}
HEADINGS: Final = {"h1": 16, "h2": 14, "h3": 12}
LISTS: Final = frozenset({"ul", "ol"})
BLOCKS: Final = frozenset({"p", "div", "li", *HEADINGS})
BODY_SIZE: Final = 11  # points
MAX_DEPTH: Final = 50


class ForbiddenMarkup(ValueError):
    """The text has a tag or an attribute that a letter may not have; its name is the argument."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some text in one style: letters out of B, I and U."""

    text: str
    style: str = ""


@dataclass(slots=True)
class Block:
    """A paragraph, a heading or an item of a list."""

    size: int = BODY_SIZE
    indent: int = 0
    mark: str = ""
    runs: list[Run] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """Return the blocks of a plain text, line by line, or of one with marks; raise ForbiddenMarkup."""
    if "<" not in text:
        return plain_blocks(text)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.blocks


def plain_blocks(text: str) -> list[Block]:
    """Return a text as it stands, a block for each line."""
    return [Block(runs=[Run(line)] if line else []) for line in text.splitlines()]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[str] = []
        self._numbers: list[int] = []
        self._fresh = True
        self._size, self._mark = BODY_SIZE, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED or len(self._open) >= MAX_DEPTH:
            raise ForbiddenMarkup(tag)
        if attrs:
            raise ForbiddenMarkup(f"{tag} {attrs[0][0]}")
        if tag == "br":
            self._current().runs.append(Run("\n"))
            return
        self._open.append(tag)
        if tag in LISTS:
            self._numbers.append(0)
            self._fresh = True
        elif tag in BLOCKS:
            self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ALLOWED:
            raise ForbiddenMarkup(tag)
        if tag not in self._open:
            return
        while (closed := self._open.pop()) != tag:
            self._close(closed)
        self._close(tag)

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            words = " " if data and not self._fresh else ""
        else:
            words = (" " if data[0].isspace() else "") + words + (" " if data[-1].isspace() else "")
        if words:
            block = self._current()
            styles = sorted({INLINE[tag] for tag in self._open if tag in INLINE})
            block.runs.append(Run(words if block.runs else words.lstrip(), "".join(styles)))

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the library calls it so
        raise ForbiddenMarkup("comment")

    def handle_decl(self, decl: str) -> None:  # noqa: ARG002 - the library calls it so
        raise ForbiddenMarkup("declaration")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002 - the library calls it so
        raise ForbiddenMarkup("instruction")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002 - the library calls it so
        raise ForbiddenMarkup("declaration")

    def _begin(self, tag: str) -> None:
        self._fresh, self._size, self._mark = True, HEADINGS.get(tag, BODY_SIZE), ""
        if tag == "li" and self._numbers:
            self._numbers[-1] += 1
            ordered = next(known for known in reversed(self._open) if known in LISTS) == "ol"
            self._mark = f"{self._numbers[-1]}." if ordered else "•"

    def _close(self, tag: str) -> None:
        if tag in LISTS:
            self._numbers.pop()
        if tag in LISTS or tag in BLOCKS:
            self._fresh, self._size, self._mark = True, BODY_SIZE, ""

    def _current(self) -> Block:
        if self._fresh:
            self.blocks.append(Block(self._size, len(self._numbers), self._mark))
            self._fresh, self._mark = False, ""
        return self.blocks[-1]
