"""Whom the verifier trusts: a file that comes from outside what is verified, never from inside."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from proof.canonical import NotCanonical, canonical, read
from proof.entry import instant
from proof.note import Key, NoteInvalid

FORMAT = "scelle-policy/1"


class PolicyInvalid(ValueError):
    """The file is not a trust policy that this version understands."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key of the log and when it is trusted; an absent bound is open."""

    key: Key
    not_before: datetime | None = None
    not_after: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Tell whether the key is trusted at `moment`."""
        return (self.not_before is None or self.not_before <= moment) and (
            self.not_after is None or moment <= self.not_after
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The log that is expected and the keys that may speak for it.

    Unknown members are refused, so that a policy which asks for witnesses is never read as one that does not.
    """

    origin: str
    log_keys: tuple[LogKey, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy file (any JSON layout, no duplicate keys); raises PolicyInvalid."""
        try:
            value = read(data)
            _expect(value, {"format", "origin", "log_keys"})
            if value["format"] != FORMAT or not isinstance(value["origin"], str) or not value["origin"]:
                raise PolicyInvalid("the format or the origin is not understood")
            keys = tuple(_log_key(item) for item in value["log_keys"])
        except (NotCanonical, NoteInvalid, TypeError, ValueError) as error:
            raise PolicyInvalid(str(error)) from error
        if not keys:
            raise PolicyInvalid("a policy without a key trusts nobody")
        return cls(value["origin"], keys)

    def encode(self) -> bytes:
        """Write the policy file."""
        keys = [
            {
                "vkey": item.key.vkey,
                "not_before": item.not_before and instant(item.not_before),
                "not_after": item.not_after and instant(item.not_after),
            }
            for item in self.log_keys
        ]
        return canonical({"format": FORMAT, "origin": self.origin, "log_keys": keys}) + b"\n"

    def keys_at(self, moment: datetime) -> list[Key]:
        """Return the keys that are trusted at `moment`."""
        return [item.key for item in self.log_keys if item.holds(moment)]


def _log_key(item: dict[str, Any]) -> LogKey:
    _expect(item, {"vkey", "not_before", "not_after"})
    return LogKey(Key.parse(item["vkey"]), _bound(item["not_before"]), _bound(item["not_after"]))


def _bound(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise PolicyInvalid("a bound needs a time zone")
    return moment


def _expect(value: object, names: Iterable[str]) -> None:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise PolicyInvalid("the policy has not exactly the members of its format")
