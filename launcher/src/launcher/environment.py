"""What the launcher reads of its environment: a variable that does not hold stops every verb before it begins."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from launcher.errors import BadSettings

_SERVERS = ("SCELLE_POSTGRES", "SCELLE_NATS", "SCELLE_S3", "SCELLE_OTLP", "SCELLE_DATA", "SCELLE_TOKEN")
"""What the names of the launcher's own variables begin with; others of SCELLE_ are for other programs."""


def check(environ: Mapping[str, str]) -> None:
    """Raise BadSettings, in one line and without the value, for the first variable that does not hold."""
    for name, value in sorted(environ.items()):
        if name not in _KNOWN and name.startswith(_SERVERS):
            raise BadSettings(f"unknown variable: {name}")
        if name in _KNOWN and value:  # an empty variable is one that is not set
            _KNOWN[name](name, value)


def _address(*schemes: str) -> Callable[[str, str], None]:
    def look(name: str, value: str) -> None:
        try:
            parts = urlsplit(value)
            holds = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            holds = False
        if not holds or " " in value or not value.isprintable():
            raise BadSettings(
                f"{name} is not an address that begins with {' or '.join(f'{one}://' for one in schemes)}"
            )

    return look


def _text(name: str, value: str) -> None:
    if not value.strip() or not value.isprintable():
        raise BadSettings(f"{name} is blank, or holds control characters")


def _share(name: str, value: str) -> None:
    try:
        holds = 0 <= float(value) <= 1
    except ValueError:
        holds = False
    if not holds:
        raise BadSettings(f"{name} is not a share from 0 to 1")


_KNOWN: Mapping[str, Callable[[str, str], None]] = {
    "SCELLE_DATA": _text,
    "SCELLE_TOKEN": _text,
    "SCELLE_POSTGRES_URL": _address("postgresql", "postgres"),
    "SCELLE_NATS_URL": _address("nats", "tls"),
    "SCELLE_S3_URL": _address("http", "https"),
    "SCELLE_S3_ACCESS_KEY": _text,
    "SCELLE_S3_SECRET_KEY": _text,
    "SCELLE_OTLP_ENDPOINT": _address("http", "https"),
    "SCELLE_OTLP_SAMPLED": _share,
}
