"""`python -m sandbox.mail`: SANDBOX_HOST, SANDBOX_SMTP_PORT, SANDBOX_ADMIN_PORT, SANDBOX_SMS (its admin address).

With SANDBOX_REPORTS_URL and SANDBOX_REPORTS_SECRET it reports there what became of a mail.
"""

import asyncio
from datetime import datetime

import httpx
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from sandbox.mail.messages import Faults, Mailbox, Message
from sandbox.mail.page import Text, page
from sandbox.mail.reports import Reporter
from sandbox.mail.smtp import listen
from sandbox.serving import application, serve, setting

SMS_SECONDS = 2.0


def admin(mailbox: Mailbox, sms: str = "") -> FastAPI:
    """Return the inspection API, the page that people read, and the fault switches."""
    app = application("Mail catcher (sandbox), admin")

    @app.get("/", response_class=HTMLResponse)
    def read() -> HTMLResponse:
        return HTMLResponse(page(mailbox.received(None), _texts(sms)))

    @app.get("/messages")
    def received(to: str | None = None) -> list[Message]:
        return mailbox.received(to)

    @app.get("/messages/{message_id}")
    def one(message_id: str) -> Message:
        if (message := mailbox.find(message_id)) is None:
            raise HTTPException(404, "unknown message")
        return message

    @app.delete("/messages", status_code=204)
    def forget() -> None:
        mailbox.forget()

    @app.put("/faults")
    def break_down(faults: Faults) -> Faults:
        mailbox.faults = faults
        return faults

    return app


def _texts(sms: str) -> list[Text] | None:
    try:
        answer = httpx.get(f"{sms}/messages", timeout=SMS_SECONDS, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return [Text(one["to"], one["text"], datetime.fromisoformat(one["at"])) for one in answer.json()]


async def run() -> None:
    """Serve SMTP and the admin API until a signal."""
    mailbox, host = Mailbox(), setting("HOST", "127.0.0.1")
    url = setting("REPORTS_URL", "")
    reporter = Reporter(url, setting("REPORTS_SECRET")) if url else None
    smtp = await listen(mailbox, host, int(setting("SMTP_PORT")), reporter)
    await serve({int(setting("ADMIN_PORT")): admin(mailbox, setting("SMS", ""))}, host, stopped=smtp.close)


def main() -> None:
    """Run the catcher."""
    asyncio.run(run())


if __name__ == "__main__":
    main()
