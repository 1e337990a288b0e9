"""What operators of the cluster make for a service: its database, its stream, its secrets."""

from collections.abc import Iterator
from typing import Any, get_args

from bus.streams import configuration
from chassis.process import Service
from chassis.settings import KeyFile, ServiceSettings

Manifest = dict[str, Any]

SECRETS = {"nats_url", "s3_access_key", "s3_secret_key", "sms_token", "oidc_client_secret"}
"""Settings that are secret and no files; the address of NATS holds the password of the service."""
USED = {"log_mldsa_key_file", "ar24_token_file", "ar24_private_key_file"}
"""Key files that a service can do without, and production does not."""
STORE = {"kind": "ClusterSecretStore", "name": "openbao"}


def cluster(name: str) -> Manifest:
    """Return a PostgreSQL of three: a commit is on two of them before it is answered, and one of those takes over."""
    spec = {
        "instances": 3,
        "imageName": "ghcr.io/cloudnative-pg/postgresql:18",
        "bootstrap": {"initdb": {"database": "app", "owner": "app", "dataChecksums": True}},
        "postgresql": {
            "synchronous": {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True},
            "parameters": {"archive_timeout": "60s"},
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
    }
    return _resource("jetstream.nats.io/v1beta2", "Stream", str(wanted.name).lower().replace("_", "-"), spec)


def external_secrets(name: str, service: Service[Any]) -> Iterator[Manifest]:
    """Return where the secrets of a service come from: `scelle/<service>/…` of the store."""
    prefix = service.settings.prefix()
    fields = sorted(SECRETS & set(service.settings.model_fields))
    yield _secret(name, "settings", {f"{prefix}{field.upper()}": field for field in fields})
    yield _secret(name, "keys", {field.removesuffix("_file"): field for field in key_files(service.settings)})


def key_files(settings: type[ServiceSettings]) -> list[str]:
    """Return the fields that name a file with a secret and are given."""
    _, secret = get_args(KeyFile)
    fields = settings.model_fields.items()
    return sorted(name for name, field in fields if name in USED or secret in field.metadata)


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


def _resource(version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    labels = {"app.kubernetes.io/part-of": "scelle"}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": spec}
