"""What an operator sets for dossier."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings, env_prefix="DOSSIER_"):
    """The common settings; `peers` names identity and vault."""
