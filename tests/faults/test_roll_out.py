"""Processes of a service come and go while people work: nobody notices, and one that is stuck is replaced."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from launcher.blueprint import SERVICES
from launcher.components.caddy import Caddy
from launcher.journey.world import until
from launcher.parts import running
from launcher.ports import LOOPBACK, free_ports
from launcher.state import State
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.linking import LinkedPlatform
from testkit.openings import Crowd
from testkit.oracle import one_history

ENOUGH = 10  # dossiers that are opened before, during and after
NO_ANSWER_SECONDS = 2.0  # after which a probe counts as failed


@contextmanager
def gateway(platform: LinkedPlatform, service: str, ports: list[int], folder: Path) -> Iterator[str]:
    """Run a gateway that knows several processes of a service; give its address."""
    services = {name: f"{LOOPBACK}:{platform.part(name).port}" for name in SERVICES}
    services[service] = " ".join(f"{LOOPBACK}:{port}" for port in ports)
    caddy = Caddy(folder, free_ports(1)[0], services, folder / "gateway.log", tied=True)
    with running(caddy):
        yield caddy.url


@pytest.mark.fault("F58")
@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_roll_out_costs_no_request(
    linked: Insider, network: LinkedPlatform, tally: Tally, tmp_path: Path, _: int
) -> None:
    """One process after the other is told to stop while another takes the requests; each of them is answered well."""
    first = network.part("dossier")
    with ExitStack() as around, ExitStack() as coming:
        second = coming.enter_context(network.second("dossier"))
        url = around.enter_context(gateway(network, "dossier", [first.port, second.port], tmp_path))
        with Crowd(linked, people=8, gateway=url) as people:
            people.wait_for(ENOUGH)
            pid = State.load(network.folder).processes["dossier"].pid
            os.kill(pid, signal.SIGTERM)
            network.wait_until_back("dossier", pid)
            until(first.ready, "the first process to be ready again")
            people.wait_for(ENOUGH)
            coming.close()
            people.wait_for(ENOUGH)
        assert people.answers.keys() == {HTTPStatus.CREATED}, people.failures[:5]
        people.settle(tally)
    one_history(linked)


@pytest.mark.fault("F61")
def test_a_process_that_is_stuck_is_seen_and_replaced(linked: Insider, tally: Tally) -> None:
    """It answers no probe, whatever it was doing; its successor finds nothing half done."""
    platform = linked.platform
    part, pid = platform.part("dossier"), State.load(platform.folder).processes["dossier"].pid
    with Crowd(linked) as people:
        people.wait_for(ENOUGH)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"http://{LOOPBACK}:{part.port}/livez", timeout=NO_ANSWER_SECONDS, trust_env=False)
        people.wait_for_silence()
        platform.wait_until_back("dossier", platform.kill("dossier"))  # as a liveness probe has it done
        people.wait_for(ENOUGH)
    linked.taken_in()
    people.settle(tally)
    one_history(linked)
