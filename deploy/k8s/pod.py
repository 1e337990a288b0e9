"""How a service runs in a pod: nobody's account, a read-only root, no capability, secrets as files."""

from resources import needs
from shape import PART_OF, PORT, Manifest, Shape

CONFIG = "/etc/scelle/config"
KEYS = "/etc/scelle/keys"
SETTINGS = "/etc/scelle/settings"
IDENTITY = "/var/run/secrets/openbao"
AUDIENCE = "openbao"
NOBODY = 65532
GRACE_SECONDS = 60
"""10 s until no router sends anything more, 10 s for requests and messages under way, and room."""


def deployment(shape: Shape, verb: str) -> Manifest:
    """Return the pods of `serve`, of which there are several, or of `work`, of which there is one (ADR 0033)."""
    labels = shape.labels(verb)
    surge = {"maxSurge": 1, "maxUnavailable": 0} if verb == "serve" else {"maxSurge": 0, "maxUnavailable": 1}
    spec = {
        # How many there are is the affair of what scales them; without that, one.
        "revisionHistoryLimit": 5,
        "selector": {"matchLabels": labels | PART_OF},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": surge},
        "template": {"metadata": {"labels": labels | PART_OF}, "spec": _pod(shape, verb)},
    }
    return shape.manifest("Deployment", "apps/v1", f"{shape.name}-{verb}", verb) | {"spec": spec}


def job(shape: Shape) -> Manifest:
    """Return the job that brings the tables up to date; it may run any number of times."""
    pod = _pod(shape, "migrate") | {"restartPolicy": "OnFailure"}
    template = {"metadata": {"labels": shape.labels("migrate") | PART_OF}, "spec": pod}
    spec = {"backoffLimit": 6, "ttlSecondsAfterFinished": 600, "template": template}
    return shape.manifest("Job", "batch/v1", f"{shape.name}-migrate", "migrate") | {"spec": spec}


def _pod(shape: Shape, verb: str) -> Manifest:
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": shape.labels(verb) | PART_OF},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {
        "serviceAccountName": shape.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "runAsGroup": NOBODY,
            "fsGroup": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **({"topologySpreadConstraints": spread} if verb != "migrate" else {}),
        "containers": [_container(shape, verb)],
        "volumes": _volumes(shape),
    }


def _container(shape: Shape, verb: str) -> Manifest:
    lives, name = verb in shape.lives, shape.name
    return {
        "name": name,
        "image": f"scelle-{name}",
        "imagePullPolicy": "Always",
        "args": [verb],
        **({"ports": [{"name": "http", "containerPort": PORT}]} if lives else {}),
        "envFrom": [{"configMapRef": {"name": f"{name}-common"}}, {"configMapRef": {"name": f"{name}-settings"}}],
        "env": [{"name": "SCELLE_SETTINGS_DIR", "value": SETTINGS}],
        **(_probes() if lives else {}),
        "resources": needs(name, verb),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "settings", "mountPath": SETTINGS, "readOnly": True},
            *([{"name": "keys", "mountPath": KEYS, "readOnly": True}] if shape.key_files else []),
            {"name": "config", "mountPath": CONFIG, "readOnly": True},
            *([{"name": "identity", "mountPath": IDENTITY, "readOnly": True}] if shape.seals else []),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def _probes() -> Manifest:
    alive = {"httpGet": {"path": "/livez", "port": "http"}}
    return {
        "startupProbe": alive | {"periodSeconds": 2, "failureThreshold": 60},
        "livenessProbe": alive | {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 6},
        # Of the database only: without the bus a writer goes on writing, and its events wait in the database.
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5, "timeoutSeconds": 3},
        # The image has no shell. While this lasts, routers learn that the pod is going.
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
    }


def _volumes(shape: Shape) -> list[Manifest]:
    name = shape.name
    database = {"name": f"{name}-db-app", "items": [{"key": "uri", "path": f"{shape.prefix}DATABASE_URL"}]}
    settings = [{"secret": database}, *([{"secret": {"name": f"{name}-settings"}}] if shape.secrets else [])]
    keys = {"name": "keys", "secret": {"secretName": f"{name}-keys", "defaultMode": 0o440}}
    configs = [{"configMap": {"name": one}} for one in ("scelle-trust", "openbao-ca")]
    own = {"configMap": {"name": f"{name}-files", "optional": True}}
    token = {"serviceAccountToken": {"path": "token", "audience": AUDIENCE, "expirationSeconds": 600}}
    identity = {"name": "identity", "projected": {"defaultMode": 0o440, "sources": [token]}}
    return [
        {"name": "settings", "projected": {"defaultMode": 0o440, "sources": settings}},
        *([keys] if shape.key_files else []),
        {"name": "config", "projected": {"sources": [*configs, own]}},
        *([identity] if shape.seals else []),
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]
