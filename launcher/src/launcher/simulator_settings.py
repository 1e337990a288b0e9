"""What each simulator of the outside world is told, wherever a platform runs."""

from pathlib import Path
from typing import Protocol

from launcher.keys import Secrets
from launcher.service_settings import ISSUER, REDIRECT_PATH

SIMULATORS = ("idnot", "sms", "mail", "tsa", "ar24")


class Outside(Protocol):
    """Where the simulators run."""

    @property
    def host(self) -> str:
        """Return the address on which they listen."""
        ...

    @property
    def public_url(self) -> str:
        """Return the address of the platform that people and programs call."""
        ...

    @property
    def provider_url(self) -> str:
        """Return the address of the provider of letters, as the platform reaches it."""
        ...

    def port(self, name: str) -> int:
        """Return the port of what a simulator offers to the platform; `smtp` is the port of mails."""
        ...

    def admin_port(self, name: str) -> int:
        """Return the port of what a simulator shows to developers."""
        ...

    def admin_url(self, name: str) -> str:
        """Return the address of that, as the other simulators reach it."""
        ...

    def data(self, name: str) -> Path:
        """Return the folder that a simulator keeps, as it sees it."""
        ...


def variables(name: str, outside: Outside, secrets: Secrets) -> dict[str, str]:
    """Return the environment of a simulator."""
    own: dict[str, dict[str, object]] = {
        "idnot": {
            "PORT": outside.port("idnot"),
            "CLIENT_ID": "scelle",
            "CLIENT_SECRET": secrets.word("oidc-client"),
            "ISSUER": ISSUER,
            "REDIRECT_URIS": f"{outside.public_url}{REDIRECT_PATH}",
            "ACCOUNTS_FILE": outside.data("idnot") / "accounts.json",
        },
        "sms": {"PORT": outside.port("sms"), "TOKEN": secrets.word("sms")},
        "mail": {
            "SMTP_PORT": outside.port("smtp"),
            "SMS": outside.admin_url("sms"),
            "REPORTS_URL": f"{outside.public_url}/api/messages/v1/delivery-reports",
            "REPORTS_SECRET": secrets.random_key("reports").read_text(),
        },
        "tsa": {"PORT": outside.port("tsa"), "FOLDER": outside.data("tsa")},
        "ar24": {
            "PORT": outside.port("ar24"),
            "PUBLIC_URL": outside.provider_url,
            "TOKEN": secrets.word("ar24-token"),
            "PRIVATE_KEY": secrets.word("ar24-private-key"),
            "FOLDER": outside.data("ar24"),
        },
    }
    fields = {"HOST": outside.host, "ADMIN_PORT": outside.admin_port(name)} | own[name]
    return {f"SANDBOX_{field}": str(value) for field, value in fields.items()}
