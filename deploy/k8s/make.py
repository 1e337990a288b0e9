"""Make the manifests that follow from the code: what the services say of themselves, and the gateway's route table.

`python deploy/k8s/make.py` writes them, with `--check` it only tells whether they are as they would be written. What a
service asks, which settings it has and which of them are secret stands in its code and nowhere else.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from operators import accounts, backup, cluster, external_secrets, stream
from pod import CONFIG, IDENTITY, KEYS, deployment, job
from reach import CLAMD, policies
from scaling import scaling
from shape import PART_OF, PORT, ROOT, Manifest, Shape, closed, removed_headers, routes, shapes

HERE = Path(__file__).parent
DASHBOARDS = ROOT / "deploy" / "compose" / "grafana" / "dashboards"
SAID = "# Made by deploy/k8s/make.py: change that, or the service.\n"
OPENBAO = "https://openbao.openbao.svc:8200"


def settings_of(shape: Shape) -> Manifest:
    """Return the settings that are the same wherever the platform runs; an overlay adds the others."""
    values = {
        "HTTP_HOST": "0.0.0.0",  # noqa: S104 - the pod's own network, behind its policy
        "HTTP_PORT": str(PORT),
        "TRUST_FILE": f"{CONFIG}/trust.json",
        "PEERS": json.dumps({name: f"http://{name}:{PORT}" for name in shape.service.peers}),
        "NATS_REPLICAS": "3",
        "CLAMD": f"clamav:{CLAMD}",
        "TRANSIT_URL": OPENBAO,
        "TRANSIT_ROLE": f"scelle-{shape.name}",
        "TRANSIT_JWT_FILE": f"{IDENTITY}/token",
        "TRANSIT_CA_FILE": f"{CONFIG}/openbao-ca.pem",
        **{name.upper(): f"{KEYS}/{name.removesuffix('_file')}" for name in shape.key_files},
    }
    data = {f"{shape.prefix}{name}": value for name, value in sorted(values.items()) if name.lower() in shape.fields}
    return shape.manifest("ConfigMap", "v1", f"{shape.name}-common") | {"data": data}


def of_service(shape: Shape) -> Iterator[Manifest]:
    """Return the manifests of one service, in the order in which they are applied."""
    yield shape.manifest("ServiceAccount", "v1", shape.name) | {"automountServiceAccountToken": False}
    yield settings_of(shape)
    spec = {"ports": [{"name": "http", "port": PORT, "targetPort": "http"}], "selector": shape.labels("serve")}
    yield shape.manifest("Service", "v1", shape.name) | {"spec": spec}
    yield job(shape)
    for verb in shape.lives:
        yield deployment(shape, verb)
    yield from scaling(shape)
    yield from policies(shape)


def of_routes() -> Iterator[Manifest]:
    """Return the routes of the Gateway API, without the headers that nobody may bring along."""
    removed = [header for header in removed_headers() if "*" not in header]  # the interface knows no patterns
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": removed}}]
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": route["prefix"]}}],
            "filters": filters,
            "backendRefs": [{"name": route["service"], "port": PORT}],
        }
        for route in routes()
    ]
    rules.append(_nowhere())
    yield _route("scelle", "https", rules)
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    yield _route("scelle-to-https", "http", [{"filters": [redirect]}])


def _nowhere() -> Manifest:
    """Return the rule for what is closed: whoever gets what nobody takes is asked for an address that he lacks."""
    gone = {
        "type": "URLRewrite",
        "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/introuvable"}},
    }
    paths = [{"path": {"type": "PathPrefix", "value": prefix}} for prefix in closed()]
    return {"matches": paths, "filters": [gone], "backendRefs": [{"name": routes()[-1]["service"], "port": PORT}]}


def dashboards() -> Iterator[Manifest]:
    """Return the dashboards that the composed platform shows too, for a Grafana that looks for such ConfigMaps."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        labels = PART_OF | {"grafana_dashboard": "1"}
        head = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"dashboard-{path.stem}", "labels": labels},
        }
        yield head | {"data": {path.name: path.read_text()}}


def written() -> dict[str, str]:
    """Return the text of every file, by its path below this folder."""
    everyone = shapes()
    base = {f"{name}.yaml": _text(of_service(shape)) for name, shape in everyone.items()}
    base["routes.yaml"] = _text(of_routes())
    resources = ["namespace.yaml", "network.yaml", *sorted(base)]
    base["kustomization.yaml"] = _text([_kustomization(resources)])
    databases = (manifest for name in everyone for manifest in (cluster(name), backup(name)))
    secrets = (manifest for shape in everyone.values() for manifest in external_secrets(shape))
    streams = (stream(name) for name, shape in everyone.items() if shape.relays)
    return {f"base/{name}": text for name, text in base.items()} | {
        "components/postgres/clusters.yaml": _text(databases),
        "components/nats/streams.yaml": _text(streams),
        "components/nats/accounts.yaml": SAID + accounts(iter(everyone.values())),
        "components/secrets/secrets.yaml": _text(secrets),
        "components/dashboards/dashboards.yaml": _text(dashboards()),
    }


def _route(name: str, listener: str, rules: list[Manifest]) -> Manifest:
    metadata = {"name": name, "labels": dict(PART_OF)}
    spec = {"parentRefs": [{"name": "scelle", "sectionName": listener}], "rules": rules}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def _kustomization(resources: list[str]) -> Manifest:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return head | {"namespace": "scelle", "resources": resources}


def _text(manifests: Iterator[Manifest] | list[Manifest]) -> str:
    return SAID + yaml.dump_all(manifests, Dumper=_Plain, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """Repeats what stands twice, instead of pointing at it, and keeps the lines of a file as they are."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


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
