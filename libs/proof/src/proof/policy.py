"""Whom the verifier trusts: a file that comes from outside what is verified, never from inside."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from proof.block import Block
from proof.canonical import NotCanonical, canonical, read
from proof.cosignature import Cosigner, Quorum, read_key
from proof.note import Key, NoteInvalid
from proof.shapes import instant

if TYPE_CHECKING:
    from proof.timestamp import Authority

FORMAT = "scelle-policy/2"
FORMER = "scelle-policy/1"  # no witness, no authority
MAX_DEPTH = 4  # quorums inside each other, the outermost counted

_BOUND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)

_HEADER = re.compile(r"[0-9a-f]{160}")


class PolicyInvalid(ValueError):
    """The file is not a trust policy that this version understands."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key of the log and when it is trusted; an absent bound is open."""

    key: Key | Cosigner
    not_before: datetime | None = None
    not_after: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Tell whether the key is trusted at `moment`."""
        return (self.not_before is None or self.not_before <= moment) and (
            self.not_after is None or moment <= self.not_after
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The log that is expected, the keys that may speak for it, the witnesses and the authorities that are believed.

    `blocks` are headers of Bitcoin blocks, each at its height, that public anchors are measured by.

    Raises PolicyInvalid for what could not be written and read back as the same trust. Unknown members are refused,
    so that a policy which asks for more is never read as one that asks for less.
    """

    origin: str
    log_keys: tuple[LogKey, ...]
    quorum: Quorum | None = None
    authorities: "tuple[Authority, ...]" = ()
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        try:
            _check_origin(self.origin)
            for item in self.log_keys:
                _same(item, _read_log_key(_log_key(item)))
            if self.quorum is not None:
                _same(self.quorum, _read_quorum(_quorum(self.quorum), MAX_DEPTH))
            _check_keys([item.key for item in self.log_keys], self.witnesses())
        except (NoteInvalid, NotCanonical, AttributeError, TypeError, ValueError, OverflowError) as error:
            raise PolicyInvalid(str(error)) from error
        if len({authority.signer for authority in self.authorities}) < len(self.authorities):
            raise PolicyInvalid("two authorities sign with the same certificate")
        if len({block.height for block in self.blocks}) < len(self.blocks):
            raise PolicyInvalid("two blocks have the same height")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy file (any JSON layout, no duplicate keys); raises PolicyInvalid."""
        try:
            value = read(data)
            if isinstance(value, dict) and value.get("format") == FORMER:
                _expect(value, {"format", "origin", "log_keys"})
                value = value | {"format": FORMAT, "quorum": None, "authorities": []}
            members = {"format", "origin", "log_keys", "quorum", "authorities"}
            _expect(value, members | ({"blocks"} & value.keys()) if isinstance(value, dict) else members)
            if value["format"] != FORMAT:
                raise PolicyInvalid("the format is not understood")
            keys = tuple(_read_log_key(item) for item in _list(value["log_keys"]))
            quorum = None if value["quorum"] is None else _read_quorum(value["quorum"], MAX_DEPTH)
            authorities = _read_authorities(_list(value["authorities"]))
            blocks = tuple(_read_block(item) for item in _list(value.get("blocks", [])))
            return cls(value["origin"], keys, quorum, authorities, blocks)
        except (NotCanonical, NoteInvalid, AttributeError, TypeError, ValueError) as error:
            raise PolicyInvalid(str(error)) from error

    def encode(self) -> bytes:
        """Write the policy file."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "origin": self.origin,
            "log_keys": [_log_key(item) for item in self.log_keys],
            "quorum": self.quorum and _quorum(self.quorum),
            "authorities": [
                {"certificates": one.pem().decode(), "policies": sorted(one.policies)} for one in self.authorities
            ],
        }
        if self.blocks:  # a policy without them is written as ever
            value["blocks"] = [{"height": block.height, "header": block.header.hex()} for block in self.blocks]
        return canonical(value) + b"\n"

    def keys_at(self, moment: datetime) -> list[Key | Cosigner]:
        """Return the keys that are trusted at `moment`."""
        return [item.key for item in self.log_keys if item.holds(moment)]

    def witnesses(self) -> list[Cosigner]:
        """Return the witnesses in the order of the policy."""
        return self.quorum.cosigners() if self.quorum else []


