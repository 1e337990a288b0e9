"""Three NATS servers that keep every stream three times, to be killed, held still, wiped or damaged one by one."""

import os
import random
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from launcher.journey.world import until
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import Running, start
from launcher.programs import program

SIZE = 3
WHOLE_SECONDS = 120.0


@dataclass
class Node:
    """One server of the cluster."""

    name: str
    folder: Path
    port: int
    routes_port: int
    monitor_port: int
    routes: Sequence[int]
    process: Running | None = field(default=None, init=False)

    @property
    def store(self) -> Path:
        """Where its streams are."""
        return self.folder / "store"

    def start(self) -> None:
        """Start it, on what its folder holds."""
        self.store.mkdir(parents=True, exist_ok=True)
        routes = ", ".join(f"nats://{LOOPBACK}:{port}" for port in self.routes)
        configuration = self.folder / "nats.conf"
        configuration.write_text(
            f'server_name: {self.name}\nlisten: "{LOOPBACK}:{self.port}"\nhttp: "{LOOPBACK}:{self.monitor_port}"\n'
            f'cluster {{ name: scelle, listen: "{LOOPBACK}:{self.routes_port}", routes: [{routes}] }}\n'
            f'jetstream {{ store_dir: "{self.store}" }}\n'
        )
        command: list[str | Path] = [program("nats-server", "NATS", "SCELLE_NATS_URL"), "-c", configuration]
        self.process = start(self.name, command, self.folder / "nats.log", cwd=self.folder, tied=True)

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is not None:
            self.process.popen.kill()
            self.process.popen.wait()
            self.process = None

    def terminate(self) -> None:
        """Ask it to end, as an upgrade does."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        """Hold it still with SIGSTOP, wake it with SIGCONT."""
        if self.process is not None:
            os.kill(self.process.mark.pid, number)

    def sound(self) -> bool:
        """Tell whether it says itself that everything it keeps is there and up to date."""
        try:
            answer = httpx.get(f"http://{LOOPBACK}:{self.monitor_port}/healthz", timeout=2, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


class Cluster:
    """The servers together."""

    def __init__(self, folder: Path) -> None:
        """Choose ports."""
        ports = free_ports(3 * SIZE)
        between = ports[SIZE : 2 * SIZE]
        self.nodes = [
            Node(f"node-{n}", folder / f"node-{n}", ports[n], between[n], ports[2 * SIZE + n], between)
            for n in range(SIZE)
        ]

    @property
    def url(self) -> str:
        """Every address, as clients are told them."""
        return ",".join(f"nats://{LOOPBACK}:{node.port}" for node in self.nodes)

    def whole(self) -> None:
        """Wait until every server is sound."""
        until(lambda: all(node.sound() for node in self.nodes), "the cluster to be whole", WHOLE_SECONDS)


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run three servers for the block."""
    cluster = Cluster(folder)
    try:
        for node in cluster.nodes:
            node.start()
        cluster.whole()
        yield cluster
    finally:
        for node in cluster.nodes:
            node.kill()


def damage(store: Path, chance: random.Random) -> list[Path]:
    """Flip a bit in, or cut off the end of, every file of messages; return those files."""
    files = [file for file in sorted(store.rglob("*.blk")) if file.stat().st_size]
    for file in files:
        content = bytearray(file.read_bytes())
        if chance.random() < 0.5:  # noqa: PLR2004 - one way or the other
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        else:
            del content[chance.randrange(len(content)) :]
        file.write_bytes(content)
    return files


def set_back(store: Path, kept: Path) -> None:
    """Put a folder back to a copy that was taken before: what was not flushed to disk by then is lost."""
    shutil.rmtree(store)
    shutil.copytree(kept, store)
