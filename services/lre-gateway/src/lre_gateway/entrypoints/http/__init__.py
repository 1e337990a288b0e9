"""The HTTP API of lre-gateway."""
