"""Three servers of the bus that keep everything three times: restarted, without a quorum, damaged, without power."""

import asyncio
import random
import shutil
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from launcher.journey.world import until
from testkit.cluster import SIZE, Cluster, damage, running_cluster, set_back
from testkit.databases import NewDatabase
from testkit.fault_report import ROUNDS, Tally
from testkit.stand import Stand, standing

EXTRA_SECONDS = 120
"""Elections take as long as they take on a machine that does other things."""

pytestmark = pytest.mark.timeout(300 + 240 * ROUNDS)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as made:
        yield made


@pytest.fixture
def stand(new_database: NewDatabase, tmp_path: Path, cluster: Cluster) -> Iterator[Stand]:
    """Return a producer and a follower that work, with a stream kept three times."""
    with standing(new_database(), new_database(), tmp_path / "stand", cluster.url, replicas=SIZE) as made:
        made.relay()
        made.follow()
        made.write(40)
        grown(made, made.head())
        yield made


def grown(stand: Stand, number: int) -> None:
    until(lambda: stand.position() >= number, f"event {number} to arrive", EXTRA_SECONDS)


def at_rest(stand: Stand) -> int | None:
    """Return where the follower stands once it moves no more."""
    position = stand.position()
    threading.Event().wait(1)
    return position if stand.position() == position else None


@pytest.mark.fault("F22")
def test_the_servers_are_restarted_one_after_the_other(stand: Stand, cluster: Cluster, tally: Tally) -> None:
    """As an upgrade does, and then as a crash does: the producer is never refused, and the follower catches up."""
    for _ in range(ROUNDS):
        with stand.load():
            for node in cluster.nodes:
                node.terminate()
                node.start()
                cluster.whole()
            for node in cluster.nodes:
                node.kill()
                node.start()
                cluster.whole()
        stand.settled(tally)


@pytest.mark.fault("F23")
def test_there_is_no_quorum_and_the_producer_does_not_notice(stand: Stand, cluster: Cluster, tally: Tally) -> None:
    """Two of three are held still, then dead: nothing is published, everything is acknowledged, and then it drains."""
    first, second, _ = cluster.nodes
    for _ in range(ROUNDS):
        for node in (first, second):
            node.signal(signal.SIGSTOP)
        stand.write(300)
        for node in (first, second):
            node.kill()
        stalled = until(partial(at_rest, stand), "what was on its way to arrive")
        stand.write(300)
        assert stand.position() == stalled
        for node in (first, second):
            node.start()
        stand.settled(tally)


@pytest.mark.fault("F27")
def test_the_files_of_one_server_are_damaged(stand: Stand, cluster: Cluster, tally: Tally) -> None:
    """Bits are flipped in it, or its files cut off, or it is empty; then the two others go, one after the other."""
    chance = random.Random(27)  # noqa: S311 - the same damage in every run
    for round_ in range(2 * ROUNDS):
        stand.write(60)
        stand.settled(tally)
        victim = cluster.nodes[round_ % SIZE]
        victim.kill()
        if round_ % 2:
            shutil.rmtree(victim.store)
        else:
            assert damage(victim.store, chance)
        with stand.load():
            victim.start()
            cluster.whole()
            for node in cluster.nodes:
                if node is not victim:
                    node.kill()
                    grown(stand, stand.head() + 10)
                    node.start()
                    cluster.whole()
        stand.settled(tally)


@pytest.mark.fault("F29")
def test_every_server_loses_what_it_had_not_flushed(
    stand: Stand, cluster: Cluster, tmp_path: Path, tally: Tally
) -> None:
    """The power goes at once for all of them: each comes back with the files as they were a moment before."""
    (relay,) = [one for one in stand.running if one.mark.name == "relay"]
    for round_ in range(ROUNDS):
        for node in cluster.nodes:
            node.signal(signal.SIGSTOP)
        for node in cluster.nodes:
            shutil.copytree(node.store, tmp_path / f"{node.name}-{round_}")
        for node in cluster.nodes:
            node.signal(signal.SIGCONT)
        stand.write(200)
        grown(stand, stand.head())
        stand.kill(relay)
        for node in cluster.nodes:
            node.kill()
        for node in cluster.nodes:
            set_back(node.store, tmp_path / f"{node.name}-{round_}")
        for node in cluster.nodes:
            node.start()
        cluster.whole()
        kept = until(lambda: asyncio.run(stand.copied()), "the stream to be read")
        assert len(kept) <= stand.head() - 200
        stand.write(30)
        relay = stand.relay()
        stand.settled(tally)
