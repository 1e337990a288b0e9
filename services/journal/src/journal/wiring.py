"""Builds the journal's objects from its settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import httpx
from bus import Consuming
from chassis.client import ServiceClient, Unavailable
from chassis.http import create_app
from chassis.metrics import watch
from chassis.process import Service, Task
from chassis.tokens import Signer, Verifier
from eventstore import AWAY
from fastapi import FastAPI
from proof.cosignature import Cosigner, Quorum
from proof.timestamp import Authority

from journal.attest.anchoring import Anchorer, anchoring
from journal.attest.attestations import Attestations
from journal.attest.calendars import Calendars
from journal.attest.metrics import JOURNAL, readings
from journal.attest.monitor import Monitor
from journal.attest.monitoring import monitoring
from journal.attest.published import Published as PublishedState
from journal.attest.published import caught_up
from journal.attest.publishing import Publisher, publishing
from journal.attest.s3 import BRIEF, Bucket, Patience, S3Address
from journal.attest.stamping import Source, Stamper, stamping
from journal.attest.standing import Standings
from journal.attest.witnessing import Witnesses, witnessing
from journal.http.operators import operator_routes
from journal.http.parts import Parts
from journal.http.routes import ROUTES
from journal.http.verifications import verification_routes
from journal.log.alarms import Alarms
from journal.log.bookkeeping import bookkeeping
from journal.log.catchup import CaughtUp
from journal.log.checkpoints import Checkpoints, LogSigner, sealing
from journal.log.database import Database, prepare
from journal.log.intake import Intake
from journal.log.policies import Policies
from journal.log.records import Records
from journal.reading.access import Access
from journal.reading.certificate import Certificates
from journal.reading.drifts import Drifts
from journal.reading.exports import Exports
from journal.reading.mentions import Mentions, mentioning
from journal.reading.paper import Seal
from journal.reading.peers import Peers
from journal.reading.press import Press
from journal.reading.proving import Proving
from journal.reading.questions import Questions
from journal.reading.replay import Points
from journal.reading.replaying import Replay
from journal.reading.report import Reports
from journal.reading.states import States
from journal.reading.timeline import Timeline
from journal.settings import Settings

NAME = "journal"
PREFIX = "/api/journal/v1"
PRODUCERS = ("identity", "dossier", "vault", "messaging", "lre-gateway")
WAITING_SHOWN = 500  # events of a service that were not taken in yet; more are counted as so many
PEER_TIMEOUT = httpx.Timeout(60.0, connect=2.0)  # the vault reads whole objects to say what it holds


def peers(settings: Settings) -> Peers:
    """Return the other services."""
    signer = Signer(settings.signing_key_file, NAME)
    return Peers({name: ServiceClient(url, signer, name, timeout=PEER_TIMEOUT) for name, url in settings.peers.items()})


def policy(settings: Settings) -> Policies:
    """Return what tells the trust policy that the settings amount to; raises PolicyInvalid."""
    members = tuple(cosigner for _, cosigner in _witnesses(settings))
    quorum = Quorum(settings.witness_quorum, members) if settings.witness_quorum else None
    authorities = tuple(source.authority for source in _sources(settings))
    policies = Policies(signer(settings), quorum, authorities)
    policies()
    return policies


@dataclass(frozen=True, slots=True)
class Published:
    """The log's copies outside of its database."""

    tiles: Bucket
    worm: Bucket
    state: PublishedState

    def close(self) -> None:
        """Close the connections."""
        self.tiles.close()
        self.worm.close()


def published(settings: Settings, patience: Patience | None = None) -> Published | None:
    """Return the published log; None where nothing is published."""
    if settings.s3_endpoint is None:
        return None
    secret = settings.s3_secret_key.get_secret_value()
    address = S3Address(settings.s3_endpoint, settings.s3_access_key, secret, settings.s3_secure)
    tiles = Bucket(address, settings.tiles_bucket, None, patience)
    worm = Bucket(address, settings.worm_bucket, settings.worm_days, patience)
    return Published(tiles, worm, PublishedState(worm, tiles))


@dataclass(frozen=True, slots=True)
class Attesting:
    """The signed states of the log, and whoever attests them."""

    database: Database
    records: Records
    checkpoints: Checkpoints
    attestations: Attestations
    witnesses: Witnesses
    stamper: Stamper
    policy: Policies
    caught_up: Callable[[], bool]
    published: Published | None

    def close(self) -> None:
        """Close the connections."""
        self.witnesses.close()
        self.stamper.close()
        if self.published:
            self.published.close()
        self.database.close()


def attesting(settings: Settings) -> Attesting:
    """Return the signed states of the log, and whoever attests them; whoever asked closes it."""
    database, trust, witnesses = Database(settings.database_url), policy(settings), _witnesses(settings)
    copy = published(settings, BRIEF)
    caught_up = CaughtUp(database, copy.state.size) if copy else _always
    records = Records(database, caught_up)
    signed = Checkpoints(database, signer(settings), copy.state) if copy else Checkpoints(database, signer(settings))
    attestations = Attestations(database, [cosigner for _, cosigner in witnesses])
    asked = Witnesses(database, signed, attestations, witnesses, trust.quorum)
    stamper = Stamper(database, records, signed, attestations, asked, _sources(settings), lambda: trust().encode())
    return Attesting(database, records, signed, attestations, asked, stamper, trust, caught_up, copy)


