"""The HTTP API of AR24."""
