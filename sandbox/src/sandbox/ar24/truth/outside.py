"""How the provider calls its customers."""

import ssl
from functools import cache

import httpx


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reading the certificates to trust takes longer than a call


def client(seconds: float) -> httpx.Client:
    """Return a client that waits so long for an answer; close it."""
    return httpx.Client(timeout=seconds, trust_env=False, verify=_trust())
