"""Timestamps: when they are due, what is kept of them, and that a seal is no reason for the next one."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from journal.attest.attestations import Attestations
from journal.attest.stamping import Source, Stamper, stamping
from journal.attest.witnessing import Witnesses
from journal.log.checkpoints import Checkpoints, LogSigner, Sealed
from journal.log.database import Database
from journal.log.intake import Intake
from journal.log.records import Records
from proof.note import Note
from proof.timestamp import Authority, imprint, verify
from sandbox.tsa.apps import Switches, authority
from sandbox.tsa.chain import Chain
from sandbox.tsa.tokens import Faults
from testkit.serving import serving

if TYPE_CHECKING:
    from conftest import Platform, Service

KEY = {"vkeys": [], "retired": []}


class Log:
    """A log with authorities that a test may break."""

    def __init__(self, database: Database, signer: LogSigner, sources: list[Source], switches: list[Switches]) -> None:
        self.database, self.switches = database, switches
        self.records, self.checkpoints = Records(database), Checkpoints(database, signer)
        self.attestations, self.intake = Attestations(database), Intake(database)
        self.witnesses = Witnesses(database, self.checkpoints, self.attestations)
        facts = (database, self.records, self.checkpoints, self.attestations, self.witnesses)
        self.stamper = Stamper(*facts, sources, lambda: b"policy")

    def close(self) -> None:
        self.witnesses.close()
        self.stamper.close()

    def seal(self) -> Sealed:
        sealed = self.checkpoints.seal()
        assert sealed
        return sealed

    def grow(self) -> Sealed:
        self.records.append("key", KEY)
        return self.seal()

    def age(self, seconds: float) -> None:
        """Let the last tokens have come so long ago."""
        with self.database.transaction() as connection:
            connection.execute("ALTER TABLE journal.token DISABLE TRIGGER never_changed")
            connection.execute(
                "UPDATE journal.token SET received_at = received_at - make_interval(secs => %s)", (seconds,)
            )

    def seals(self) -> int:
        with self.database.transaction() as connection:
            row = connection.execute("SELECT count(*) AS number FROM journal.entry WHERE kind = 'seal'").fetchone()
        return row["number"] if row else 0


@pytest.fixture
def log(database: Database, signer: LogSigner) -> Iterator[Log]:
    switches, chains = [Switches(), Switches()], [Chain.made(name, datetime.now(UTC)) for name in ("One", "Two")]
    with serving(authority(chains[0], switches[0])) as one, serving(authority(chains[1], switches[1])) as two:
        authorities = [Authority.parse(chain.pem(), ["2.999.3161.1"]) for chain in chains]
        sources = [Source(f"{url}/", known) for url, known in zip((one, two), authorities, strict=True)]
        made = Log(database, signer, sources, switches)
        yield made
        made.close()


def test_every_authority_that_answers_stamps_the_checkpoint(log: Log) -> None:
    sealed = log.grow()
    assert log.stamper.stamp(sealed) == 2
    tokens = log.attestations.tokens(sealed.size)
    assert [token.number for token in tokens] == [0, 1]
    known = [source.authority for source in log.stamper.sources]
    digest = imprint(Note.parse(sealed.note))
    assert {verify(token.response, digest, known).authority for token in tokens} == {one.name for one in known}
    assert (log.seals(), log.attestations.stamped()) == (1, sealed.size)


@pytest.mark.parametrize(
    "faults",
    [
        {"down": True},
        {"wrong_imprint": True},
        {"wrong_nonce": True},
        {"other_policy": True},
        {"clock_shift": -99_999_999},
    ],
)
def test_what_is_no_token_of_ours_is_not_kept(log: Log, faults: dict[str, int]) -> None:
    log.switches[0].faults = Faults(**faults)  # type: ignore[arg-type] # each fault has its own type
    sealed = log.grow()
    assert log.stamper.stamp(sealed) == 1
    assert [token.authority for token in log.attestations.tokens(sealed.size)] == [
        log.stamper.sources[1].authority.name
    ]


def test_without_any_authority_that_answers_nothing_is_recorded_and_it_stays_due(log: Log) -> None:
    for switches in log.switches:
        switches.faults = Faults(down=True)
    sealed = log.grow()
    assert log.stamper.due()
    assert log.stamper.stamp(sealed) == 0
    assert (log.seals(), log.attestations.stamped()) == (0, None)
    assert log.stamper.due()
    assert log.grow().size == 2


def test_new_leaves_wait_ten_minutes_and_a_seal_is_no_new_leaf(log: Log) -> None:
    assert not log.stamper.due()
    assert log.stamper.stamp(log.grow()) == 2
    log.seal()
    log.age(3600)
    assert not log.stamper.due()  # only the seal came since
    log.grow()
    assert log.stamper.due()
    log.age(-3100)
    assert not log.stamper.due()


@pytest.mark.parametrize("what", ["dossier.document-validated", "dossier.document-refused", "lre-gateway.letter-sent"])
def test_what_matters_is_stamped_within_seconds_and_shares_a_token(
    log: Log, new_service: "type[Service]", what: str
) -> None:
    assert log.stamper.stamp(log.grow()) == 2
    log.intake.receive([new_service(what.partition(".")[0]).message(type=what)])
    log.age(6)
    assert not log.stamper.due()  # not signed yet
    log.seal()
    assert log.stamper.due()
    log.age(-2)
    assert not log.stamper.due()


def test_a_log_in_which_nothing_happens_is_stamped_once_a_day(log: Log) -> None:
    assert log.stamper.stamp(log.grow()) == 2
    log.seal()
    log.age(86_400)
    assert log.stamper.due()
    assert log.stamper.stamp(log.seal()) == 2
    log.seal()
    assert not log.stamper.due()


def test_an_idle_log_comes_to_rest_after_its_seal(log: Log, database_url: str) -> None:
    """Stamp, sign, stamp again for ever would be an endless loop that costs money."""

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(stamping(log.stamper, log.checkpoints, database_url)(stop))
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(log.seals):  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 5)

    log.grow()
    asyncio.run(scenario())
    assert log.checkpoints.due(since=60)
    assert log.seal().size == 2
    log.age(3600)
    assert not log.checkpoints.due(since=60)
    assert not log.stamper.due()
    assert log.seals() == 1


def test_exports_at_the_same_time_share_a_token(log: Log) -> None:
    sealed = log.grow()
    for _ in range(3):
        log.stamper.cover(sealed.size - 1, 3)
    assert log.seals() == 1


def test_the_status_shows_what_no_token_covers(platform: "Platform", attested: "Platform") -> None:
    platform.checkpoints.seal()
    status = platform.get("/status").json()
    assert (status["last_token_at"], status["unstamped"], status["witnesses"]) == (None, None, [])
    attested.checkpoints.seal()
    status = attested.get("/status").json()
    assert (status["last_token_at"], status["unstamped"]) == (None, 6)
    attested.parts.stamper.cover(5, 5)
    attested.parts.records.append("key", KEY)
    status = attested.get("/status").json()
    assert status["unstamped"] == 1
    assert datetime.fromisoformat(status["last_token_at"])
