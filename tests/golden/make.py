"""Make a golden journal: live 10,000 events on real servers, have them attested, freeze what there is.

Salts, keys and times are new each time, so a second run gives another journal. What is frozen is never made again.
Usage: python tests/golden/make.py FOLDER [--events 10000]
"""

import argparse
import base64
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.tokens import new_signing_key
from contracts import envelope_of
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from eventstore import FileKeyService, Store
from freezing import freeze
from frozen import Frozen
from history import Life, new_stores
from identity.domain.erasure import Basis
from journal.attest.attestations import Attestations
from journal.attest.stamping import Source, Stamper
from journal.attest.witnessing import Witnesses
from journal.log.bookkeeping import close_day
from journal.log.checkpoints import Checkpoints, LogSigner, Sealed
from journal.log.database import Database, prepare
from journal.log.intake import Intake
from journal.log.keys import record_keys
from journal.log.leaf import Leaf
from journal.log.records import Records
from journal.reading.access import Reader
from journal.reading.exports import Exports, Wanted
from journal.reading.purposes import Intent
from launcher.components.postgres import Postgres, create_database
from launcher.parts import running
from launcher.ports import free_ports
from launcher.witness.memory import Memory
from launcher.witness.serving import application
from launcher.witness.witness import Witness
from proof.bundle import Observation, Opening, Scope
from proof.canonical import parse
from proof.cosignature import Cosigner, Quorum
from proof.entry import encoded
from proof.policy import LogKey, Policy
from proof.timestamp import Authority
from sandbox.tsa.apps import Switches, authority
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import POLICY
from testkit.serving import serving

ORIGIN = "journal.example/golden"
PORTION = 250  # events between two signed states
BATCH = 97  # events of one service taken in at once
EARLY, LATE = 4, 40  # dossiers after which somebody is erased


@dataclass
class Stored:
    """What the journal asks of the other services, answered from their stores."""

    stores: dict[str, Store]

    def states(self, svc: str, leaves: Sequence[Leaf]) -> dict[int, bytes]:
        """Return what the store holds of some leaves."""
        return {leaf.entry.store_seq: self.stores[svc].held(leaf.entry.store_seq - 1, 1)[0].state for leaf in leaves}

    def openings(self, places: Sequence[tuple[str, int]]) -> list[Opening | None]:
        """Return the openings that there are."""
        found = [self.stores[svc].opening(number) for svc, number in places]
        return [Opening(parse(one[0]), one[1]) if one else None for one in found]

    def observations(self, versions: Sequence[str]) -> list[Observation]:
        """Return what the bucket would hold."""
        return [Observation(ver, encoded(sha256(b"manifest" + UUID(ver).bytes).digest())) for ver in versions]


@dataclass
class Journal:
    """The log with everybody who attests it."""

    database: Database
    records: Records
    checkpoints: Checkpoints
    attestations: Attestations
    witnesses: Witnesses
    stamper: Stamper
    intake: Intake
    policy: Policy

    def take_in(self, stores: dict[str, Store], random: Random) -> None:
        """Take in what the services have, some of each in turn, as it comes from a bus."""
        waiting = list(stores)
        while waiting:
            svc = random.choice(waiting)
            reached = self.intake.position(svc)
            found = stores[svc].read(reached.store_seq if reached else 0, random.randrange(1, BATCH))
            if found:
                self.intake.receive([envelope_of(recorded) for recorded in found])
            else:
                waiting.remove(svc)

    def attest(self, *, stamped: bool) -> Sealed:
        """Sign what the log holds, and have it cosigned by all and perhaps stamped."""
        sealed = self.checkpoints.seal()
        assert sealed
        self.witnesses.ask(sealed, 10)
        if stamped:
            assert self.stamper.stamp(sealed) == 1
        return sealed


