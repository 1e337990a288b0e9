"""Everything that Maileva serves, below /maileva."""

from fastapi import FastAPI

from sandbox.ar24.maileva import access, consents, documents, emitter, notices, people, sendings
from sandbox.ar24.maileva.router import Ask, Reply, Route, mount
from sandbox.ar24.papers.desk import Desk
from sandbox.ar24.truth.world import World


def serve(app: FastAPI, world: World, desk: Desk) -> None:
    """Add the operations of Maileva to an application."""
    token = Route("POST", access.PRODUCT, access.TOKEN, _token)
    mount(
        app,
        world,
        [
            token,
            *sendings.routes(),
            *documents.routes(),
            *people.routes(desk),
            *emitter.routes(),
            *consents.routes(desk),
            *notices.routes(),
        ],
    )


def _token(ask: Ask) -> Reply:
    return Reply(200, access.granted(ask.world, ask.body, ask.authorization))
