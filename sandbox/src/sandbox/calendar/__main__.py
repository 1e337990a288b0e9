"""`python -m sandbox.calendar`: SANDBOX_HOST, SANDBOX_PORT, SANDBOX_ADMIN_PORT. It forgets everything when it ends."""

import asyncio

from sandbox.calendar.apps import Switches, admin, calendar
from sandbox.calendar.ledger import Ledger
from sandbox.serving import serve, setting


def main() -> None:
    """Serve the calendar and its admin API."""
    ledger, switches = Ledger(), Switches()
    apps = {int(setting("PORT")): calendar(ledger, switches), int(setting("ADMIN_PORT")): admin(ledger, switches)}
    asyncio.run(serve(apps, setting("HOST", "127.0.0.1")))


if __name__ == "__main__":
    main()
