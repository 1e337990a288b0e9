"""What an operator sets for the portal."""

from chassis.settings import ProcessSettings
from chassis.values import RandomKeyFile


class Settings(ProcessSettings, env_prefix="PORTAL_"):
    """The common settings, and the services whose interfaces the pages speak to."""

    session_key_file: RandomKeyFile
    """32 random bytes in base64, the same for every process: under it sessions are sealed."""
    gallery: bool = False
    """Whether /_gallery shows every component; for whoever develops pages."""
