"""The stream of a service: the copy of its event store, message by message under the same numbers."""

import dataclasses
from typing import Any

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError


class ConfigurationDiffers(RuntimeError):
    """The server holds the stream in another way than we asked, so its promises do not hold."""


def stream_name(service: str) -> str:
    """Return the name of the stream of a service."""
    return f"EV_{service.upper().replace('-', '_')}"


def configuration(service: str, replicas: int = 1) -> api.StreamConfig:
    """Return how the stream of a service has to be: nothing in it is ever removed, or refused for its age."""
    return api.StreamConfig(
        name=stream_name(service),
        subjects=[f"ev.{service}.>"],
        retention=api.RetentionPolicy.LIMITS,
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.NEW,
        num_replicas=replicas,
        max_age=0,
        max_msgs=-1,
        max_bytes=-1,
        duplicate_window=120,
        deny_delete=True,
        deny_purge=True,
        allow_direct=False,  # a direct get may be answered by a follower that lags
    )


async def ensure_stream(jetstream: JetStreamContext, wanted: api.StreamConfig) -> api.StreamInfo:
    """Return the stream, made if it is missing; raise ConfigurationDiffers if it is not what we asked."""
    try:
        info = await jetstream.stream_info(str(wanted.name))
    except NotFoundError:
        info = await jetstream.add_stream(wanted)
    different = differences(wanted, info.config)
    if different:
        raise ConfigurationDiffers(f"{wanted.name}: {', '.join(different)}")
    return info


def differences(wanted: api.StreamConfig, echoed: api.StreamConfig) -> list[str]:
    """Name what the server holds otherwise than asked; what we did not ask is the server's affair."""
    return [
        f"{field.name} is {getattr(echoed, field.name)!r}, not {_plain(getattr(wanted, field.name))!r}"
        for field in dataclasses.fields(wanted)
        if getattr(wanted, field.name) is not None
        and _plain(getattr(wanted, field.name)) != _plain(getattr(echoed, field.name))
    ]


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)
