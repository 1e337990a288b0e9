"""`python -m sandbox.tsa`: SANDBOX_HOST, SANDBOX_PORT, SANDBOX_ADMIN_PORT, SANDBOX_FOLDER, SANDBOX_NAME (optional).

The folder keeps the authority's key and chain; they are made at the first start.
"""

import asyncio
from pathlib import Path

from sandbox.serving import serve, setting
from sandbox.tsa.apps import Switches, admin, authority
from sandbox.tsa.chain import Chain


def main() -> None:
    """Serve the authority and its admin API."""
    chain, switches = Chain.in_folder(Path(setting("FOLDER")), setting("NAME", "Sandbox")), Switches()
    apps = {
        int(setting("PORT")): authority(chain, switches),
        int(setting("ADMIN_PORT")): admin(chain, switches),
    }
    asyncio.run(serve(apps, setting("HOST", "127.0.0.1")))


if __name__ == "__main__":
    main()
