"""Who asks: the bearer of a token, or on the embedded stack its demo compliance officer."""

import argparse
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from launcher import gateway
from launcher.gateway import Gateway
from launcher.journey.people import Member, approve, ask_for_membership, become_signed_in, sign_in_at_idnot
from launcher.journey.story import CRPCEN, NOTARY
from launcher.journey.world import World

OFFICER = Member("ines.roche@etude-morel.example", "Conformite-demo-1")


def asking(options: argparse.Namespace) -> AbstractContextManager[Gateway]:
    """Lend the gateway that the options name, as whoever they name. Raises Malformed and StackError."""
    return gateway.asking(options, demo_token)


def demo_token(summary: Mapping[str, Any]) -> str:
    """Sign in the compliance officer of the demo office, whose notary lets them in the first time."""
    officer = Member(OFFICER.email, OFFICER.password)
    world = World.of(summary)
    try:
        if "registration_token" in sign_in_at_idnot(world, officer).json():
            ask_for_membership(world, officer, CRPCEN, "compliance", sign_up=False)
            notary = Member(NOTARY.email, NOTARY.password)
            become_signed_in(world, notary)
            approve(world, notary, officer)
        become_signed_in(world, officer)
    finally:
        world.close()
    return officer.token
