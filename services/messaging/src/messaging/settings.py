"""What an operator sets for messaging."""

from chassis.settings import ServiceSettings
from chassis.values import Host
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
