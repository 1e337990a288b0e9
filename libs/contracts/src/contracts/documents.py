"""The committed documents made from the registry: JSON Schemas, golden examples and the AsyncAPI description."""

import json
from pathlib import Path
from typing import Any

from contracts.envelope import Envelope
from contracts.examples import example
from contracts.registry import MODELS

HERE = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def name_of(topic: str) -> str:
    """Return the versioned name of the published event: dossier.document-refused.v1."""
    return f"{topic}.v{MODELS[topic].VERSION}"


def schema(topic: str) -> dict[str, Any]:
    """Return the JSON Schema of the data of one event."""
    made = MODELS[topic].model_json_schema(mode="serialization")
    required = [name for name, field in MODELS[topic].model_fields.items() if field.is_required()]
    return {"$schema": DIALECT, "$id": f"urn:scelle:event:{name_of(topic)}", **made, "required": required}


def envelope_schema() -> dict[str, Any]:
    """Return the JSON Schema of the envelope around every event."""
    made = Envelope.model_json_schema(mode="validation")
    return {"$schema": DIALECT, "$id": "urn:scelle:envelope", **made}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 description: one channel for each service, one message for each event."""
    services = sorted({topic.partition(".")[0] for topic in MODELS})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Scellé: published events",
            "version": "1",
            "description": "CloudEvents 1.0 in JSON on NATS JetStream. Each service has one stream, EV_<SERVICE>, "
            "whose sequence is the position in the service's own store; a missing event is fetched from the service.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {service: _channel(service) for service in services},
        "operations": {
            f"{service}-events": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{service}"},
                "summary": f"Follow everything that happened in {service}, in order.",
            }
            for service in services
        },
        "components": {
            "messages": {name_of(topic): _message(topic) for topic in MODELS},
            "schemas": {"envelope": envelope_schema(), **{name_of(topic): schema(topic) for topic in MODELS}},
        },
    }


def _channel(service: str) -> dict[str, Any]:
    names = [name_of(topic) for topic in MODELS if topic.startswith(f"{service}.")]
    return {
        "address": f"ev.{service}.{{event}}.{{office}}",
        "description": f"Stream EV_{service.upper()}.",
        "parameters": {
            "event": {"description": "name of the event without its service"},
            "office": {"description": "id of the office it is about, or none"},
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _message(topic: str) -> dict[str, Any]:
    return {
        "name": name_of(topic),
        "summary": MODELS[topic].__doc__,
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "properties": {
                "Nats-Msg-Id": {"type": "string", "description": "the id of the envelope"},
                "traceparent": {"type": "string", "description": "W3C trace context, when there is one"},
            },
        },
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {"properties": {"data": {"$ref": f"#/components/schemas/{name_of(topic)}"}}},
            ],
        },
        "examples": [{"name": name_of(topic), "payload": example(topic).json_dict()}],
    }


def documents() -> dict[Path, str]:
    """Return every committed file of this library with the text it must have."""
    made: dict[str, dict[str, Any]] = {"asyncapi.json": asyncapi(), "schemas/envelope.json": envelope_schema()}
    for topic in MODELS:
        made[f"schemas/{name_of(topic)}.json"] = schema(topic)
        made[f"examples/{name_of(topic)}.json"] = example(topic).json_dict()
    return {HERE / name: json.dumps(value, indent=2, ensure_ascii=False) + "\n" for name, value in made.items()}
