"""How long one reader waits for a proof of the journal's own process, over HTTP.

Usage: python bench/proofs.py [--size 1000000] [--proofs 1000]
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
from chassis.tokens import Signer, new_signing_key
from journal.wiring import SERVICE
from launcher.parts import Module, running
from launcher.ports import free_ports
from testkit.long_logs import ORIGIN, Place, grow, new_place

WARM_UP = 20  # proofs of each kind


@contextmanager
def served(place: Place) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the journal's own process, and give its address and an access token for it."""
    folder, (port,) = Path(place.folder), free_ports(1)
    for name in ("identity", "journal", "log"):
        (folder / f"{name}.pem").write_bytes(new_signing_key())
        (folder / f"{name}.pem").chmod(0o600)
    identity = Signer(folder / "identity.pem", "identity")
    (folder / "trust.json").write_text(json.dumps({"keys": [identity.public_jwk()]}))
    (folder / "master.key").chmod(0o600)
    settings = {
        "DATABASE_URL": place.log,
        "HTTP_PORT": str(port),
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "http://127.0.0.1",
        "SIGNING_KEY_FILE": str(folder / "journal.pem"),
        "TRUST_FILE": str(folder / "trust.json"),
        "MASTER_KEY_FILE": str(folder / "master.key"),
        "LOG_KEY_FILE": str(folder / "log.pem"),
        "LOG_ORIGIN": ORIGIN,
        "PEERS": json.dumps(dict.fromkeys(SERVICE.peers, "http://127.0.0.1:1")),
    }
    environment = {f"JOURNAL_{name}": value for name, value in settings.items()}
    process = Module("journal", ("journal", "serve"), environment, port, "/readyz", folder / "journal.log", folder)
    token = identity.access_token(person_id=uuid4(), kind="staff", session_id=uuid4(), office_id=uuid4(), role="notary")
    with running(process):
        yield f"http://127.0.0.1:{port}/api/journal/v1/proofs", {"Authorization": f"Bearer {token}"}


def proofs(place: Place, size: int, amount: int) -> None:
    """Print how long one reader waits for a proof, asked one after the other."""
    random, times = Random(1), dict[str, list[float]]()  # noqa: S311 - chooses places, no key
    with served(place) as (url, headers), httpx.Client(headers=headers, trust_env=False) as client:
        for number in range(amount + WARM_UP):
            index, smaller = random.randrange(size), random.randrange(1, size)
            for address in (f"inclusion?index={index}&size={size}", f"consistency?from={smaller}&to={size}"):
                began = time.perf_counter()
                client.get(f"{url}/{address}").raise_for_status()
                if number >= WARM_UP:
                    times.setdefault(address.partition("?")[0], []).append(time.perf_counter() - began)
    for kind, found in times.items():
        p50, p99 = statistics.median(found), statistics.quantiles(found, n=100)[98]
        print(f"{kind} proof over HTTP at {size:,} leaves: p50 {p50 * 1e3:.1f} ms  p99 {p99 * 1e3:.1f} ms")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000, help="leaves")
    parser.add_argument("--proofs", type=int, default=1000)
    asked = parser.parse_args()
    with new_place() as place:
        grow(place, 0, asked.size)
        proofs(place, asked.size, asked.proofs)


if __name__ == "__main__":
    main()
