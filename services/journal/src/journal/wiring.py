"""Builds the journal's objects from its settings."""

from collections.abc import Sequence
from functools import partial

import httpx
from bus import consuming
from chassis.client import ServiceClient
from chassis.http import create_app
from chassis.process import Service, Task
from chassis.tokens import Signer, Verifier
from eventstore import AWAY
from fastapi import FastAPI

from journal.http.parts import Parts
from journal.http.routes import ROUTES
from journal.log.checkpoints import Checkpoints, LogSigner, sealing
from journal.log.database import Database, prepare
from journal.log.intake import Alarms, Intake
from journal.reading.access import Access
from journal.reading.certificate import Certificates
from journal.reading.exports import Exports
from journal.reading.peers import Peers
from journal.reading.timeline import Timeline
from journal.settings import Settings

NAME = "journal"
PREFIX = "/api/journal/v1"
PRODUCERS = ("identity", "dossier", "vault", "messaging")
PEER_TIMEOUT = httpx.Timeout(60.0, connect=2.0)  # the vault reads whole objects to say what it holds


def peers(settings: Settings) -> Peers:
    """Return the other services."""
    signer = Signer(settings.signing_key_file, NAME)
    return Peers({name: ServiceClient(url, signer, name, timeout=PEER_TIMEOUT) for name, url in settings.peers.items()})


def checkpoints(settings: Settings, database: Database) -> Checkpoints:
    """Return the signed states of the log."""
    return Checkpoints(database, LogSigner(settings.log_origin, settings.log_key_file))


def parts(settings: Settings) -> Parts:
    """Return what the routes call; whoever asked closes it."""
    database, others = Database(settings.database_url), peers(settings)
    sealed = checkpoints(settings, database)
    exports = Exports(database, sealed, others)
    return Parts(
        database=database,
        peers=others,
        checkpoints=sealed,
        access=Access(database, others),
        timeline=Timeline(database, others),
        exports=exports,
        certificates=Certificates(exports, others),
    )


def app(settings: Settings, built: Parts | None = None) -> FastAPI:
    """Return the web application, on parts of its own unless some are given."""
    served = built or parts(settings)
    return create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[routes(served) for routes in ROUTES],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=served.database.ready,
        away=AWAY,
    )


def tasks(settings: Settings) -> Sequence[Task]:
    """Return one consumer for each service, and the signing of checkpoints."""
    database, others = Database(settings.database_url), peers(settings)
    intake = Intake(database)
    consumers = [
        consuming(settings.nats_url, NAME, producer, intake, partial(others.envelopes, producer))
        for producer in PRODUCERS
    ]
    return [*consumers, sealing(checkpoints(settings, database))]


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=app,
    migrate=lambda settings: prepare(settings.database_url),
    tasks=tasks,
    parked=lambda settings: Alarms(Database(settings.database_url)),
)
