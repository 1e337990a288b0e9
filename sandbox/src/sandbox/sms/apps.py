"""The provider's API and its admin API."""

import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sandbox.serving import application
from sandbox.sms.messages import Faults, Message, Messages, NewMessage, NumberRefused, ReferenceReused

_bearer = HTTPBearer(auto_error=False)


def provider(messages: Messages, token: str) -> FastAPI:
    """Return what customers call, with the bearer token of their contract."""
    app = application("SMS provider (sandbox)")

    def customer(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if given is None or not hmac.compare_digest(given.credentials.encode(), token.encode()):
            raise HTTPException(401, "unknown token", {"WWW-Authenticate": "Bearer"})
        if messages.faults.down:
            raise HTTPException(503, "out of service")

    @app.post("/messages", status_code=201, dependencies=[Depends(customer)])
    def send(new: NewMessage, response: Response) -> Message:
        """Accept a message; the same reference sends once and answers 200 afterwards."""
        try:
            message, is_new = messages.accept(new)
        except NumberRefused as refused:
            raise HTTPException(422, "number refused by the network") from refused
        except ReferenceReused as reused:
            raise HTTPException(409, "reference names another message") from reused
        if not is_new:
            response.status_code = 200
        return message

    @app.get("/messages/{message_id}", dependencies=[Depends(customer)])
    def status(message_id: str) -> Message:
        """Say whether a message was delivered."""
        if (message := messages.find(message_id)) is None:
            raise HTTPException(404, "unknown message")
        return message

    return app


def admin(messages: Messages) -> FastAPI:
    """Return the inspection API and the fault switches."""
    app = application("SMS provider (sandbox), admin")

    @app.get("/messages")
    def arrived(to: str | None = None) -> list[Message]:
        return messages.arrived(to)

    @app.delete("/messages", status_code=204)
    def forget() -> None:
        messages.forget()

    @app.put("/faults")
    def break_down(faults: Faults) -> Faults:
        messages.faults = faults
        return faults

    return app
