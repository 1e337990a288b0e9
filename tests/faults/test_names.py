"""Nobody is told any more where a name leads: what is connected works on, the rest tries again until it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launcher.journey.world import until
from launcher.state import State
from testkit import name_server
from testkit.fault_report import Tally
from testkit.insider import Insider, walking
from testkit.naming import NamedPlatform
from testkit.openings import crowd
from testkit.oracle import one_history

SIGNED_IN = 5  # steps of the journey
ENOUGH = 6  # dossiers that are opened before, during and after
LONGEST_PAUSE = 30.0  # seconds after which the most patient task tries again


@pytest.fixture(scope="module")
def auditor(servers_folder: Path, samples: list[Path]) -> Iterator[Insider]:
    """Return an auditor of a platform whose processes know each other by name; people have signed in."""
    if not name_server.may_serve(servers_folder):
        pytest.skip("only root may be a name server (port 53) and give processes another one")
    with walking(servers_folder / "named", samples, steps=SIGNED_IN, kind=NamedPlatform) as found:
        yield found


@pytest.fixture
def named(auditor: Insider) -> NamedPlatform:
    """Return the platform, with fresh tokens."""
    assert isinstance(auditor.platform, NamedPlatform)
    auditor.journey.renew_tokens()
    return auditor.platform


def pids(platform: NamedPlatform) -> dict[str, int]:
    return {name: mark.pid for name, mark in State.load(platform.folder).processes.items()}


@pytest.mark.fault("F55")
@pytest.mark.parametrize("state", [name_server.State.SILENT, name_server.State.FAILS], ids=lambda state: state.value)
def test_no_name_leads_anywhere_while_every_connection_is_lost(
    auditor: Insider, named: NamedPlatform, tally: Tally, state: name_server.State
) -> None:
    """Nobody ends for it: a process that loses its connections asks again until there is an answer."""
    before = pids(named)
    with crowd(auditor, tally) as people:
        people.wait_for(ENOUGH)
        with named.names.out_of_order(state):
            people.wait_for(ENOUGH)  # open connections need no name
            asked = named.names.asked
            for link in named.links():
                link.cut()
            people.wait_for_silence(LONGEST_PAUSE, 2 * LONGEST_PAUSE)
            assert named.names.asked > asked
        people.wait_for(ENOUGH)
    assert pids(named) == before
    one_history(auditor)
    assert named.parked() == {}


@pytest.mark.fault("F55")
def test_a_process_that_starts_without_names_is_there_when_they_are(
    auditor: Insider, named: NamedPlatform, tally: Tally
) -> None:
    with crowd(auditor, tally) as people:
        people.wait_for(ENOUGH)
        with named.names.out_of_order(name_server.State.FAILS):
            pid = named.kill("dossier")
            people.wait_for_silence()
        named.wait_until_back("dossier", pid)
        until(named.part("dossier").ready, "the service to answer")
        people.wait_for(ENOUGH)
    one_history(auditor)
