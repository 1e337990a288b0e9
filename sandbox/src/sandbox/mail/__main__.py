"""`python -m sandbox.mail`: SANDBOX_HOST, SANDBOX_SMTP_PORT, SANDBOX_ADMIN_PORT."""

import asyncio

from fastapi import FastAPI, HTTPException

from sandbox.mail.messages import Faults, Mailbox, Message
from sandbox.mail.smtp import listen
from sandbox.serving import application, serve, setting


def admin(mailbox: Mailbox) -> FastAPI:
    """Return the inspection API and the fault switches."""
    app = application("Mail catcher (sandbox), admin")

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


async def run() -> None:
    """Serve SMTP and the admin API until a signal."""
    mailbox, host = Mailbox(), setting("HOST", "127.0.0.1")
    smtp = await listen(mailbox, host, int(setting("SMTP_PORT")))
    await serve({int(setting("ADMIN_PORT")): admin(mailbox)}, host, stopped=smtp.close)


def main() -> None:
    """Run the catcher."""
    asyncio.run(run())


if __name__ == "__main__":
    main()
