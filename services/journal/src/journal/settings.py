"""What an operator may change in the journal."""

from chassis.settings import KeyFile, ServiceSettings


class Settings(ServiceSettings, env_prefix="JOURNAL_"):
    """The settings of every service, and the identity of the log."""

    log_key_file: KeyFile
    """Ed25519 private key (PKCS 8, PEM) that signs checkpoints and nothing else."""
    log_origin: str
    """Name of the log, for ever: a schema-less URL such as journal.example/prod."""
