"""Who may talk to whom: nobody, but for what a service says that it asks."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.process import Service

Manifest = dict[str, Any]

PORT = 8080
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]
OUTSIDE = {
    "s3_endpoint": 443,
    "smtp_host": 587,
    "sms_url": 443,
    "oidc_token_url": 443,
    "authorities": 443,
    "calendars": 443,
    "witnesses": 443,
    "ar24_url": 443,
    "maileva_url": 443,
}
"""Settings that name something outside the cluster, and the port at which it is reached."""


def policies(name: str, service: Service[Any], *, askers: Sequence[str], routed: bool) -> Iterator[Manifest]:
    """Return what the pods of a service may receive and where they may go."""
    common = [_dns(), _database(name), *_peers(service.peers), _telemetry(), *_outside(service)]
    receiving = [_from_service(other) for other in askers]
    if routed:
        receiving.append(_namespace("gateway"))
    ingress = [{"from": receiving, "ports": [_tcp(PORT)]}] if receiving else []
    yield _policy(name, "serve", ingress, common)
    yield _policy(name, "work", [], [*common, _to(_namespace("nats"), 4222)])
    yield _policy(name, "migrate", [], [_dns(), _database(name)])


def _policy(name: str, verb: str, ingress: list[Manifest], egress: list[Manifest]) -> Manifest:
    own = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": verb}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{name}-{verb}", "labels": {"app.kubernetes.io/part-of": "scelle"}},
        "spec": {
            "podSelector": {"matchLabels": own},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
    }


def _outside(service: Service[Any]) -> list[Manifest]:
    ports = sorted({port for field, port in OUTSIDE.items() if field in service.settings.model_fields})
    anywhere = {"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE}}
    return [{"to": [anywhere], "ports": [_tcp(port) for port in ports]}] if ports else []


def _peers(names: Sequence[str]) -> list[Manifest]:
    return [_to({"podSelector": {"matchLabels": _serving(name)}}, PORT) for name in sorted(names)]


def _from_service(name: str) -> Manifest:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def _serving(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "serve"}


def _dns() -> Manifest:
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"to": [_namespace("kube-system")], "ports": ports}


def _database(name: str) -> Manifest:
    return _to({"podSelector": {"matchLabels": {"cnpg.io/cluster": f"{name}-db"}}}, 5432)


def _telemetry() -> Manifest:
    return _to(_namespace("observability"), 4318)


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _to(peer: Manifest, port: int) -> Manifest:
    return {"to": [peer], "ports": [_tcp(port)]}


def _tcp(port: int) -> Manifest:
    return {"protocol": "TCP", "port": port}
