"""What a service is for a cluster: its verbs, its settings, whom it follows and who asks it. Read from its code."""

import tomllib
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from chassis.process import Service
from chassis.settings import ProcessSettings
from chassis.values import KeyFile

Manifest = dict[str, Any]

ROOT = Path(__file__).parents[2]
PORT = 8080
PART_OF = {"app.kubernetes.io/part-of": "scelle"}

SECRETS = {"nats_url", "s3_access_key", "s3_secret_key", "sms_token", "sms_fallback_token", "oidc_client_secret"}
"""Settings that are secret and no files; the address of NATS holds the password of the service."""
USED = {"log_mldsa_key_file", "ar24_token_file", "ar24_private_key_file", "report_secret_file"}
"""Key files that a service can do without, and production does not."""
ELSEWHERE = {"master_key_file", "transit_token_file"}
"""Key files of other installations: here OpenBao holds the master key, and knows a pod by its service account."""


_KEPT = get_args(KeyFile)[1]


@dataclass(frozen=True)
class Shape:
    """One service."""

    name: str
    service: Service[Any]
    producers: tuple[str, ...]
    askers: tuple[str, ...]
    routed: bool

    @property
    def prefix(self) -> str:
        """Return what the names of its variables begin with."""
        return str(self.service.settings.prefix())

    @property
    def fields(self) -> set[str]:
        """Return the names of its settings."""
        return set(self.service.settings.model_fields)

    @property
    def lives(self) -> tuple[str, ...]:
        """Return the verbs that stay; only who is on the bus has something to work on."""
        return ("serve", "work") if "nats_url" in self.fields else ("serve",)

    @property
    def relays(self) -> bool:
        """Tell whether it has a stream of its own: the journal only listens."""
        return "nats_url" in self.fields and self.name != "journal"

    @property
    def seals(self) -> bool:
        """Tell whether it seals what it keeps, under keys that OpenBao wraps."""
        return "transit_url" in self.fields

    @property
    def secrets(self) -> list[str]:
        """Return the settings that are secret values."""
        return sorted(SECRETS & self.fields)

    @property
    def key_files(self) -> list[str]:
        """Return the settings that name a file with a secret, and are given."""
        fields, every = self.service.settings.model_fields, secret_files(self.service.settings)
        return sorted(name for name in every - ELSEWHERE if name in USED or fields[name].is_required())

    def labels(self, verb: str) -> dict[str, str]:
        """Return what the pods of a verb are found by."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/component": verb}

    def manifest(self, kind: str, version: str, name: str, verb: str | None = None) -> Manifest:
        """Return the head of a manifest that belongs to the service."""
        labels = self.labels(verb) if verb else {"app.kubernetes.io/name": self.name}
        return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels | PART_OF}}


def routes() -> list[dict[str, str]]:
    """Return the rows of the gateway's route table."""
    return list(_table()["route"])


def closed() -> list[str]:
    """Return the prefixes that lead nowhere unless an earlier route takes them."""
    return list(_table()["closed"])


def removed_headers() -> list[str]:
    """Return the request headers that the gateway removes."""
    return list(_table()["identity_headers"]["remove"])


def shapes() -> dict[str, Shape]:
    """Return every service that is installed, by its name."""
    folders = (path.parents[2].name for path in (ROOT / "services").glob("*/src/*/__main__.py"))
    names = sorted(name for name in folders if find_spec(_module(name)))
    services = {name: import_module(f"{_module(name)}.__main__").SERVICE for name in names}
    routed = {route["service"] for route in routes()}
    return {
        name: Shape(
            name=name,
            service=service,
            producers=_producers(name),
            askers=tuple(other for other, its in services.items() if name in its.peers),
            routed=name in routed,
        )
        for name, service in services.items()
    }


def secret_files(settings: type[ProcessSettings]) -> set[str]:
    """Return every setting that names a file with a secret."""
    return {name for name, field in settings.model_fields.items() if _KEPT in _parts(field.annotation, *field.metadata)}


def _parts(*types: Any) -> list[Any]:
    """Return what a type is made of, unions and annotations taken apart."""
    return [part for one in types for part in (one, *_parts(*get_args(one)))]


def _producers(name: str) -> tuple[str, ...]:
    """Return the services whose events a service follows."""
    for place in ("wiring", "wiring.process"):
        try:
            found = getattr(import_module(f"{_module(name)}.{place}"), "PRODUCERS", None)
        except ModuleNotFoundError:
            continue
        if found is not None:
            return tuple(sorted(found))
    return ()


def _module(name: str) -> str:
    return name.replace("-", "_")


def _table() -> dict[str, Any]:
    return tomllib.loads((ROOT / "deploy/gateway/routes.toml").read_text())
