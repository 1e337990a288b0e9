"""What operators of the cluster make for a service: its database, its stream, its account on the bus, its secrets."""

import json
from collections.abc import Iterator
from typing import Any

from bus.streams import configuration, stream_name
from shape import PART_OF, Manifest, Shape

STORE = {"kind": "SecretStore", "name": "openbao"}


def cluster(name: str) -> Manifest:
    """Return a PostgreSQL of three: a commit is on two of them before it is answered, and one of those takes over."""
    spec = {
        "instances": 3,
        "imageName": "ghcr.io/cloudnative-pg/postgresql:18",
        "bootstrap": {"initdb": {"database": "app", "owner": "app", "dataChecksums": True}},
        "postgresql": {
            "synchronous": {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True},
            "parameters": {
                "archive_timeout": "60s",
                # Details of a violated constraint quote rows, and rows name people.
                "log_error_verbosity": "terse",
                # The lock of a pod whose node is gone falls within half a minute.
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
            },
        },
        "storage": {"size": "20Gi"},
        "affinity": {"topologyKey": "topology.kubernetes.io/zone", "podAntiAffinityType": "preferred"},
        "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "plugins": [
            {
                "name": "barman-cloud.cloudnative-pg.io",
                "isWALArchiver": True,
                "parameters": {"barmanObjectName": "scelle-backups", "serverName": f"{name}-db"},
            }
        ],
    }
    return _resource("postgresql.cnpg.io/v1", "Cluster", f"{name}-db", spec)


def backup(name: str) -> Manifest:
    """Return the daily base backup of a database; its log is archived all the time."""
    spec = {
        "schedule": "0 0 2 * * *",
        "cluster": {"name": f"{name}-db"},
        "method": "plugin",
        "pluginConfiguration": {"name": "barman-cloud.cloudnative-pg.io"},
    }
    return _resource("postgresql.cnpg.io/v1", "ScheduledBackup", f"{name}-db", spec)


def stream(name: str) -> Manifest:
    """Return the stream of a service, as the service itself would make it."""
    wanted = configuration(name, replicas=3)
    spec = {
        "name": wanted.name,
        "subjects": wanted.subjects,
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "replicas": wanted.num_replicas,
        "maxMsgs": wanted.max_msgs,
        "maxBytes": wanted.max_bytes,
        "duplicateWindow": f"{wanted.duplicate_window:.0f}s",
        "denyDelete": wanted.deny_delete,
        "denyPurge": wanted.deny_purge,
        "allowDirect": wanted.allow_direct,
        "preventDelete": True,
        "servers": ["nats://nats.nats.svc:4222"],
    }
    return _resource("jetstream.nats.io/v1beta2", "Stream", str(wanted.name).lower().replace("_", "-"), spec)


def permissions(shape: Shape) -> dict[str, list[str]]:
    """Return what a service may say on the bus: its own events, and what a follower asks about those it follows.

    Nobody may delete or purge a stream, nor touch the consumer of another service.
    """
    publish = ["$JS.API.INFO"]
    if shape.relays:
        own = stream_name(shape.name)
        asked = ("STREAM.INFO", "STREAM.CREATE", "STREAM.MSG.GET")
        publish += [f"ev.{shape.name}.>", *(f"$JS.API.{api}.{own}" for api in asked)]
    for producer in shape.producers:
        name, me = stream_name(producer), shape.name
        publish += [f"$JS.API.{api}.{name}" for api in ("STREAM.INFO", "STREAM.MSG.GET")]
        publish += [f"$JS.API.CONSUMER.{api}.{name}.{me}" for api in ("INFO", "DELETE", "MSG.NEXT", "CREATE")]
        publish += [f"$JS.API.CONSUMER.DURABLE.CREATE.{name}.{me}", f"$JS.ACK.{name}.{me}.>"]
    return {"publish": publish, "subscribe": ["_INBOX.>"]}


def accounts(shapes: Iterator[Shape]) -> str:
    """Return the chart's values with an account for each service that is on the bus, and one for NACK."""
    operator = {"publish": ["$JS.API.STREAM.*.EV_*", "$JS.API.INFO"], "subscribe": ["_INBOX.>"]}
    lines = ["config:", "  merge:", "    authorization:", "      users:"]
    for name, allowed in [("nack", operator), *((one.name, permissions(one)) for one in shapes if "work" in one.lives)]:
        variable = f"{name.upper().replace('-', '_')}_PASSWORD"
        lines += [
            f"        - user: {name}",
            f"          password: << ${variable} >>",
            "          permissions:",
            *(f"            {way}: {json.dumps(subjects)}" for way, subjects in allowed.items()),
        ]
    return "\n".join(lines) + "\n"


def external_secrets(shape: Shape) -> Iterator[Manifest]:
    """Return where the secrets of a service come from: `scelle/<service>/…` of the store."""
    if shape.secrets:
        yield _secret(shape.name, "settings", {f"{shape.prefix}{field.upper()}": field for field in shape.secrets})
    if shape.key_files:
        yield _secret(shape.name, "keys", {field.removesuffix("_file"): field for field in shape.key_files})


def _secret(name: str, what: str, keys: dict[str, str]) -> Manifest:
    data = [
        {"secretKey": key, "remoteRef": {"key": f"scelle/{name}/{what}", "property": value}}
        for key, value in keys.items()
    ]
    spec = {
        "refreshInterval": "1h",
        "secretStoreRef": STORE,
        "target": {"name": f"{name}-{what}", "creationPolicy": "Owner"},
        "data": data,
    }
    return _resource("external-secrets.io/v1", "ExternalSecret", f"{name}-{what}", spec)


def _resource(version: str, kind: str, name: str, spec: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": dict(PART_OF)}, "spec": spec}
