"""Commands per second with one event each, against plain `eventsourcing` saves on the same server in the same run.

Ours: event, proof entry, idempotency key and read-model row in one transaction. Plain: the library's event alone.
Usage: python bench/commands.py [--seconds 5] [--rounds 3]
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.application import Application
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from psycopg.conninfo import conninfo_to_dict
from testkit.parcels import Parcel, Sample, SomeCommand, Someone, a_parcel


def ours(url: str, folder: str, seconds: float) -> int:
    """Count the commands that one writer completes."""
    store = Sample(url, Path(folder)).open()
    office, person, done = uuid4(), uuid4(), 0
    store.save(a_parcel(str(uuid4()), office, person=person), actor=Someone())
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        actor = Someone(command=SomeCommand(str(done), b"f" * 32))
        store.save(a_parcel(str(uuid4()), office, person=person), actor=actor, outcome={"id": "x"})
        done += 1
    store.close()
    return done


def plain(url: str, _folder: str, seconds: float) -> int:
    """Count the saves of the same event with the library alone."""
    info = conninfo_to_dict(url)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(info["dbname"]),
        "POSTGRES_HOST": str(info["host"]),
        "POSTGRES_PORT": str(info["port"]),
        "POSTGRES_USER": str(info["user"]),
        "POSTGRES_PASSWORD": str(info.get("password", "")) or "none",
        "CREATE_TABLE": "n",
    }
    application: Application[UUID] = Application(env=environment)
    office, done = uuid4(), 0
    application.save(Parcel(office_id=office, number="x", person_id=uuid4(), note="Jean Dupont"))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        application.save(Parcel(office_id=office, number=str(uuid4()), person_id=uuid4(), note="Jean Dupont"))
        done += 1
    application.close()
    return done


def prepare(url: str, folder: Path) -> None:
    """Make the tables of both."""
    Sample(url, folder).open().close()
    info = conninfo_to_dict(url)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(info["dbname"]),
        "POSTGRES_HOST": str(info["host"]),
        "POSTGRES_PORT": str(info["port"]),
        "POSTGRES_USER": str(info["user"]),
        "POSTGRES_PASSWORD": str(info.get("password", "")) or "none",
    }
    Application(env=environment).close()


def rate(writer: Callable[[str, str, float], int], writers: int, url: str, folder: Path, seconds: float) -> float:
    """Run writers side by side and return commands per second of all together."""
    with multiprocessing.get_context("spawn").Pool(writers) as pool:
        counts: list[int] = pool.starmap(writer, [(url, str(folder), seconds)] * writers)
    return sum(counts) / seconds


def main() -> None:
    """Print one line per number of writers: ours, plain and their ratio (median of the rounds)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = Postgres(folder / "postgres", free_ports(1)[0], folder / "postgres.log", tied=True)
        with running(server):
            create_database(server.url, "bench")
            url = server.database_url("bench")
            prepare(url, folder)
            for writers in (1, 8):
                compare(writers, url, folder, asked)


def compare(writers: int, url: str, folder: Path, asked: argparse.Namespace) -> None:
    """Run ours and plain in turn, and print the medians and the median ratio."""
    pairs = [
        (rate(ours, writers, url, folder, asked.seconds), rate(plain, writers, url, folder, asked.seconds))
        for _ in range(asked.rounds)
    ]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"writers {writers}: ours {mine:,.0f}/s  plain {theirs:,.0f}/s  ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
