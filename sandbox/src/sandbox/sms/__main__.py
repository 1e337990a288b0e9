"""`python -m sandbox.sms`: SANDBOX_HOST, SANDBOX_PORT, SANDBOX_ADMIN_PORT, SANDBOX_TOKEN."""

import asyncio

from sandbox.serving import serve, setting
from sandbox.sms.apps import admin, provider
from sandbox.sms.messages import Messages


def main() -> None:
    """Serve the provider and its admin API."""
    messages = Messages()
    apps = {
        int(setting("PORT")): provider(messages, setting("TOKEN")),
        int(setting("ADMIN_PORT")): admin(messages),
    }
    asyncio.run(serve(apps, setting("HOST", "127.0.0.1")))


if __name__ == "__main__":
    main()
