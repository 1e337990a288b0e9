"""Reports on what was caught (RFC 3464), handed over as a mail gateway does: by HTTP, again until they are taken.

A mailbox whose name begins with `revient` does not exist, which only shows once its mail was taken; every other mail is
reported delivered to whoever asked for that.
"""

import asyncio
from dataclasses import dataclass
from email.message import Message as Fields
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import httpx

from sandbox.mail.messages import Message

COMES_BACK = "revient"
AFTER_SECONDS = 0.5
AGAIN_SECONDS = 1.0
ATTEMPTS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: the words of a report."""

    action: str
    status: str


BOUNCED, DELIVERED = Outcome("failed", "5.1.1"), Outcome("delivered", "2.0.0")


def outcome(message: Message, recipient: str) -> Outcome | None:
    """Return what is reported to the sender, None for nothing; a failure is reported unless asked not to be."""
    if not message.sender:
        return None
    if recipient.casefold().startswith(COMES_BACK):
        return BOUNCED if not message.notify or "failure" in message.notify else None
    return DELIVERED if "success" in message.notify else None


def report(message: Message, recipient: str, what: Outcome) -> bytes:
    """Write the report on one recipient of a message."""
    whole = MIMEMultipart("report", report_type="delivery-status")
    whole["From"] = "Mail Delivery System <mailer-daemon@sandbox.localhost>"
    whole["To"] = message.sender
    whole["Subject"] = "Delivery Status Notification"
    whole["Auto-Submitted"] = "auto-replied"
    whole.attach(MIMEText("This report was made by a simulator.\n", _charset="us-ascii"))
    about, of_recipient = Fields(), Fields()
    if message.envelope_id:
        about["Original-Envelope-Id"] = message.envelope_id
    about["Reporting-MTA"] = "dns; sandbox.localhost"
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Action"] = what.action
    of_recipient["Status"] = what.status
    status = MIMEBase("message", "delivery-status")
    status.set_payload([about, of_recipient])
    whole.attach(status)
    return whole.as_bytes()


class Reporter:
    """Hands reports over to `url`, with a bearer."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._under_way: set[asyncio.Task[None]] = set()

    def on(self, message: Message) -> None:
        """Report on a message a little later, as the servers behind the first one do."""
        for recipient in message.recipients:
            if what := outcome(message, recipient):
                task = asyncio.create_task(self._hand_over(report(message, recipient, what)))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def _hand_over(self, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "message/rfc822"}
        await asyncio.sleep(AFTER_SECONDS)
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(ATTEMPTS):
                try:
                    answer = await client.post(self._url, content=body, headers=headers)
                except httpx.TransportError:
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if not answer.is_server_error:
                    return
                await asyncio.sleep(AGAIN_SECONDS)
