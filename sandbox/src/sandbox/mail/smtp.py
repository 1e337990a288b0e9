"""The SMTP side of the catcher."""

import asyncio
import re

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.messages import Mailbox, parse
from sandbox.mail.reports import Reporter

_MAX_BYTES = 10 * 1024 * 1024
_ASKED = re.compile(r" (RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)


class Reporting(SMTP):
    """Understands what senders ask to be reported (RFC 3461), which aiosmtpd does not."""

    asked: dict[str, str]
    """The parameters of the message under way, by name."""

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Begin a message."""
        self.asked = {}
        await super().smtp_MAIL(self._without(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Take a recipient; what is to be reported is the same for all."""
        await super().smtp_RCPT(self._without(arg))

    def _without(self, arg: str | None) -> str | None:
        if arg is None:
            return None
        self.asked |= {name.upper(): value for name, value in _ASKED.findall(arg)}
        return _ASKED.sub("", arg)


class Catcher:
    """Answers the commands of a mail client; aiosmtpd finds the methods by their names."""

    def __init__(self, mailbox: Mailbox, reporter: Reporter | None) -> None:
        self._mailbox, self._reporter = mailbox, reporter

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's signature
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer reports."""
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's signature
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, unless the fault switches say otherwise."""
        if address.casefold() in {refused.casefold() for refused in self._mailbox.faults.refuse}:
            return "550 5.1.1 no such mailbox"
        if self._mailbox.greylists():
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Reporting, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, and report on it."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        message = parse(raw, str(envelope.mail_from), [str(address) for address in envelope.rcpt_tos])
        message.envelope_id = server.asked.get("ENVID")
        message.notify = [word for word in server.asked.get("NOTIFY", "").lower().split(",") if word]
        self._mailbox.keep(message)
        if self._reporter:
            self._reporter.on(message)
        return "250 OK kept"


async def listen(mailbox: Mailbox, host: str, port: int, reporter: Reporter | None = None) -> asyncio.Server:
    """Start to accept SMTP connections."""
    catcher = Catcher(mailbox, reporter)
    return await asyncio.get_running_loop().create_server(
        lambda: Reporting(catcher, hostname="sandbox.localhost", data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True),
        host,
        port,
    )
