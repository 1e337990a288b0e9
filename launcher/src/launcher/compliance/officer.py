"""Who asks: the bearer of a token, or on the embedded stack its demo compliance officer."""

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launcher.compliance.gateway import Gateway, Malformed
from launcher.errors import StackError
from launcher.journey.people import Member, approve, ask_for_membership, become_signed_in, sign_in_at_idnot
from launcher.journey.story import CRPCEN, NOTARY
from launcher.journey.world import World
from launcher.state import State

OFFICER = Member("ines.roche@etude-morel.example", "Conformite-demo-1")


@contextmanager
def asking(options: argparse.Namespace) -> Iterator[Gateway]:
    """Lend the gateway that the options name, as whoever they name. Raises Malformed and StackError."""
    url, token = options.url, _token(options.token_file)
    if url is None:
        state = State.load(options.data.resolve())
        if not state.running() or not state.summary:
            raise StackError(f"nothing runs on {options.data}; give --url, or start it with `scelle up`")
        url = state.summary["gateway"]
        token = token or demo_token(state.summary)
    if token is None:
        raise Malformed("give --token-file, or the token in SCELLE_TOKEN")
    gateway = Gateway(url, token)
    try:
        yield gateway
    finally:
        gateway.close()


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


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("SCELLE_TOKEN")
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise Malformed(f"the token cannot be read: {error}") from None
