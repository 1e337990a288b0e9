"""What an operator sets for messaging."""

from chassis.settings import ServiceSettings
from chassis.values import Host, RandomKeyFile
from pydantic import Field


class Settings(ServiceSettings, env_prefix="MESSAGING_"):
    """The common settings, and the way to the mail server."""

    smtp_host: Host = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    digest_seconds: float = Field(default=60, ge=0, le=3600)
    """How long the first e-mail of a burst of news waits for what comes with it."""
    digest_pause_seconds: float = Field(default=900, ge=0, le=86_400)
    """The least time between two e-mails of news to the same person."""
    mail_from: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """The sender's address; its domain also ends the Message-IDs."""
    bounce_address: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,31}@[A-Za-z0-9.-]{1,189}$")
    """Where reports on e-mails come back to: the envelope of each names an address of its own, bounces+<id>@…."""
    report_secret_file: RandomKeyFile | None = None
    """32 random bytes in base64: the bearer of the mail gateway that hands reports over; without it nobody may."""
