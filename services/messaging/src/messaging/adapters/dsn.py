"""Delivery status notifications: multipart/report (RFC 6522) with per-recipient fields (RFC 3464).

A report is made of what strangers' servers write. Nothing of it is kept but our id, what became of the message and a
status code; the rest is not even looked at. How much of it is parsed at all is bounded before the parser sees it.
"""

import re
from collections.abc import Sequence
from email import policy
from email.message import Message
from email.parser import BytesParser
from uuid import UUID

from chassis.refusal import Refusal

from messaging.application.ports import Report, Reported
from messaging.domain.return_address import ReturnAddress

MAX_BYTES = 256 * 1024
MAX_PARTS = 16
"""Content-Type fields in all: a report has four, and up to four more in the message that it returns."""
MAX_BOUNDARIES = 64
"""Lines that may begin or end a part."""
MAX_LINES = 8_000
MAX_BLOCKS = 16
"""The fields of the message, and those of each recipient; a message of ours has one recipient."""
MAX_FIELD = 998
"""Characters of a field that is read (RFC 5322, 2.1.1)."""

_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t(].*)?", re.ASCII)
_ACTION = re.compile(r"([a-z]+)(?:[ \t(].*)?", re.ASCII)
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_CONTENT_TYPE = re.compile(rb"content-type:", re.IGNORECASE)


class ReportUnreadable(Refusal):
    """This is not a delivery status notification as RFC 3464 describes it, or it is too large to be one of ours."""

    code, status = "report-unreadable", 422


def read(raw: bytes, address: ReturnAddress) -> Report:
    """Return what a report says. Raises ReportUnreadable."""
    message = _parsed(raw)
    blocks = _blocks(message)
    reported, status = _worst([_outcome(block) for block in blocks[1:]])
    return Report(_mail_id(message, blocks[0], address), reported, status)


def _parsed(raw: bytes) -> Message:
    too_much = (
        len(raw) > MAX_BYTES
        or len(_CONTENT_TYPE.findall(raw)) > MAX_PARTS
        or len(_BOUNDARY.findall(raw)) > MAX_BOUNDARIES
        or raw.count(b"\n") + raw.count(b"\r") > 2 * MAX_LINES
    )
    if too_much:
        raise ReportUnreadable
    return BytesParser(policy=policy.compat32).parsebytes(raw)  # fields stay text: none is interpreted for us


def _blocks(message: Message) -> Sequence[Message]:
    """Return the blocks of fields: that of the message first, then one for each recipient."""
    parts = message.get_payload()
    kind, report = message.get_content_type(), str(message.get_param("report-type", "")).lower()
    if kind != "multipart/report" or report != "delivery-status" or not isinstance(parts, list):
        raise ReportUnreadable
    found = [
        part for part in parts if isinstance(part, Message) and part.get_content_type() == "message/delivery-status"
    ]
    blocks = found[0].get_payload() if len(found) == 1 else None
    if not isinstance(blocks, list):
        raise ReportUnreadable
    filled = [block for block in blocks if isinstance(block, Message) and block.keys()]
    if not 1 < len(filled) <= MAX_BLOCKS:
        raise ReportUnreadable
    return filled


def _field(block: Message, name: str) -> str:
    """Return the one field of a name, empty if there is none; raise ReportUnreadable for two, or a long one."""
    values = block.get_all(name, [])
    if len(values) > 1 or any(len(str(value)) > MAX_FIELD for value in values):
        raise ReportUnreadable
    return " ".join(str(values[0]).split()) if values else ""


def _outcome(block: Message) -> tuple[Reported, str]:
    action, status = _ACTION.fullmatch(_field(block, "Action").lower()), _STATUS.fullmatch(_field(block, "Status"))
    if action is None or status is None:
        raise ReportUnreadable
    known = {"failed": Reported.BOUNCED, "delivered": Reported.DELIVERED}
    if action[1] not in {*known, "delayed", "relayed", "expanded"}:
        raise ReportUnreadable
    return known.get(action[1], Reported.NOTHING_FINAL), status[1]


def _worst(outcomes: Sequence[tuple[Reported, str]]) -> tuple[Reported, str]:
    order = (Reported.BOUNCED, Reported.DELIVERED, Reported.NOTHING_FINAL)
    return min(outcomes, key=lambda outcome: order.index(outcome[0]))


def _mail_id(message: Message, of_message: Message, address: ReturnAddress) -> UUID | None:
    """Return our id: a report is addressed to the sender in the envelope (RFC 3464, 2), or repeats its ENVID."""
    addressed = address.mail_id(_field(message, "To"))
    envelope = re.fullmatch("[0-9a-f]{32}", _field(of_message, "Original-Envelope-Id").lower())
    if addressed is None:
        return UUID(envelope[0]) if envelope else None
    if envelope and UUID(envelope[0]) != addressed:
        raise ReportUnreadable
    return addressed
