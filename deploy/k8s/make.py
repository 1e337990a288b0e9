"""Make the manifests that follow from the code: what the services say of themselves, and the gateway's route table.

`python deploy/k8s/make.py` writes them, with `--check` it only tells whether they are as they would be written. What a
service asks, which settings it has and which of them are secret stands in its code and nowhere else.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from chassis.process import Service
from operators import backup, cluster, external_secrets, key_files, stream
from pod import CONFIG, KEYS, deployment, job
from reach import policies

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PORT = 8080
SAID = "# Made by deploy/k8s/make.py: change that, or the service.\n"
Manifest = dict[str, Any]


def services() -> dict[str, Service[Any]]:
    """Return every service by the name of its folder."""
    names = sorted(path.parents[2].name for path in (ROOT / "services").glob("*/src/*/__main__.py"))
    return {name: import_module(f"{name.replace('-', '_')}.__main__").SERVICE for name in names}


def routes() -> list[dict[str, str]]:
    """Return the rows of the gateway's route table."""
    table: list[dict[str, str]] = tomllib.loads((ROOT / "deploy/gateway/routes.toml").read_text())["route"]
    return table


def settings_of(service: Service[Any]) -> Manifest:
    """Return the settings that are the same wherever the platform runs; an overlay adds the others."""
    fields = {
        "HTTP_HOST": "0.0.0.0",  # noqa: S104 - the pod's own network, behind its policy
        "HTTP_PORT": str(PORT),
        "TRUST_FILE": f"{CONFIG}/trust.json",
        "PEERS": _peers(service),
        "NATS_REPLICAS": "3",
        **{name.upper(): f"{KEYS}/{name.removesuffix('_file')}" for name in key_files(service.settings)},
    }
    prefix = service.settings.prefix()
    data = {f"{prefix}{name}": value for name, value in sorted(fields.items())}
    return _named("ConfigMap", "v1", f"{service.name}-common", service.name) | {"data": data}


def of_service(name: str, service: Service[Any], everyone: dict[str, Service[Any]]) -> Iterator[Manifest]:
    """Return the manifests of one service, in the order in which they are applied."""
    yield _named("ServiceAccount", "v1", name, name) | {"automountServiceAccountToken": False}
    yield settings_of(service)
    ports = [{"name": "http", "port": PORT, "targetPort": "http"}]
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "serve"}
    yield _named("Service", "v1", name, name) | {"spec": {"ports": ports, "selector": selector}}
    yield job(name)
    for verb in ("serve", "work"):
        yield deployment(name, verb)
        yield _disruption(name, verb)
    yield _scaling(name)
    routed = name in {route["service"] for route in routes()}
    askers = sorted(other for other, its in everyone.items() if name in its.peers)
    yield from policies(name, service, askers=askers, routed=routed)


def of_routes() -> Manifest:
    """Return the routes of the Gateway API, and the headers that nobody may bring along."""
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": route["prefix"]}}],
            "backendRefs": [{"name": route["service"], "port": PORT}],
        }
        for route in routes()
    ]
    spec = {"parentRefs": [{"name": "scelle"}], "rules": rules}
    return _named("HTTPRoute", "gateway.networking.k8s.io/v1", "scelle", "gateway") | {"spec": spec}


def written() -> dict[str, str]:
    """Return the text of every file, by its path below this folder."""
    everyone = services()
    base = {f"{name}.yaml": list(of_service(name, service, everyone)) for name, service in everyone.items()}
    base["routes.yaml"] = [of_routes()]
    base["kustomization.yaml"] = [_kustomization(["namespace.yaml", "network.yaml", *sorted(base)])]
    made = {f"base/{name}": manifests for name, manifests in base.items()}
    databases = [manifest for name in everyone for manifest in (cluster(name), backup(name))]
    secrets = [manifest for name, service in everyone.items() for manifest in external_secrets(name, service)]
    made["components/postgres/clusters.yaml"] = databases
    made["components/nats/streams.yaml"] = [stream(name) for name in sorted(everyone["journal"].peers)]
    made["components/secrets/secrets.yaml"] = secrets
    return {name: _text(manifests) for name, manifests in made.items()}


def _kustomization(resources: list[str]) -> Manifest:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "scelle",
        "resources": resources,
    }


def _peers(service: Service[Any]) -> str:
    return json.dumps({name: f"http://{name}:{PORT}" for name in service.peers})


def _named(kind: str, version: str, name: str, service: str) -> Manifest:
    labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/part-of": "scelle"}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}}


def _disruption(name: str, verb: str) -> Manifest:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": verb}
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    return _named("PodDisruptionBudget", "policy/v1", f"{name}-{verb}", name) | {"spec": spec}


def _scaling(name: str) -> Manifest:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{name}-serve"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [cpu],
    }
    return _named("HorizontalPodAutoscaler", "autoscaling/v2", f"{name}-serve", name) | {"spec": spec}


def _text(manifests: list[Manifest]) -> str:
    return SAID + yaml.dump_all(manifests, Dumper=_Plain, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """Repeats what stands twice, instead of pointing at it."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def main() -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    asked = parser.parse_args()
    different = []
    for name, text in written().items():
        path = HERE / name
        if not path.exists() or path.read_text() != text:
            different.append(name)
            if not asked.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    if asked.check and different:
        sys.stderr.write(f"deploy/k8s: run deploy/k8s/make.py for {', '.join(different)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
