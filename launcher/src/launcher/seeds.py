"""What a fresh stack holds so that somebody can sign in: two offices, and the sandbox's people."""

from typing import Any

import httpx

from launcher.parts import Module

OFFICES = (("75999", "Étude Morel"), ("69999", "Étude Lambert"))


def register_offices(identity: Module) -> None:
    """Register the demo offices; one that exists stays as it is."""
    words = [word for crpcen, name in OFFICES for word in ("--crpcen", crpcen, "--name", name)]
    identity.once("register-office", *words)


def demo_accounts(idnot_admin: str) -> list[dict[str, Any]]:
    """Return the accounts of the sandbox ID.not, with their passwords: they open nothing outside this machine."""
    accounts = httpx.get(f"{idnot_admin}/accounts", timeout=5).raise_for_status().json()
    shown = ("identifier", "password", "first_name", "last_name", "role", "crpcen")
    return [{name: account[name] for name in shown} for account in accounts]
