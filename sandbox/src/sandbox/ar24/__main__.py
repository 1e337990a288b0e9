"""`python -m sandbox.ar24`: a provider of registered letters; README.md says what its variables mean."""

import asyncio
from pathlib import Path

from sandbox.ar24.apps import simulator
from sandbox.ar24.truth.world import World
from sandbox.serving import serve, setting

TOKEN, PRIVATE_KEY = "sandbox-token", "sandbox-private-key"  # what opens a sandbox is no secret


def main() -> None:
    """Serve the provider and its admin API."""
    host, port = setting("HOST", "127.0.0.1"), int(setting("PORT"))
    url = setting("PUBLIC_URL", f"http://{host}:{port}")
    token, key = setting("TOKEN", TOKEN), setting("PRIVATE_KEY", PRIVATE_KEY)
    world = World.opened(Path(setting("FOLDER")), url, token, key)
    made = simulator(world)
    made.jobs.start()

    def stopped() -> None:
        made.jobs.stop()
        world.store.close()

    asyncio.run(serve({port: made.public, int(setting("ADMIN_PORT")): made.admin}, host, stopped))


if __name__ == "__main__":
    main()
