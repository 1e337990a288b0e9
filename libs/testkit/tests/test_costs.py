"""What a process takes is counted while it takes it."""

import sys
from pathlib import Path

from launcher.journey.world import until
from launcher.processes import start
from launcher.state import State
from testkit.costs import Costs

BUSY = "b = bytearray(50 << 20)\nwhile True: pass"
IDLE = "import time; time.sleep(600)"


def test_who_is_busy_takes_processor_time_and_memory_and_who_sleeps_takes_none(tmp_path: Path) -> None:
    state = State.load(tmp_path)
    running = [
        start(name, [sys.executable, "-c", program], tmp_path / f"{name}.log")
        for name, program in (("busy", BUSY), ("idle", IDLE))
    ]
    try:
        state.processes.update((one.mark.name, one.mark) for one in running)
        state.save()
        costs = Costs(tmp_path)

        def counted() -> bool:
            busy, idle = costs.until_now()
            assert (busy.name, idle.name) == ("busy", "idle")
            return busy.cores > 10 * idle.cores and busy.held > 50 and busy.most > 50 > idle.most

        assert until(counted, "the busy one to take more")
    finally:
        for one in running:
            one.stop()
