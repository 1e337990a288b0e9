"""Builds the objects of lre-gateway from its settings."""

from lre_gateway.wiring.process import SERVICE

__all__ = ["SERVICE"]
