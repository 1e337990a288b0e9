"""The objects of the portal, built from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
from chassis.process import Service
from eventstore import migrate
from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

from portal.api import PREFIXES, Api
from portal.app import create_app
from portal.pages import (
    account,
    authenticator,
    bank_details,
    clients,
    control,
    conversations,
    dossiers,
    idnot,
    journal,
    letters,
    mine,
    office,
    office_settings,
    own_journal,
    pieces,
    public,
    replay,
    sign_in,
)
from portal.rendering import Pages
from portal.sessions import Sessions
from portal.settings import Settings
from portal.visiting import Desk

NAME = "portal"
PREFIX = ""
HERE = Path(__file__).parent
CONNECTIONS = 10
CONNECT_SECONDS = 2


def web(settings: Settings) -> FastAPI:
    """Build the web application."""
    pool = AsyncConnectionPool(settings.database_url, min_size=1, max_size=CONNECTIONS, open=False)
    api = Api(settings.peers)
    desk = Desk(api, Sessions(pool, settings.session_key_file), Pages(), settings.public_url, settings.gallery)
    modules = (
        sign_in,
        idnot,
        account,
        authenticator,
        control,
        office,
        office_settings,
        bank_details,
        journal,
        conversations,
        dossiers,
        clients,
        pieces,
        replay,
        letters,
        mine,
        own_journal,
        public,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield
        await api.close()

    return create_app(
        desk, [module.router for module in modules], partial(_answers, settings.database_url), lifespan=lifespan
    )


def _answers(database_url: str) -> None:
    """Raise when the database does not answer."""
    with psycopg.connect(database_url, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute("SELECT 1")


def prepare(settings: Settings) -> None:
    """Make or update the table of sessions."""
    migrate(settings.database_url, HERE / "migrations")


SERVICE = Service(name=NAME, settings=Settings, app=web, migrate=prepare, peers=tuple(PREFIXES))
