"""Who asks: the bearer of a token, or on the embedded stack the notary of its demo office."""

import argparse
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from launcher import gateway
from launcher.gateway import Gateway
from launcher.journey.people import Member, become_signed_in
from launcher.journey.story import NOTARY
from launcher.journey.world import World

LETTERS = "/api/letters/v1"
WRONG = 1  # exit code: something was refused, or waits for a person
PAGE = 100  # items of one answer


def asking(options: argparse.Namespace) -> AbstractContextManager[Gateway]:
    """Lend the gateway that the options name, as whoever they name. Raises Malformed and StackError."""
    return gateway.asking(options, demo_token)


def demo_token(summary: Mapping[str, Any]) -> str:
    """Sign in the notary of the demo office."""
    notary = Member(NOTARY.email, NOTARY.password)
    world = World.of(summary)
    try:
        become_signed_in(world, notary)
    finally:
        world.close()
    return notary.token
