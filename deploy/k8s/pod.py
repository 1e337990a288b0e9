"""How a service runs in a pod: nobody's account, a read-only root, no capability, secrets as files."""

from typing import Any

Manifest = dict[str, Any]

CONFIG = "/etc/scelle/config"
KEYS = "/etc/scelle/keys"
SETTINGS = "/etc/scelle/settings"
NOBODY = 65532
GRACE_SECONDS = 60
"""10 s until no router sends anything more, 10 s for requests and messages under way, and room."""
RESOURCES = {
    "serve": {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "768Mi"}},
    "work": {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "768Mi"}},
    "migrate": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
}


def labels(name: str, verb: str) -> dict[str, str]:
    """Return what a pod is found by."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": verb,
        "app.kubernetes.io/part-of": "scelle",
    }


def deployment(name: str, verb: str) -> Manifest:
    """Return the pods of `serve`, of which there are several, or of `work`, of which there is one.

    Order is kept by one reader: a second `work` would do no harm (positions and locks are in the database), and no
    good either.
    """
    own = labels(name, verb)
    several = verb == "serve"
    surge = {"maxSurge": 1, "maxUnavailable": 0} if several else {"maxSurge": 0, "maxUnavailable": 1}
    spec = {
        **({} if several else {"replicas": 1}),
        "revisionHistoryLimit": 5,
        "selector": {"matchLabels": own},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": surge},
        "template": {"metadata": {"labels": own}, "spec": _pod(name, verb)},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{name}-{verb}", "labels": own},
        "spec": spec,
    }


def job(name: str) -> Manifest:
    """Return the job that brings the tables up to date; it may run any number of times."""
    own = labels(name, "migrate")
    pod = _pod(name, "migrate") | {"restartPolicy": "OnFailure"}
    spec = {
        "backoffLimit": 6,
        "ttlSecondsAfterFinished": 600,
        "template": {"metadata": {"labels": own}, "spec": pod},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{name}-migrate", "labels": own},
        "spec": spec,
    }


def _pod(name: str, verb: str) -> Manifest:
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels(name, verb)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {
        "serviceAccountName": name,
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
        **({"topologySpreadConstraints": spread} if verb == "serve" else {}),
        "containers": [_container(name, verb)],
        "volumes": _volumes(name),
    }


def _container(name: str, verb: str) -> Manifest:
    lives = verb != "migrate"
    return {
        "name": name,
        "image": f"scelle-{name}",
        "args": [verb],
        **({"ports": [{"name": "http", "containerPort": 8080}]} if lives else {}),
        "envFrom": [{"configMapRef": {"name": f"{name}-common"}}, {"configMapRef": {"name": f"{name}-settings"}}],
        "env": [{"name": "SCELLE_SETTINGS_DIR", "value": SETTINGS}],
        **(_probes() if lives else {}),
        "resources": RESOURCES[verb],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "settings", "mountPath": SETTINGS, "readOnly": True},
            {"name": "keys", "mountPath": KEYS, "readOnly": True},
            {"name": "config", "mountPath": CONFIG, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def _probes() -> Manifest:
    alive = {"httpGet": {"path": "/livez", "port": "http"}}
    return {
        "startupProbe": alive | {"periodSeconds": 2, "failureThreshold": 60},
        "livenessProbe": alive | {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 6},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5, "timeoutSeconds": 3},
        # The image has no shell. While this lasts, routers learn that the pod is going.
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
    }


def _volumes(name: str) -> list[Manifest]:
    database = {"name": f"{name}-db-app", "items": [{"key": "uri", "path": f"{_prefix(name)}DATABASE_URL"}]}
    settings = [{"secret": database}, {"secret": {"name": f"{name}-settings"}}]
    return [
        {"name": "settings", "projected": {"defaultMode": 0o440, "sources": settings}},
        {"name": "keys", "secret": {"secretName": f"{name}-keys", "defaultMode": 0o440}},
        {"name": "config", "projected": {"sources": _configs(name)}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]


def _configs(name: str) -> list[Manifest]:
    own = {"configMap": {"name": f"{name}-files", "optional": True}}
    return [{"configMap": {"name": "scelle-trust"}}, own]


def _prefix(name: str) -> str:
    return f"{name.upper().replace('-', '_')}_"
