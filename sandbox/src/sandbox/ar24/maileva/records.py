"""What only Maileva has: sendings of several recipients, subscriptions, and the notices sent under them."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from sandbox.ar24.truth.store import Record


def _uuid() -> str:
    return str(uuid.uuid4())


class Sending(Record):
    """A sending; its recipients are letters, its documents are files."""

    uuid: str = Field(default_factory=_uuid)
    product: str
    application: str
    sender_id: int
    ref_client: str = ""  # the custom_id
    given: dict[str, Any]
    created: datetime
    submitted: datetime | None = None
    checked: datetime | None = None  # when the result of the check is known
    faults: list[tuple[str, str]] = Field(default_factory=list)  # codes and sentences of the check


class Subscription(Record):
    """An address that is told of one kind of event on one kind of resource."""

    uuid: str = Field(default_factory=_uuid)
    application: str
    event_type: str
    resource_type: str
    callback_url: str
    authentication: dict[str, Any] = Field(default_factory=dict)
    created: datetime


class Notice(Record):
    """What was, or is still to be, posted under a subscription."""

    uuid: str = Field(default_factory=_uuid)
    parent_id: int  # the subscription
    application: str
    status: Literal["PENDING", "SENT", "MAX_RETRY"] = "PENDING"
    attempts: int = 0
    first: datetime | None = None
    last: datetime | None = None
    answered: int | None = None
    body: dict[str, Any]
