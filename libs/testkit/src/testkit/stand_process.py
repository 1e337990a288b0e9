"""`python -m testkit.stand_process`: a relay, or a service that follows, in a process that a test can kill.

Both run what every service runs: the store, the inbox, the relay and the consumer of the libraries.
"""

import argparse
import asyncio
import hashlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from bus import Consuming, Relaying
from chassis.crashing import arm
from contracts import Envelope
from eventstore import Inbox, Position, Store, leadership

from testkit.parcels import Parcel, Sample, Someone

PERSON = UUID(int=7)
"""Nothing is said of this person: one key is enough."""


def main() -> None:
    """Work until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m testkit.stand_process", description=__doc__)
    parser.add_argument("role", choices=["relay", "elected", "follow"])
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--bus", required=True)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--feed", help="where the producer answers who misses events")
    asked = parser.parse_args()
    arm()
    store = Sample(asked.database, asked.folder).open()
    alone = partial(leadership, asked.database, "relay")
    task: Callable[[asyncio.Event], Awaitable[None]]
    if asked.role == "follow":
        task = Consuming(asked.bus, "follower", "sample", inbox(store), partial(refill, asked.feed))
    elif asked.role == "elected":
        task = Relaying(asked.bus, "sample", store, leadership=alone, replicas=asked.replicas)
    else:
        task = Relaying(asked.bus, "sample", store, replicas=asked.replicas)
    try:
        asyncio.run(until_told(task))
    finally:
        store.close()


async def until_told(task: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run the task until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await task(stop)


def inbox(store: Store) -> Inbox:
    """Return an inbox whose effect is one parcel for each event, with the digest of its entry for a number.

    Each is in an office of its own: an effect that happened twice would be two parcels, and no refusal would hide it.
    """

    def opened(envelope: Envelope, position: Position) -> None:
        digest = hashlib.sha256(envelope.proofentry.encode()).hexdigest()
        effect = Parcel(office_id=uuid4(), number=digest, person_id=PERSON, note=None)
        store.save(effect, actor=Someone(person_id=None, kind="service"), position=position)

    return Inbox(store, {"sample.parcel-opened": opened})


def refill(feed: str, after: int, limit: int) -> Sequence[Envelope]:
    """Ask the producer for events."""
    answer = httpx.get(feed, params={"after": after, "limit": limit}, timeout=10, trust_env=False)
    return [Envelope.parse(one) for one in answer.raise_for_status().json()]


if __name__ == "__main__":
    main()
