"""A database and an account for each service, and an object store that takes objects: what migrations need."""

import time

from launcher.components.postgres import create_database
from launcher.compose import places
from launcher.compose.servers import postgres_url, storage
from launcher.errors import StackError
from launcher.keys import Secrets
from launcher.service_settings import database

STORAGE_SECONDS = 120.0
PAUSE_SECONDS = 0.5


def create(secrets: Secrets) -> None:
    """Create what is missing, then wait for the object store; raises StackError if it takes nothing for too long."""
    for name in places.SERVICES:
        create_database(postgres_url(secrets), database(name), secrets.word(f"{name}-database"))
    server, until = storage(secrets), time.monotonic() + STORAGE_SECONDS
    while not server.ready():
        if time.monotonic() > until:
            raise StackError(f"the object store takes no object since {STORAGE_SECONDS:.0f} s")
        time.sleep(PAUSE_SECONDS)
