"""Each event as rows, in the event's own transaction."""

from lre_gateway.readmodel import letter_rows, office_rows
from lre_gateway.readmodel.registry import projection

__all__ = ["letter_rows", "office_rows", "projection"]
