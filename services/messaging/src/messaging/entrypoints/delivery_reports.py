"""What the mail gateway calls: it hands over the reports that came to our return addresses."""

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from chassis.actor import Actor
from chassis.http import accept_stream, problems
from chassis.refusal import NotSignedIn, Refusal
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from messaging.adapters.dsn import MAX_BYTES, ReportUnreadable
from messaging.application.ports import Report
from messaging.application.reporting import MailUnderWay, Reporting

MEDIA_TYPE = "message/rfc822"
EXAMPLE = """\
From: mailer-daemon@mx.example
To: bounces+6f6d3f3c5a345b0e8f0c0c8fd2c1b7aa@scelle.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

The message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Original-Envelope-Id: 6f6d3f3c5a345b0e8f0c0c8fd2c1b7aa

Final-Recipient: rfc822; someone@example.org
Action: failed
Status: 5.1.1
--b--
"""
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}}}
}
_gateway = HTTPBearer(scheme_name="mail gateway", description="The secret of the mail gateway.", auto_error=False)


class NotAReport(Refusal):
    """Send the report as it came, as message/rfc822."""

    code, status = "not-a-report", 415


def router(reporting: Reporting, read: Callable[[bytes], Report], secret: str | None) -> APIRouter:
    """Return the route; without a secret it lets nobody in."""
    routes = APIRouter(tags=["delivery reports"])

    def gateway(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_gateway)]) -> None:
        given = credentials.credentials.encode() if credentials else b""
        if secret is None or not hmac.compare_digest(given, secret.encode()):
            raise NotSignedIn

    @routes.post(
        "/delivery-reports",
        status_code=202,
        response_model=None,
        dependencies=[Depends(gateway), accept_stream(MAX_BYTES)],
        responses=problems(NotSignedIn, NotAReport, ReportUnreadable, MailUnderWay),
        openapi_extra=BODY,
    )
    async def take(request: Request) -> None:
        """Take a delivery status notification (RFC 3464), whether it is about an e-mail of ours or not."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise NotAReport
        body, state = await request.body(), request.state
        actor = Actor.system(correlation_id=state.correlation_id, trace=state.trace)
        await run_in_threadpool(lambda: reporting.take(read(body), actor))

    return routes
