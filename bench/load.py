"""A stated rate of work on the whole platform, through the gateway, open loop: what arrives late still arrives on time.

    .venv/bin/python bench/load.py [--commands 200] [--deposits 10] [--seconds 600] [--together]

Every second so many dossiers are opened and so many files deposited (declared, then sent), at moments fixed in advance:
a latency is counted from that moment, so that waiting is in it. `serve` and `work` of each service are processes of
their own, as on a cluster, unless they are to be together. Afterwards what was acknowledged is looked for, once each,
in the store of its service and in the journal, and the journal's audit against the stores is run. With both rates 0
the platform is idle. Exit status 1 when something acknowledged is lost or doubled or was set aside, or when the rate
did not hold (more than 1 % refused, or the work ended 5 s late).
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import until
from launcher.samples import make_samples
from testkit.apart import ApartPlatform
from testkit.costs import Costs
from testkit.insider import Insider
from testkit.stack import Platform

FILE_BYTES = 200_000
SETTLING_SECONDS = 600.0
LATE_SECONDS = 5.0
RENEW_SECONDS = 240.0
REFUSED_SHARE = 0.01
CONNECTIONS = 200
PATIENCE_SECONDS = 60.0


class Connections:
    """HTTP/1.1 by hand: a client library took more of the processors than the service that answers."""

    def __init__(self, address: str) -> None:
        """Nothing is open yet; `address` is that of the gateway."""
        self.address = address
        self._place = urlsplit(address)
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Send a request and return status and body; OSError, EOFError or TimeoutError when there is no answer."""
        words = {"Host": self._place.netloc, "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in words.items())
        async with self._turns:
            reader, writer = await self._connection()
            try:
                writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answer = await _answer(reader)
            except BaseException:
                writer.close()
                raise
            self._idle.append((reader, writer))
            return answer

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._idle:
            writer.close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._place.hostname, self._place.port)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split(" ")[1]), await reader.readexactly(int(named["content-length"]))


@dataclass
class Kind:
    """One kind of work, and how it went."""

    name: str
    rate: float
    latencies: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)

    def told(self) -> str:
        """Return its line of the table: milliseconds."""
        found = sorted(self.latencies) or [0.0]
        places = [found[min(len(found) - 1, int(len(found) * share))] * 1000 for share in (0.5, 0.95, 0.99, 0.999)]
        figures = " | ".join(f"{one:.0f}" for one in [*places, found[-1] * 1000])
        return f"| {self.name} | {self.rate:g}/s | {len(self.latencies)} | {sum(self.refused.values())} | {figures} |"


class Load:
    """Sends work at fixed moments."""

    def __init__(self, journey: Journey, http: Connections) -> None:
        self.journey, self.http, self.run = journey, http, uuid4().hex[:8]
        self.content = b"%PDF-1.7\n" + random.Random(1).randbytes(FILE_BYTES) + b"\n%%EOF\n"  # noqa: S311 - no secret

    async def offer(self, kind: Kind, one: Callable[[], Awaitable[str]], seconds: float) -> float:
        """Begin `one` at every moment of the rate; return how late the last of them ended."""
        began, running = time.perf_counter(), set[asyncio.Task[None]]()
        for number in range(int(kind.rate * seconds)):
            due = began + number / kind.rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._timed(kind, one, due))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(max(0.0, began + seconds - time.perf_counter()))
        await asyncio.gather(*running)
        return time.perf_counter() - began - seconds

    async def _timed(self, kind: Kind, one: Callable[[], Awaitable[str]], due: float) -> None:
        try:
            kind.acknowledged.add(await one())
        except (OSError, EOFError, RuntimeError) as error:
            kind.refused[str(error) or type(error).__name__] += 1
        kind.latencies.append(time.perf_counter() - due)

    async def opens_a_dossier(self) -> str:
        """Open a dossier; return its id."""
        number = f"{self.run}-{uuid4().hex[:12]}"
        body = {"number": number, "title": "Charge", "deed_type": "vente"}
        answer = await self._send("POST", f"{DOSSIERS}/dossiers", self.journey.clerk.token, body)
        return str(answer["id"])

    async def deposits_a_file(self) -> str:
        """Declare a file that nobody asked for and send it; return the id of the version."""
        body = {
            "name": "charge.pdf",
            "label": "Charge",
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }
        path = f"{DOSSIERS}/dossiers/{self.journey.dossier}/deposits"
        given = await self._send("POST", path, self.journey.clients[0].token, body)
        await self._send("PUT", given["upload_url"], given["ticket"], self.content)
        return str(given["version_id"])

    async def stay_signed_in(self) -> None:
        """Renew the tokens of the people; they live for ten minutes."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await asyncio.to_thread(self.journey.renew_tokens)

    async def _send(self, method: str, path: str, token: str, body: object) -> Any:
        raw = isinstance(body, bytes)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": uuid4().hex,
            "Content-Type": "application/octet-stream" if raw else "application/json",
        }
        status, answer = await self.http.send(method, path.removeprefix(self.http.address), headers, content)
        if status != HTTPStatus.CREATED:
            raise RuntimeError(f"HTTP {status}")
        return json.loads(answer)


async def run(journey: Journey, kinds: Iterable[Kind], seconds: float) -> float:
    """Carry out the load; return how late it ended."""
    http = Connections(journey.world.gateway)
    load = Load(journey, http)
    renewing = asyncio.create_task(load.stay_signed_in())
    ways = (load.opens_a_dossier, load.deposits_a_file)
    work: list[Coroutine[Any, Any, float]] = [
        load.offer(kind, way, seconds) for kind, way in zip(kinds, ways, strict=True)
    ]
    late = await asyncio.gather(*work)
    renewing.cancel()
    http.close()
    return max(late)


STORED = {
    "dossiers opened": ("dossier", "dossier.dossier-opened"),
    "files deposited": ("vault", "vault.document-stored"),
}
"""Kind of work → the service that acknowledges it, and the event that it is."""


def found(platform: Platform, kind: Kind) -> tuple[Counter[str], Counter[str]]:
    """Return how often each thing is in its service's store, and in the journal."""
    service, event = STORED[kind.name]
    with platform.database(service) as connection:
        query = "SELECT originator_id::text FROM ledger.stored_events WHERE originator_version = 1"
        stored = Counter(row[0] for row in connection.execute(query).fetchall())
    with platform.database("journal") as connection:
        query = "SELECT agg::text FROM journal.entry WHERE type = %s"
        journaled = Counter(row[0] for row in connection.execute(query, [event]).fetchall())
    return stored, journaled