def _always() -> bool:
    """Tell that a log which is published nowhere is behind nothing."""
    return True


def signer(settings: Settings) -> LogSigner:
    """Return the log's name and keys."""
    return LogSigner(settings.log_origin, settings.log_key_file, settings.log_mldsa_key_file)


def _witnesses(settings: Settings) -> list[tuple[str, Cosigner]]:
    return [(witness.url, Cosigner.parse(witness.vkey)) for witness in settings.witnesses]


def _sources(settings: Settings) -> list[Source]:
    return [Source(one.url, Authority.parse(one.chain_file.read_bytes(), one.policies)) for one in settings.authorities]


def _seal(settings: Settings) -> Seal | None:
    key, chain = settings.pdf_seal_key_file, settings.pdf_seal_chain_file
    return Seal(key, chain) if key and chain else None


def parts(settings: Settings) -> Parts:
    """Return what the routes call; whoever asked closes it."""
    attested, others = attesting(settings), peers(settings)
    database, signed, said = attested.database, attested.checkpoints, attested.attestations
    access, timeline = Access(database, others), Timeline(database, others)
    mentions = Mentions(database, others.envelopes)
    points = Points(database, signed, said)
    questions = Questions(database, attested.records, access, mentions, timeline)
    exports = Exports(database, attested.records, signed, said, attested.witnesses, attested.stamper, others)
    press = Press(exports, others, _seal(settings))
    return Parts(
        database=database,
        peers=others,
        checkpoints=signed,
        attestations=said,
        witnesses=attested.witnesses,
        stamper=attested.stamper,
        records=attested.records,
        policy=attested.policy,
        access=access,
        timeline=timeline,
        exports=exports,
        certificates=Certificates(press),
        reports=Reports(press, database, timeline),
        questions=questions,
        proving=Proving(database, questions, signed, said, timeline),
        replay=Replay(database, attested.records, access, points, States(others), timeline),
        drifts=Drifts(attested.records, access, others),
        closing=(others, attested),
    )


def app(settings: Settings, built: Parts | None = None) -> FastAPI:
    """Return the web application, on parts of its own unless some are given."""
    served = built or parts(settings)
    return create_app(
        service=NAME,
        prefix=PREFIX,
        routers=[routes(served) for routes in ROUTES],
        public=[verification_routes(served.policy)],
        settings=settings,
        verifier=Verifier(settings.trust_file),
        ready=served.database.ready,
        away=AWAY,
        closing=[] if built else [served.close],
        internal=[operator_routes(standings(served.database, served.attestations, served.policy, served.peers))],
    )


def standings(database: Database, attestations: Attestations, trust: Policies, others: Peers) -> Standings:
    """Return what tells how the log stands."""

    def waiting(svc: str, after: int) -> int | None:
        try:
            return len(others.envelopes(svc, after, WAITING_SHOWN))
        except Unavailable:
            return None

    return Standings(database, attestations, trust.quorum, waiting)


def tasks(settings: Settings) -> Sequence[Task]:
    """Return one consumer for each service, the signing of checkpoints, and what others are asked to say of them."""
    attested, others = attesting(settings), peers(settings)
    intake = Intake(attested.database, attested.caught_up)
    adding: list[Task] = [
        *(
            Consuming(settings.nats_url, NAME, producer, intake, partial(others.envelopes, producer))
            for producer in PRODUCERS
        ),
        bookkeeping(attested.records, signer(settings)),
        stamping(attested.stamper, attested.checkpoints, settings.database_url),
    ]
    standing = standings(attested.database, attested.attestations, attested.policy, others)
    watch(readings(standing.read), JOURNAL)
    freely = [
        sealing(attested.checkpoints),
        witnessing(attested.witnesses),
        mentioning(Mentions(attested.database, others.envelopes)),
    ]
    if settings.calendars:
        anchorer = Anchorer(attested.database, attested.checkpoints, Calendars(settings.calendars))
        freely.append(anchoring(anchorer, settings.database_url))
    if attested.published is None:
        return [*adding, *freely]
    state = attested.published.state
    return [
        *(caught_up(attested.database, state, task) for task in adding),
        *freely,
        *_publishing(settings, attested),
    ]


def _publishing(settings: Settings, attested: Attesting) -> Sequence[Task]:
    """Return the tasks that publish and look after what was published, on connections that may be slow."""
    copy = published(settings)
    if copy is None:
        return ()
    publisher = Publisher(attested.database, copy.tiles, copy.worm, attested.attestations.note)
    monitor = Monitor(attested.database, copy.tiles, copy.worm, attested.policy)
    return [publishing(publisher, settings.database_url), monitoring(monitor, settings.database_url)]


SERVICE = Service(
    name=NAME,
    settings=Settings,
    app=app,
    migrate=lambda settings: prepare(settings.database_url),
    tasks=tasks,
    parked=lambda settings: Alarms(Database(settings.database_url)),
    log_fields=frozenset({"check", "place", "authority", "size", "witness"}),
    peers=PRODUCERS,
)
