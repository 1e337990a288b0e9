"""The portal on a real database, with nobody behind it: every service it asks is away."""

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from portal.sessions import Sessions, new_session
from portal.settings import Settings
from portal.wiring import prepare, web
from psycopg_pool import AsyncConnectionPool
from testkit.databases import NewDatabase
from testkit.serving import serving

AWAY = "http://127.0.0.1:9"
NOTARY: dict[str, Any] = {
    "id": "7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11",
    "kind": "staff",
    "role": "notary",
    "first_name": "Ada",
    "last_name": "Durand",
    "email": "ada@etude.example",
    "office": {"id": "3d8ab7be-1c3c-5a88-8813-93966424689c", "name": "Étude Durand", "crpcen": "75999"},
}
SERVICES = ("identity", "dossier", "vault", "messaging", "lre-gateway", "journal")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def settings(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    key = tmp_path_factory.mktemp("portal") / "session.key"
    key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    key.chmod(0o600)
    given = Settings(
        environment="development",
        database_url=new_database(),
        http_port=1,
        public_url="http://portal.test",
        session_key_file=key,
        peers=dict.fromkeys(SERVICES, AWAY),
    )
    prepare(given)
    return given


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(web(settings)) as address:
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False) as client:
        yield client


@pytest.fixture
def signed_in(browser: httpx.Client, settings: Settings) -> str:
    """Give the browser the session of a notary; return the token of its forms."""
    return _sign_in(browser, settings, NOTARY)


@pytest.fixture
def csrf(browser: httpx.Client, settings: Settings) -> str:
    """Give the browser the session of a client; return the token of its forms."""
    return _sign_in(browser, settings, NOTARY | {"kind": "client", "role": None, "office": None})


@pytest.fixture
def enters(browser: httpx.Client, settings: Settings) -> Callable[..., str]:
    """Return what gives the browser the session of a member with this role, and returns the token of its forms."""
    return lambda role: _sign_in(browser, settings, NOTARY | {"role": role})


def _sign_in(browser: httpx.Client, settings: Settings, me: dict[str, Any]) -> str:
    session = new_session("access", "refresh", time.time() + 600, me)

    async def keep() -> None:
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(settings.database_url, min_size=1, open=False)
        async with pool:
            await Sessions(pool, settings.session_key_file).keep(session)

    asyncio.run(keep())
    browser.cookies.set("session", session.cookie)
    return session.csrf


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(settings.database_url, min_size=1, open=False)
    async with pool:
        async with pool.connection() as connection:
            await connection.execute("DELETE FROM portal.session")
        yield Sessions(pool, settings.session_key_file)
