"""A stated rate of work on the whole platform, through the gateway, open loop: what arrives late still arrives on time.

    .venv/bin/python bench/load.py [--commands 200] [--deposits 10] [--seconds 600]

Every second so many dossiers are opened and so many files deposited (declared, then sent), at moments fixed in advance:
a latency is counted from that moment, so that waiting is in it. Afterwards what was acknowledged is looked
for, once each, in the journal, and its audit against the stores is run. Exit status 1 when something
acknowledged is lost or doubled, or when the rate did not hold (more than 1 % refused, or the work ended 5 s late).
"""

import argparse
import asyncio
import hashlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import until
from launcher.samples import make_samples
from testkit.insider import Insider
from testkit.stack import Platform

FILE_BYTES = 200_000
SETTLING_SECONDS = 600.0
LATE_SECONDS = 5.0
RENEW_SECONDS = 240.0
REFUSED_SHARE = 0.01
CONNECTIONS = 200


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
        places = [found[min(len(found) - 1, int(len(found) * share))] * 1000 for share in (0.5, 0.9, 0.99, 0.999)]
        figures = " | ".join(f"{one:.0f}" for one in [*places, found[-1] * 1000])
        return f"| {self.name} | {self.rate:g}/s | {len(self.latencies)} | {sum(self.refused.values())} | {figures} |"


class Load:
    """Sends work at fixed moments."""

    def __init__(self, journey: Journey, http: httpx.AsyncClient) -> None:
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
        await asyncio.gather(*running)
        return time.perf_counter() - began - seconds

    async def _timed(self, kind: Kind, one: Callable[[], Awaitable[str]], due: float) -> None:
        try:
            kind.acknowledged.add(await one())
        except httpx.HTTPError as error:
            kind.refused[type(error).__name__] += 1
        except RuntimeError as error:
            kind.refused[str(error)] += 1
        kind.latencies.append(time.perf_counter() - due)

    async def opens_a_dossier(self) -> str:
        """Open a dossier; return its id."""
        number = f"{self.run}-{uuid4().hex[:12]}"
        body = {"number": number, "title": "Charge", "deed_type": "vente"}
        answer = await self._send("POST", f"{DOSSIERS}/dossiers", self.journey.clerk.token, json=body)
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
        given = await self._send("POST", path, self.journey.clients[0].token, json=body)
        await self._send("PUT", given["upload_url"], given["ticket"], content=self.content)
        return str(given["version_id"])

    async def stay_signed_in(self) -> None:
        """Renew the tokens of the people; they live for ten minutes."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await asyncio.to_thread(self.journey.renew_tokens)

    async def _send(self, method: str, path: str, token: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
        address = path if path.startswith("http") else self.journey.world.gateway + path
        answer = await self.http.request(method, address, headers=headers, **more)
        if answer.status_code != httpx.codes.CREATED:
            raise RuntimeError(f"HTTP {answer.status_code}")
        return answer.json()


async def run(journey: Journey, kinds: Iterable[Kind], seconds: float) -> float:
    """Carry out the load; return how late it ended."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as http:
        load = Load(journey, http)
        renewing = asyncio.create_task(load.stay_signed_in())
        ways = (load.opens_a_dossier, load.deposits_a_file)
        work: list[Coroutine[Any, Any, float]] = [
            load.offer(kind, way, seconds) for kind, way in zip(kinds, ways, strict=True) if kind.rate
        ]
        late = await asyncio.gather(*work)
        renewing.cancel()
        return max(late)


def lost_and_doubled(insider: Insider, kinds: Iterable[Kind]) -> dict[str, tuple[int, int]]:
    """Return for each kind how many acknowledged ones the stores and the journal lack, and how many they have twice."""
    topics = {"dossiers opened": "dossier.dossier-opened", "files deposited": "vault.document-stored"}
    found = {}
    for kind in kinds:
        with insider.platform.database("journal") as connection:
            query = "SELECT agg::text FROM journal.entry WHERE type = %s"
            there = Counter(row[0] for row in connection.execute(query, [topics[kind.name]]).fetchall())
        doubled = sum(there[one] > 1 for one in kind.acknowledged)
        found[kind.name] = (len(kind.acknowledged - there.keys()), doubled)
    return found


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=float, default=200)
    parser.add_argument("--deposits", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=600)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scelle-load-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        samples = make_samples(folder)
        platform = Platform(folder / "data")
        platform.up()
        try:
            return _measured(platform, Journey(platform.world(), Pile(samples, samples), lambda _: None), asked)
        finally:
            platform.down()


def _measured(platform: Platform, journey: Journey, asked: argparse.Namespace) -> int:
    for step in journey.steps[:5]:
        step()
    kinds = [Kind("dossiers opened", asked.commands), Kind("files deposited", asked.deposits)]
    _say(f"{asked.seconds:g} s on {os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    late = asyncio.run(run(journey, kinds, asked.seconds))
    insider = Insider(platform, journey)
    began = time.perf_counter()
    until(lambda: _taken_in(insider), "the journal to take everything in", SETTLING_SECONDS)
    settled = time.perf_counter() - began
    _say("| work | rate | sent | refused | p50 ms | p90 | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|---|---|")
    for kind in kinds:
        _say(kind.told())
        _say(*(f"refused: {number} times {why}" for why, number in kind.refused.items()))
    outcome = lost_and_doubled(insider, kinds)
    findings = insider.audited()
    _say(f"ended {late:.1f} s late; the journal had everything {settled:.1f} s later; audit findings: {len(findings)}")
    for name, (lost, doubled) in outcome.items():
        _say(f"{name}: {lost} acknowledged and lost, {doubled} doubled")
    refused = any(sum(kind.refused.values()) > REFUSED_SHARE * max(1, len(kind.latencies)) for kind in kinds)
    return int(any(map(any, outcome.values())) or bool(findings) or refused or late > LATE_SECONDS)


def _taken_in(insider: Insider) -> bool:
    taken = {one["service"]: one["store_seq"] for one in insider.status()["sources"]}
    return taken == {service: head for service, head in insider.platform.heads().items() if head}


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
