"""Who may talk to whom: nobody, but for what a service says that it asks."""

from collections.abc import Iterator, Sequence

from shape import PART_OF, PORT, Manifest, Shape

PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]
OUTSIDE = {
    "s3_endpoint": 443,
    "smtp_host": 587,
    "sms_url": 443,
    "sms_fallback_url": 443,
    "oidc_token_url": 443,
    "oidc_jwks_url": 443,
    "oidc_userinfo_url": 443,
    "authorities": 443,
    "calendars": 443,
    "witnesses": 443,
    "ar24_url": 443,
    "maileva_url": 443,
    "maileva_token_url": 443,
}
"""Settings that name something outside the cluster, and the port at which it is reached."""
INSIDE = {"database_url", "nats_url", "transit_url", "otlp_endpoint", "peers", "clamd"}
"""Settings that name something inside, for which there is a rule below."""
NOT_ASKED = {"http_host", "public_url", "oidc_issuer", "oidc_authorize_url", "oidc_redirect_url"}
"""Addresses that a service listens on, writes down, or sends browsers to."""
CLAMD = 3310


def policies(shape: Shape) -> Iterator[Manifest]:
    """Return what the pods of a service may receive and where they may go."""
    always = [_dns(), _database(shape.name), *([_keys()] if shape.seals else [])]
    asking = [*always, *_peers(shape.service.peers), _telemetry(), *_scanner(shape), *_outside(shape)]
    receiving = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": other}}} for other in shape.askers]
    if shape.routed:
        receiving.append(_namespace("gateway"))
    ingress = [{"from": receiving, "ports": [_tcp(PORT)]}] if receiving else []
    yield _policy(shape, "serve", ingress, asking)
    if "work" in shape.lives:
        yield _policy(shape, "work", [], [*asking, _to(_namespace("nats"), 4222)])
    yield _policy(shape, "migrate", [], always)


def _policy(shape: Shape, verb: str, ingress: list[Manifest], egress: list[Manifest]) -> Manifest:
    spec = {
        "podSelector": {"matchLabels": shape.labels(verb)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": egress,
    }
    return shape.manifest("NetworkPolicy", "networking.k8s.io/v1", f"{shape.name}-{verb}", verb) | {"spec": spec}


def _outside(shape: Shape) -> list[Manifest]:
    ports = sorted({port for field, port in OUTSIDE.items() if field in shape.fields})
    anywhere = {"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE}}
    return [{"to": [anywhere], "ports": [_tcp(port) for port in ports]}] if ports else []


def _scanner(shape: Shape) -> list[Manifest]:
    antivirus = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "clamav"} | PART_OF}}
    return [_to(antivirus, CLAMD)] if "clamd" in shape.fields else []


def _peers(names: Sequence[str]) -> list[Manifest]:
    return [_to({"podSelector": {"matchLabels": _serving(name)}}, PORT) for name in sorted(names)]


def _serving(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "serve"}


def _dns() -> Manifest:
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"to": [_namespace("kube-system")], "ports": ports}


def _database(name: str) -> Manifest:
    return _to({"podSelector": {"matchLabels": {"cnpg.io/cluster": f"{name}-db"}}}, 5432)


def _keys() -> Manifest:
    return _to(_namespace("openbao"), 8200)


def _telemetry() -> Manifest:
    return _to(_namespace("observability"), 4318)


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _to(peer: Manifest, port: int) -> Manifest:
    return {"to": [peer], "ports": [_tcp(port)]}


def _tcp(port: int) -> Manifest:
    return {"protocol": "TCP", "port": port}
