"""The mail server, by SMTP (RFC 5321), asked to report on each message where it can (RFC 3461)."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage

from messaging.application.ports import Mail, MailPostponed, MailRefused
from messaging.domain.return_address import ReturnAddress

TIMEOUT_SECONDS = 15.0
PERMANENT = 500


class SmtpMailer:
    """The mailer of application.ports; one connection for each message."""

    def __init__(self, host: str, port: int, sender: str, reports: ReturnAddress | None = None) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._reports = reports

    @contextmanager
    def connected(self) -> Iterator[Callable[[Mail], None]]:
        """Open a connection, encrypted where the server offers it."""
        with _answers():
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            with _answers():
                server.ehlo_or_helo_if_needed()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
            yield lambda mail: self._send(server, mail)
        finally:
            with suppress(OSError):  # what was accepted stays accepted, however the farewell goes
                server.quit()
            server.close()

    def _send(self, server: smtplib.SMTP, mail: Mail) -> None:
        message = self._message(mail)
        with _answers():
            if self._reports is None:
                server.send_message(message)
                return
            asked = server.has_extn("dsn")
            server.send_message(
                message,
                from_addr=self._reports.of(mail.id),
                mail_options=("RET=HDRS", f"ENVID={mail.id.hex}") if asked else (),  # links need not come back
                rcpt_options=("NOTIFY=SUCCESS,FAILURE",) if asked else (),
            )

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"] = Address("Scellé", addr_spec=self._sender)
            message["To"] = Address(addr_spec=mail.to)
            message["Subject"] = " ".join(mail.subject.split())
        except ValueError:
            raise MailRefused("address-refused") from None
        message["Message-ID"] = mail.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


@contextmanager
def _answers() -> Iterator[None]:
    """Translate what the server answers, or that it does not."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        code, _ = next(iter(refused.recipients.values()))
        raise _answered(code, "address-refused") from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("address-refused") from None
    except smtplib.SMTPResponseException as refused:
        raise _answered(refused.smtp_code, "message-refused") from None
    except OSError as away:  # smtplib's other errors are OSErrors too
        raise MailPostponed(type(away).__name__) from None


def _answered(code: int, cause: str) -> MailRefused | MailPostponed:
    return MailRefused(cause) if code >= PERMANENT else MailPostponed(str(code))
