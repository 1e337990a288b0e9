"""One published event as it travels: a CloudEvents 1.0 message in JSON, with the extensions that Scellé adds.

Nothing here names a person: ids, facts and the proof entry only. An extension without a value is left out.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

TYPE_PATTERN = r"^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v(0|[1-9][0-9]*)$"
UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Malformed(ValueError):
    """These bytes are not an envelope of ours; the message names fields, never their values."""


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Instant = Annotated[AwareDatetime, PlainSerializer(_rfc3339, return_type=str, when_used="json")]


class Envelope(BaseModel):
    """What every message on the bus and every item of `/internal/events` is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="<producer>:<epoch>:<storeseq>; the same event always has the same id")
    source: str = Field(description="/scelle/<producer>")
    type: str = Field(
        pattern=TYPE_PATTERN,
        description="topic and published version, dossier.document-refused.v1; v0 publishes no data",
    )
    subject: str = Field(pattern=UUID_PATTERN, description="id of the aggregate the event belongs to")
    time: Instant = Field(description="when it happened, by the producer's clock")
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any] = Field(description="the published model of the type")
    producer: str = Field(pattern=r"^[a-z][a-z-]*$", description="the service whose store holds the event")
    epoch: int = Field(ge=1, lt=2**53, description="raised by an operator when the producer's store went back in time")
    storeseq: int = Field(ge=1, lt=2**53, description="gap-free position in the producer's store")
    aggversion: int = Field(ge=1, lt=2**53, description="version of the aggregate after this event")
    office: UUID | None = Field(default=None, description="the office it is about")
    dossier: UUID | None = Field(default=None, description="the dossier it is about")
    actor: UUID | None = Field(default=None, description="who did it, a pseudonym held by identity")
    actorkind: str = Field(description="staff, client, service or system")
    correlationid: str | None = Field(default=None, description="the request that caused it, across services")
    traceparent: str | None = Field(default=None, description="W3C trace context of that request")
    proofentry: str = Field(description="the exact text of the proof entry; its SHA-256 with a zero byte is the leaf")

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        if self.id != f"{self.producer}:{self.epoch}:{self.storeseq}":
            raise ValueError("id is not made of producer, epoch and storeseq")
        if self.source != f"/scelle/{self.producer}" or self.service != self.producer:
            raise ValueError("source or type belongs to another producer")
        return self

    @classmethod
    def of(cls, *, topic: str, version: int, epoch: int, data: dict[str, Any], proof_entry: str) -> Self:
        """Put one stored event in its envelope: all but the data is what its proof entry says.

        `data` holds JSON values, from `published`. Raises Malformed if the entry is not one of ours.
        """
        try:
            entry = json.loads(proof_entry)
            return cls(
                id=f"{entry['svc']}:{epoch}:{entry['store_seq']}",
                source=f"/scelle/{entry['svc']}",
                type=f"{topic}.v{version}",
                subject=entry["agg"],
                time=entry["occurred_at"],
                data=data,
                producer=entry["svc"],
                epoch=epoch,
                storeseq=entry["store_seq"],
                aggversion=entry["agg_ver"],
                office=entry["office"],
                dossier=entry["dossier"],
                actor=entry["actor"],
                actorkind=entry["actor_kind"],
                correlationid=entry["corr"],
                traceparent=entry["trace"],
                proofentry=proof_entry,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed(f"not a proof entry: {type(error).__name__}") from None

    @classmethod
    def parse(cls, body: bytes | str | dict[str, Any]) -> Self:
        """Read an envelope from JSON or from its decoded form; raise Malformed if it is none."""
        try:
            return cls.model_validate(body) if isinstance(body, dict) else cls.model_validate_json(body)
        except ValidationError as error:
            wrong = sorted({".".join(map(str, found["loc"])) or found["type"] for found in error.errors()})
            raise Malformed(f"not an envelope: {', '.join(wrong)}") from None

    @property
    def topic(self) -> str:
        """The name of the event without its version: dossier.document-refused."""
        return self.type.rpartition(".v")[0]

    @property
    def aggregate_id(self) -> UUID:
        """The subject as an id."""
        return UUID(self.subject)

    @property
    def version(self) -> int:
        """The version of the published model."""
        return int(self.type.rpartition(".v")[2])

    @property
    def service(self) -> str:
        """The service that owns this type of event."""
        return self.type.partition(".")[0]

    @property
    def bus_subject(self) -> str:
        """Where the event is published: ev.<service>.<event>.<office or none>."""
        return f"ev.{self.topic}.{self.office or 'none'}"

    def json_bytes(self) -> bytes:
        """Return the message as it goes on the bus."""
        return self.model_dump_json(exclude_none=True).encode()

    def json_dict(self) -> dict[str, Any]:
        """Return the message as JSON values, for an HTTP answer."""
        return self.model_dump(mode="json", exclude_none=True)
