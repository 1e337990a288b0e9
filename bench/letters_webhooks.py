"""How soon a provider that calls is answered, at a steady rate, while the store is quick, locked, or not to be written.

quick: nothing else happens. counted: another writer holds the counter row that every event needs; a call needs none.
locked: nobody can write the table of calls; the callers are asked to call again, before they give up at 2.5 s.
A call is measured from the instant at which it was due. The processor time of the process for one call is told too:
other work on the machine moves the milliseconds, and not that. The process is the real one (`python -m lre_gateway
serve`), on a real PostgreSQL; the callers keep their connections.
Usage: python bench/letters_webhooks.py [--rate 200] [--seconds 20]
"""

import argparse
import asyncio
import base64
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from uuid import uuid4

import psycopg
from chassis.tokens import Signer, new_signing_key
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from lre_gateway.settings import Settings
from lre_gateway.wiring.parts import addresses
from lre_gateway.wiring.process import prepare

CONNECTIONS = 64
LOCKED_SECONDS = 5
LOCKS = {
    "counted": "SELECT * FROM ledger.counter FOR UPDATE",
    "locked": "LOCK TABLE letters.hint IN ACCESS EXCLUSIVE MODE",
}
BODY = b"id_mail=1432&new_state=AR&view_date=2026-03-02 09:30:00"


def settings(folder: Path, database_url: str, port: int) -> Settings:
    """Return settings with keys of their own; the neighbours are never asked."""
    (folder / "signing.pem").write_bytes(new_signing_key())
    for name in ("master", "webhook"):
        (folder / name).write_text(base64.b64encode(os.urandom(32)).decode())
    for name in ("token", "private"):
        (folder / name).write_text("bench")
    for secret in folder.iterdir():
        if secret.is_file():
            secret.chmod(0o600)
    trusted = Signer(folder / "signing.pem", "lre-gateway").public_jwk()
    (folder / "trust.json").write_text(json.dumps({"keys": [trusted]}))
    return Settings.model_validate(
        {
            "database_url": database_url,
            "http_port": port,
            "environment": "development",
            "public_url": f"http://127.0.0.1:{port}",
            "signing_key_file": folder / "signing.pem",
            "trust_file": folder / "trust.json",
            "master_key_file": folder / "master",
            "peers": dict.fromkeys(("identity", "dossier", "vault"), "http://127.0.0.1:9"),
            "ar24_url": "http://127.0.0.1:9",
            "ar24_token_file": folder / "token",
            "ar24_private_key_file": folder / "private",
            "webhook_secret_file": folder / "webhook",
            "webhook_addresses": ["127.0.0.1/32"],
        }
    )


@contextmanager
def served(made: Settings) -> Iterator[int]:
    """Run the process for the block; give its id."""
    environment = os.environ | {
        f"LRE_GATEWAY_{name.upper()}": json.dumps(value) if isinstance(value, dict | list) else str(value)
        for name, value in made.model_dump(mode="json").items()
        if value is not None
    }
    command = [sys.executable, "-m", "lre_gateway", "serve"]
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=silent, stderr=silent)  # noqa: S603 - our own module
    try:
        while True:
            with suppress(URLError, TimeoutError), urllib.request.urlopen(f"{made.public_url}/readyz", timeout=1):  # noqa: S310
                break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has spent, its own and the system's for it (proc(5))."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Caller:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def call(self, path: str, due: float) -> tuple[int, float]:
        """Call; return the status of the answer, and the seconds since the call was due."""
        async with self._turn:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            writer.write(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
            answer = await reader.readuntil(b"\r\n\r\n")
            spent = time.perf_counter() - due
            await reader.readexactly(int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            return int(answer[9:12]), spent


async def measure(port: int, paths: list[str], rate: float) -> list[tuple[int, float]]:
    """Call each path at a steady rate; return the status of each answer and its seconds."""
    callers = [Caller(port) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(caller.call(paths[0], 0) for caller in callers))
    gc.collect()
    gc.freeze()  # a pause of the one who measures is none of the one who is measured
    start, calls = time.perf_counter(), []
    for number, path in enumerate(paths):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        calls.append(asyncio.create_task(callers[number % CONNECTIONS].call(path, due)))
    return list(await asyncio.gather(*calls))


def written(database_url: str) -> int:
    """Return how many calls the store holds."""
    with psycopg.connect(database_url) as connection:
        return int((connection.execute("SELECT count(*) FROM letters.hint").fetchone() or (0,))[0])


def said(name: str, rate: float, found: list[tuple[int, float]]) -> None:
    """Print a line of figures."""
    spent = [seconds for _, seconds in found]
    p50, p99, worst = statistics.median(spent), statistics.quantiles(spent, n=100)[98], max(spent)
    figures = f"p50 {p50 * 1e3:>7,.1f} ms  p99 {p99 * 1e3:>7,.1f} ms  max {worst * 1e3:,.0f} ms"
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(Counter(one for one, _ in found).items()))
    print(f"{name:<8} at {rate:.0f}/s: {figures}  ({answers})")


def main() -> None:
    """Print the medians, the 99th percentiles and the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        ports = free_ports(2)
        server = Postgres(folder / "postgres", ports[0], folder / "postgres.log", tied=True)
        with running(server):
            create_database(server.url, "letters")
            made = settings(folder, server.database_url("letters"), ports[1])
            prepare(made)
            known = addresses(made)
            amount = int(asked.rate * asked.seconds)
            paths = [known.address(uuid4()).removeprefix(made.public_url) for _ in range(amount)]
            with served(made) as pid:
                before = processor_seconds(pid)
                said("quick", asked.rate, asyncio.run(measure(ports[1], paths, asked.rate)))
                spent = (processor_seconds(pid) - before) * 1000 / (amount + CONNECTIONS)
                held = paths[: int(asked.rate / 10 * LOCKED_SECONDS)]
                for what, lock in LOCKS.items():
                    with psycopg.connect(made.database_url) as connection:
                        connection.execute(lock)
                        said(what, asked.rate / 10, asyncio.run(measure(ports[1], held, asked.rate / 10)))
            made_calls = amount + CONNECTIONS + len(LOCKS) * (len(held) + CONNECTIONS)
            stored = written(made.database_url)
            print(f"{spent:.2f} ms of processor time a call; calls made {made_calls}, written {stored}")


if __name__ == "__main__":
    main()
