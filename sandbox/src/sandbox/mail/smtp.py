"""The SMTP side of the catcher."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.messages import Mailbox, parse

_MAX_BYTES = 10 * 1024 * 1024


class Catcher:
    """Answers the commands of a mail client; aiosmtpd finds the methods by their names."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

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

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        self._mailbox.keep(parse(raw, str(envelope.mail_from), [str(address) for address in envelope.rcpt_tos]))
        return "250 OK kept"


async def listen(mailbox: Mailbox, host: str, port: int) -> asyncio.Server:
    """Start to accept SMTP connections."""
    catcher = Catcher(mailbox)
    return await asyncio.get_running_loop().create_server(
        lambda: SMTP(catcher, hostname="sandbox.localhost", data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True),
        host,
        port,
    )
