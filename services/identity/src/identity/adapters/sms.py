"""A provider of SMS: POST /messages with a bearer token, once for each reference; GET /messages/{id} tells its fate."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import quote

import httpx
from chassis.logging import get_logger

_PAUSES = (0.5, 1.0, 2.0)
"""Seconds before the next try; a code lives five minutes."""
DELIVERED = "delivered"
"""The state of a message that is on the phone."""


class SmsProvider:
    """The port `TextMessages`.

    A message that was under way when the process died is lost; the person asks for another code.
    """

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=url, timeout=5.0, trust_env=False, headers={"Authorization": f"Bearer {token}"}
        )
        self._senders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sms")
        self._log = get_logger()

    def later(self, job: Callable[[], None]) -> None:
        """Do a job in the background, four at a time."""
        self._senders.submit(self._do, job)

    def close(self) -> None:
        """Wait for what is under way and close the connections."""
        self._senders.shutdown()
        self._http.close()

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread; the log is where it is seen
            self._log.error("not-done-later", exc_info=error)

    def delivered(self, message: str) -> bool | None:
        """Tell whether a message is on the phone; None if the provider is away."""
        try:
            response = self._http.get(f"/messages/{quote(message, safe='')}")
        except httpx.TransportError as error:
            self._log.warning("code-not-followed", cause=type(error).__name__)
            return None
        if response.status_code != HTTPStatus.OK:
            self._log.warning("code-not-followed", cause=str(response.status_code))
            return None if response.is_server_error else False
        return bool(response.json()["state"] == DELIVERED)

    def send(self, number: str, text: str, reference: str) -> str | None:
        """Send, once for each reference; return the provider's id of it. It is asked again while it is away."""
        message = {"to": number, "text": text, "reference": reference}
        for attempt, pause in enumerate((*_PAUSES, None), start=1):
            try:
                response = self._http.post("/messages", json=message)
            except httpx.TransportError as error:
                cause = type(error).__name__
            else:
                if response.is_success:
                    return str(response.json()["id"])
                cause = str(response.status_code)
                if not response.is_server_error:
                    pause = None  # noqa: PLW2901 - a refusal does not change by waiting
            self._log.warning("code-not-taken", attempt=attempt, cause=cause)
            if pause is None:
                return None
            time.sleep(pause)
        return None
