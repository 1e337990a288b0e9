"""The mail server reports later on what it took, as real ones do: to whoever asked, again until it is heard."""

import smtplib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from fastapi import FastAPI, Request, Response
from launcher.ports import free_ports
from sandbox.running import running
from testkit.serving import serving

SENDER = "bounces+6f6d3f3c5a345b0e8f0c0c8fd2c1b7aa@scelle.example"
ASKED = ("RET=HDRS", "ENVID=6f6d3f3c5a345b0e8f0c0c8fd2c1b7aa")


@dataclass
class Desk:
    """A mail server, and what was reported by it."""

    smtp_port: int = 0
    reports: list[EmailMessage] = field(default_factory=list)
    bearers: set[str] = field(default_factory=set)
    away: int = 0

    def deliver(self, to: str, notify: str = "SUCCESS,FAILURE") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@scelle.example", to, "Bonjour"
        message.set_content("Bonjour.")
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as client:
            client.ehlo()
            assert client.has_extn("dsn")
            client.send_message(message, SENDER, to, ASKED, (f"NOTIFY={notify}",))

    def heard(self, amount: int) -> list[EmailMessage]:
        deadline = time.monotonic() + 30
        while len(self.reports) < amount:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.reports


@pytest.fixture
def desk() -> Iterator[Desk]:
    made, app = Desk(), FastAPI()

    @app.post("/reports")
    async def take(request: Request) -> Response:
        made.bearers.add(request.headers["authorization"])
        if made.away:
            made.away -= 1
            return Response(status_code=503)
        assert request.headers["content-type"] == "message/rfc822"
        read = message_from_bytes(await request.body(), policy=policy.default)
        assert isinstance(read, EmailMessage)
        made.reports.append(read)
        return Response(status_code=202)

    made.smtp_port, admin = free_ports(2)
    with (
        serving(app) as address,
        running("mail", made.smtp_port, admin, reports_url=f"{address}/reports", reports_secret="secret"),
    ):
        yield made


def said(report: EmailMessage) -> dict[str, str]:
    """Return the fields of the message and of its recipient."""
    (status,) = [part for part in report.walk() if part.get_content_type() == "message/delivery-status"]
    return {name: str(value) for block in status.iter_parts() for name, value in block.items()}


def test_an_address_that_does_not_exist_is_reported_once_the_mail_was_taken(desk: Desk) -> None:
    desk.deliver("revient@example.org")
    (report,) = desk.heard(1)
    assert report.get_content_type() == "multipart/report"
    assert (report["to"], report.get_param("report-type")) == (SENDER, "delivery-status")
    fields = said(report)
    assert fields["Original-Envelope-Id"] == "6f6d3f3c5a345b0e8f0c0c8fd2c1b7aa"
    assert fields["Final-Recipient"] == "rfc822; revient@example.org"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    assert desk.bearers == {"Bearer secret"}


def test_a_report_is_handed_over_until_it_is_taken(desk: Desk) -> None:
    desk.away = 2
    desk.deliver("jeanne@example.org")
    (report,) = desk.heard(1)
    assert (said(report)["Action"], desk.away) == ("delivered", 0)


def test_who_asks_for_nothing_hears_nothing(desk: Desk) -> None:
    desk.deliver("jeanne@example.org", "FAILURE")
    desk.deliver("revient@example.org", "NEVER")
    desk.deliver("last@example.org")
    (report,) = desk.heard(1)
    assert said(report)["Final-Recipient"] == "rfc822; last@example.org"
