"""What is no longer good for anything is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.process import rest

from identity.adapters.database import Database
from identity.adapters.prepared import SqlPrepared

_EVERY_SECONDS = 600.0
_FORGET = (
    "DELETE FROM identity.challenge WHERE created_at < clock_timestamp() - interval '2 days'",
    "DELETE FROM identity.attempt WHERE at < clock_timestamp() - interval '2 days'",
    "DELETE FROM identity.prepared WHERE made_at < clock_timestamp() - interval '1 hour'",
    "DELETE FROM identity.authenticator WHERE confirmed_at IS NULL AND begun_at < now() - interval '1 hour'",
    "DELETE FROM identity.oidc_state WHERE expires_at < clock_timestamp()",
    "DELETE FROM identity.token WHERE purpose = 'registration' AND expires_at < clock_timestamp()",
    "DELETE FROM identity.token WHERE expires_at < clock_timestamp() - interval '90 days'",
    "DELETE FROM identity.session WHERE ends_at < clock_timestamp() - interval '1 day'",
    # A request that was under way while its person was erased may have left something behind the erasure.
    *(
        f"DELETE FROM identity.{table} WHERE person_id IN (SELECT id FROM read.person WHERE keys_destroyed)"  # noqa: S608 - our words
        for table in ("prepared", "password", "authenticator", "recovery_code", "challenge", "token")
    ),
)


def purging(database: Database) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that purges every ten minutes until it is told to stop."""

    async def purge(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(forget, database)
            await rest(stop, _EVERY_SECONDS)

    return purge


def forget(database: Database) -> None:
    """Delete what is too old: codes and attempts after two days, spent links after three months.

    What belongs to an erased person goes whatever its age. A secret whose event was the last word of a killed process
    is put in force first.
    """
    SqlPrepared(database).settle()
    with database.connection() as connection:
        for statement in _FORGET:
            connection.execute(statement.encode())