def told_of(platform: Platform, kind: Kind) -> int:
    """Say what became of the acknowledged ones; return how many are not there exactly once."""
    places = dict(zip(("store", "journal"), found(platform, kind), strict=True))
    lost = {name: sum(not there[one] for one in kind.acknowledged) for name, there in places.items()}
    doubled = {name: sum(there[one] > 1 for one in kind.acknowledged) for name, there in places.items()}
    for name in places:
        there = len(kind.acknowledged) - lost[name]
        _say(
            f"{kind.name}: {len(kind.acknowledged)} acknowledged, {there} in the {name}, {doubled[name]} of them twice"
        )
    return sum(lost.values()) + sum(doubled.values())


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=float, default=200)
    parser.add_argument("--deposits", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--together", action="store_true", help="one process for each service")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scelle-load-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        samples = make_samples(folder)
        platform = (Platform if asked.together else ApartPlatform)(folder / "data")
        platform.up()
        try:
            return _measured(platform, Journey(platform.world(), Pile(samples, samples), lambda _: None), asked)
        finally:
            platform.down()


def _measured(platform: Platform, journey: Journey, asked: argparse.Namespace) -> int:
    for step in journey.steps[:5]:
        step()
    insider = Insider(platform, journey)
    insider.taken_in()
    kinds = [Kind("dossiers opened", asked.commands), Kind("files deposited", asked.deposits)]
    _say(f"{asked.seconds:g} s on {os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    costs, before = Costs(platform.folder), time.process_time()
    late = asyncio.run(run(journey, kinds, asked.seconds))
    taken, own = costs.until_now(), time.process_time() - before
    began = time.perf_counter()
    until(lambda: _taken_in(insider), "the journal to take everything in", SETTLING_SECONDS)
    settled = time.perf_counter() - began
    _say(
        "",
        "| work | rate | sent | refused | p50 ms | p95 | p99 | p99.9 | max |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    for kind in kinds:
        _say(kind.told())
        _say(*(f"refused: {number} times {why}" for why, number in kind.refused.items()))
    _say("", "| process | MiB held | MiB at most | processors |", "|---|--:|--:|--:|")
    _say(*(f"| {one.name} | {one.held:.0f} | {one.most:.0f} | {one.cores:.3f} |" for one in taken))
    _say(f"| (this program) | | | {own / (asked.seconds + max(0.0, late)):.3f} |", "")
    _say(f"ended {max(0.0, late):.1f} s late; the journal had everything {settled:.1f} s later")
    wrong, findings, parked = [told_of(platform, kind) for kind in kinds], insider.audited(), platform.parked()
    _say(f"audit findings: {len(findings)}; messages set aside: {sum(parked.values())}")
    refused = any(sum(kind.refused.values()) > REFUSED_SHARE * max(1, len(kind.latencies)) for kind in kinds)
    failed = any(wrong) or bool(findings) or bool(parked) or refused or late > LATE_SECONDS
    _say("the rate did not hold, or something is wrong" if failed else "held: nothing lost, nothing twice")
    return int(failed)


def _taken_in(insider: Insider) -> bool:
    taken = {one["service"]: one["store_seq"] for one in insider.status()["sources"]}
    return taken == {service: head for service, head in insider.platform.heads().items() if head}


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
