"""How many pods there are: of `serve` by their load, of `work` by how far it lags behind; and how many may be away."""

from collections.abc import Iterator

from bus.streams import stream_name
from shape import Manifest, Shape

MONITORING = "nats-headless.nats.svc:8222"
LAG = 2_000
"""Messages: ten seconds of the design load (200 events/s) that a consumer has not taken in."""
ACTIVATION = 100


def scaling(shape: Shape) -> Iterator[Manifest]:
    """Return what scales the pods of a service and what keeps enough of them."""
    for verb in shape.lives:
        selector = {"matchLabels": shape.labels(verb)}
        budget = shape.manifest("PodDisruptionBudget", "policy/v1", f"{shape.name}-{verb}", verb)
        yield budget | {"spec": {"maxUnavailable": 1, "selector": selector}}
    yield _serve(shape)
    if shape.producers:
        yield _work(shape)


def _serve(shape: Shape) -> Manifest:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{shape.name}-serve"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [cpu],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
    }
    name = f"{shape.name}-serve"
    return shape.manifest("HorizontalPodAutoscaler", "autoscaling/v2", name, "serve") | {"spec": spec}


def _work(shape: Shape) -> Manifest:
    """Return what starts a second `work` where the first does not keep up: a substitute, not a helper (ADR 0033)."""
    triggers = [
        {
            "type": "nats-jetstream",
            "metadata": {
                "natsServerMonitoringEndpoint": MONITORING,
                "account": "$G",
                "stream": stream_name(producer),
                "consumer": shape.name,
                "lagThreshold": str(LAG),
                "activationLagThreshold": str(ACTIVATION),
            },
        }
        for producer in shape.producers
    ]
    patient = {
        "scaleUp": {"stabilizationWindowSeconds": 120},
        "scaleDown": {"stabilizationWindowSeconds": 300},
    }
    spec = {
        "scaleTargetRef": {"name": f"{shape.name}-work"},
        "minReplicaCount": 1,
        "maxReplicaCount": 2,
        "pollingInterval": 30,
        # NATS does not tell how far it is: one pod, as if nothing lagged.
        "fallback": {"failureThreshold": 3, "replicas": 1},
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": patient}},
        "triggers": triggers,
    }
    return shape.manifest("ScaledObject", "keda.sh/v1alpha1", f"{shape.name}-work", "work") | {"spec": spec}