@contextmanager
def journal(folder: Path, url: str) -> Iterator[Journal]:
    """Make a log with three witnesses, one of them post-quantum, and a time-stamping authority."""
    ed25519, mldsa = folder / "log.pem", folder / "mldsa.pem"
    ed25519.write_bytes(new_signing_key())
    mldsa.write_bytes(MLDSA44PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = LogSigner(ORIGIN, ed25519, mldsa)
    chain = Chain.made("Golden", datetime.now(UTC))
    prepare(url)
    with ExitStack() as stack:
        database = Database(url)
        stack.callback(database.close)
        asked: list[tuple[str, Cosigner]] = []
        for number in range(3):
            name = f"witness-{number}.example"
            private = Ed25519PrivateKey.generate() if number < 2 else MLDSA44PrivateKey.generate()
            Memory.create(folder / f"{number}.db")
            memory = Memory(folder / f"{number}.db")
            stack.callback(memory.close)
            witness = Witness(name, [private], {ORIGIN: signer.keys}, memory)
            asked.append((stack.enter_context(serving(application(witness))), Cosigner.of(name, private)))
        stamping = stack.enter_context(serving(authority(chain, Switches())))
        believed = Authority.parse(chain.pem(), [POLICY])
        quorum = Quorum(2, (asked[0][1], asked[1][1], Quorum(1, (asked[2][1],))))
        policy = Policy(ORIGIN, tuple(map(LogKey, signer.keys)), quorum, (believed,))
        records, checkpoints = Records(database), Checkpoints(database, signer)
        attestations = Attestations(database, policy.witnesses())
        witnesses = Witnesses(database, checkpoints, attestations, asked, None)  # without a quorum it waits for all
        stack.callback(witnesses.close)
        sources = [Source(f"{stamping}/", believed)]
        stamper = Stamper(database, records, checkpoints, attestations, witnesses, sources, policy.encode)
        stack.callback(stamper.close)
        record_keys(records, signer.keys)
        yield Journal(
            database, records, checkpoints, attestations, witnesses, stamper, Intake(database), policy
        )  # fmt: skip


def live(life: Life, log: Journal, events: int) -> None:
    """Let dossiers come one after the other; the log follows, days end, people are erased, somebody looks."""
    for number, members in ((1, 5), (2, 3), (3, 4), (4, 2)):
        life.found_office(number, members)
    small = life.offices[-1]
    life.matter(small)
    attested, day = 0, date(2026, 1, 1)
    while life.events < events:
        life.matter(life.random.choice(life.offices[:-1]))
        if len(life.dossiers) in {EARLY, LATE}:
            life.erase(*life.clients[len(life.erased) + 3][:2], list(Basis)[len(life.erased)])
        if life.events - attested >= PORTION:
            attested = life.events
            log.take_in(life.stores, life.random)
            look(life, log)
            log.attest(stamped=attested % 3 == 0)
            close_day(log.records, day)
            day += timedelta(days=1)
    life.erase(*life.clients[7][:2], Basis.UNLAWFUL_PROCESSING)
    log.take_in(life.stores, life.random)
    log.attest(stamped=True)


def look(life: Life, log: Journal) -> None:
    """Have the compliance role of an office look at a dossier, or export a list."""
    dossier, office = life.random.choice(life.dossiers)
    officer = life.members[office][min(2, len(life.members[office]) - 1)]
    intent = Intent(officer, "control", life.random.choice((None, "AUDIT-2026/03")))
    draft = intent.access(
        {"dossier": str(dossier), "limit": 50, "types": ["dossier.document-refused"]}, office, dossier
    )
    if life.random.random() < 0.5:
        draft = intent.export({"office": str(office), "from": None}, office, None, "csv", 0, encoded(sha256().digest()))
    log.records.append_all([draft])


def export(life: Life, log: Journal) -> dict[str, bytes]:
    """Export a dossier that has an erased client, the whole of a small office, and one document."""
    peers: Any = Stored(life.stores)
    exports = Exports(
        log.database, log.records, log.checkpoints, log.attestations, log.witnesses, log.stamper, peers
    )  # fmt: skip
    small = life.offices[-1]
    office, dossier = next((office, dossier) for person, office, dossier in life.clients if person == life.erased[0])
    wanted = {
        "dossier": (Wanted(Scope("dossier", str(dossier)), office), Reader(office)),
        "office": (Wanted(Scope("office", str(small)), small), Reader(small)),
        "aggregate": (Wanted(Scope("aggregate", str(life.documents[5])), small), Reader(small)),
    }
    intent = Intent(Actor(person_id=None, kind="system"), "legal-request", "TJ-75/2026-1")
    return {
        name: exports.export(reader, what, intent).bundle.encode() for name, (what, reader) in wanted.items()
    }  # fmt: skip


def main() -> None:
    """Make the folder; refuse one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000)
    asked = parser.parse_args()
    asked.folder.mkdir()
    master = Frozen(asked.folder).master_key
    master.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, ExitStack() as stack:
        scratch = Path(name)
        scratch.chmod(0o711)
        server = Postgres(scratch / "postgres", free_ports(1)[0], scratch / "postgres.log", tied=True)
        stack.enter_context(running(server))
        for database in ("identity", "dossier", "vault", "messaging", "journal"):
            create_database(server.url, database)
        stores = new_stores(server.database_url, FileKeyService(master))
        for store in stores.values():
            stack.callback(store.close)
        log = stack.enter_context(journal(scratch, server.database_url("journal")))
        life = Life(stores, Random(2026))  # noqa: S311 - chooses what happens, no key
        live(life, log, asked.events)
        bundles = export(life, log)
        log.attest(stamped=False)
        freeze(Frozen(asked.folder), stores, log.database, log.attestations, bundles)
        (asked.folder / "policy.json").write_bytes(log.policy.encode())
    sizes = {file.name: file.stat().st_size for file in sorted(asked.folder.iterdir())}
    sys.stdout.write(json.dumps(sizes | {"total": sum(sizes.values()), "events": life.events}, indent=1) + "\n")


if __name__ == "__main__":
    main()
