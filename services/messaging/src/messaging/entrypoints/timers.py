"""Time becomes calls: the sender of e-mails."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from messaging.application.sending import Sending

POLL_SECONDS = 0.25


def sending_task(sending: Sending) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that sends what is due until it is told to stop; a message being sent is finished first."""

    async def send_emails(stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await asyncio.to_thread(sending.send_due):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    return send_emails
