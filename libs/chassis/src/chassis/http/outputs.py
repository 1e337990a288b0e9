"""Answers, with the example that the OpenAPI document shows."""

from typing import Any

from pydantic import BaseModel, ConfigDict


def example(members: dict[str, Any]) -> ConfigDict:
    """Return the configuration of an answer with its example."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [members]})


class Output(BaseModel):
    """What a service answers, read from the attributes of what it knows."""

    model_config = ConfigDict(from_attributes=True)
