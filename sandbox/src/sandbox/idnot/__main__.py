"""`python -m sandbox.idnot`, configured by the environment.

SANDBOX_HOST, SANDBOX_PORT, SANDBOX_ADMIN_PORT, SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, SANDBOX_ISSUER,
SANDBOX_REDIRECT_URIS (comma separated), SANDBOX_ACCOUNTS_FILE (optional), SANDBOX_ALGORITHM (RS256 or ES256).
"""

import asyncio
import os
from pathlib import Path

from sandbox.idnot.accounts import load
from sandbox.idnot.admin import admin
from sandbox.idnot.clock import Clock
from sandbox.idnot.grants import Grants
from sandbox.idnot.provider import Client, provider
from sandbox.idnot.tokens import Minter
from sandbox.serving import serve, setting


def main() -> None:
    """Serve the provider and its admin API."""
    client = Client(
        setting("CLIENT_ID"),
        setting("CLIENT_SECRET"),
        tuple(address.strip() for address in setting("REDIRECT_URIS").split(",")),
    )
    clock = Clock()
    file = os.environ.get("SANDBOX_ACCOUNTS_FILE")
    accounts = load(Path(file) if file else None)
    issuer = setting("ISSUER", "https://www.idnot.notaires.fr")
    minter = Minter(issuer, client.client_id, setting("ALGORITHM", "RS256"), clock)
    apps = {
        int(setting("PORT")): provider(client, accounts, Grants(clock), minter),
        int(setting("ADMIN_PORT")): admin(accounts, minter, clock),
    }
    asyncio.run(serve(apps, setting("HOST", "127.0.0.1")))


if __name__ == "__main__":
    main()
