"""Whatever the network, the server and the processes do: every event takes effect once, in order."""

import contextlib
import logging
from collections.abc import Iterator

import pytest
from bus.consumer import Consumer
from bus.relay import Relay
from nats.js import api
from testkit.simulation.world import World

SEEDS = 10_000  # `make simulate` plays ten times as many
SLICES = 20
FOUND_WITHIN = 300
"""Seeds within which a relay or a consumer that lacks something is found out."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Log nothing: what a seed says of its mishaps costs more than playing it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.fault("F10", "F11", "F12", "F14", "F15", "F16", "F17", "F24", "F25", "F26", "F29")
@pytest.mark.parametrize("slice_", range(SLICES))
def test_nothing_is_lost_doubled_or_out_of_order(slice_: int) -> None:
    for seed in range(slice_, SEEDS, SLICES):
        try:
            World(seed).run()
        except Exception as error:
            error.add_note(f"again with: python -m testkit.simulation --first {seed} --seeds 1")
            raise


class Fenceless(Relay):
    """Publishes wherever the stream happens to be."""

    async def _publish_one(self, envelope) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        stream = self._jetstream._server.streams.get(self._stream)
        headers = {
            api.Header.MSG_ID.value: envelope.id,
            api.Header.EXPECTED_STREAM.value: self._stream,
            api.Header.EXPECTED_LAST_SEQUENCE.value: str(len(stream.messages) if stream else 0),
        }
        await self._jetstream.publish(envelope.bus_subject, envelope.json_bytes(), headers=headers)


class Trusting(Relay):
    """Believes that the stream stays as it was when the relay began."""

    async def _align(self) -> int:
        if not hasattr(self, "known"):
            self.known = await super()._align()
        return self.known

    async def _publish(self, envelopes, last: int) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
        self.known = await super()._publish(envelopes, last)
        return self.known


class Careless(Consumer):
    """Goes on after a hole."""

    async def _fill(self, _first: int, _end: int) -> None:
        pass


class Eager(Consumer):
    """Takes what the server delivers for what is new."""

    async def take(self, envelopes) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        await self._receive(list(envelopes))


@pytest.mark.parametrize(
    "lacking", [{"relay": Fenceless}, {"relay": Trusting}, {"consumer": Careless}, {"consumer": Eager}]
)
def test_the_simulation_finds_what_is_lacking(lacking: dict[str, type]) -> None:
    def wrong() -> Iterator[int]:
        for seed in range(FOUND_WITHIN):
            try:
                World(seed, **lacking).run()
            except AssertionError:
                yield seed

    assert next(wrong(), None) is not None


def test_a_seed_is_always_the_same_story() -> None:
    stories = []
    for _ in range(2):
        world = World(7)
        with contextlib.suppress(AssertionError):
            world.run()
        stories.append((world.chance.random(), len(world.store.events), len(world.inbox.taken)))
    assert stories[0] == stories[1]