def _check_origin(origin: object) -> None:
    if not isinstance(origin, str) or not origin or any(character < " " for character in origin):
        raise PolicyInvalid("the origin is not one line of text")
    origin.encode()  # raises for a lone surrogate, which no file holds


def _check_keys(log_keys: list[Key | Cosigner], witnesses: list[Cosigner]) -> None:
    """Require that name and id, which are what a line says, tell keys apart, and that nobody witnesses itself."""
    if not any(isinstance(key, Key) for key in log_keys):
        raise PolicyInvalid("a policy without an Ed25519 key of the log trusts nobody")
    keys = {*log_keys, *witnesses}
    if len({(key.name, key.id) for key in keys}) < len(keys):
        raise PolicyInvalid("two keys have the same name and id")
    if {key.public for key in log_keys} & {key.public for key in witnesses}:
        raise PolicyInvalid("a key of the log is no witness")


def _log_key(item: LogKey) -> dict[str, str | None]:
    before, after = (None if bound is None else instant(bound) for bound in (item.not_before, item.not_after))
    return {"vkey": item.key.vkey, "not_before": before, "not_after": after}


def _read_log_key(item: Any) -> LogKey:
    _expect(item, {"vkey", "not_before", "not_after"})
    made = LogKey(read_key(item["vkey"]), _bound(item["not_before"]), _bound(item["not_after"]))
    if made.not_before and made.not_after and made.not_before > made.not_after:
        raise PolicyInvalid("a key is trusted until before it is trusted")
    return made


def _quorum(quorum: Quorum) -> dict[str, Any]:
    members = [_quorum(member) if isinstance(member, Quorum) else member.vkey for member in quorum.members]
    return {"threshold": quorum.threshold, "members": members}


def _read_quorum(value: Any, depth: int) -> Quorum:
    if depth == 0:
        raise PolicyInvalid(f"quorums are inside each other more than {MAX_DEPTH} times")
    _expect(value, {"threshold", "members"})
    if type(value["threshold"]) is not int:
        raise PolicyInvalid("a threshold is a number")
    members = (
        Cosigner.parse(member) if isinstance(member, str) else _read_quorum(member, depth - 1)
        for member in _list(value["members"])
    )
    return Quorum(value["threshold"], tuple(members))


def _read_authorities(values: list[Any]) -> "tuple[Authority, ...]":
    if not values:
        return ()
    from proof.timestamp import Authority  # noqa: PLC0415 - slow to import, and most policies name no authority

    authorities = []
    for value in values:
        _expect(value, {"certificates", "policies"})
        policies = _list(value["policies"])
        if len(set(policies)) < len(policies):
            raise PolicyInvalid("a policy of an authority is named twice")
        authorities.append(Authority.parse(value["certificates"].encode(), policies))
    return tuple(authorities)


def _read_block(value: Any) -> Block:
    _expect(value, {"height", "header"})
    if not _HEADER.fullmatch(value["header"]):
        raise PolicyInvalid("the header of a block is 80 bytes in lower-case hexadecimal")
    return Block(value["height"], bytes.fromhex(value["header"]))


def _bound(text: Any) -> datetime | None:
    if text is None:
        return None
    if not _BOUND.fullmatch(text):
        raise PolicyInvalid("a bound is a time with a time zone (RFC 3339)")
    return datetime.fromisoformat(text)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise PolicyInvalid("a list is expected")
    return value


def _same(one: object, other: object) -> None:
    if one != other:
        raise PolicyInvalid("the policy would not be written as what it says")


def _expect(value: object, names: Iterable[str]) -> None:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise PolicyInvalid("the policy has not exactly the members of its format")
