"""The HTTP API of dossier."""
