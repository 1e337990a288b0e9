"""What every published model is: frozen, and tolerant of fields that a later version adds.

A published model holds a subset of its event's fields, under the same names, and never a personal one. Once committed
it may only gain optional fields; anything else is a new version (`.v2`) beside the old one.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Published(BaseModel):
    """The public part of one event."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1
