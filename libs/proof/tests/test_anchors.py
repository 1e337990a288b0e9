"""Level 5: a checkpoint that a public proof leads from to a block whose header the policy pins, and nothing less."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from proof.archive import pack, unpack
from proof.block import Block, BlockInvalid
from proof.bundle import Bundle
from proof.checkpoint import imprint
from proof.note import Note
from proof.ots import SHA256, Attestation, Proof, appended, in_block, read
from proof.policy import Policy, PolicyInvalid
from proof.report import Report, State, Verdict
from proof.verify import Trust, verify
from sandbox.calendar.ledger import Ledger

if TYPE_CHECKING:
    from conftest import Log

AUTHORITIES = ("Sandbox", "Other")
MINED = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
# The first block of Bitcoin, as everybody knows it.
FIRST = (
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a"
    "51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)


class Anchored:
    """A bundle of a log that has everything, with the proofs of a calendar."""

    def __init__(self, log: "Log") -> None:
        self.log, self.ledger = log, Ledger()
        self.bundle = log.bundle(5)

    def digest(self, size: int) -> bytes:
        return imprint(Note.parse(self.bundle.checkpoints[size]))

    def promise(self, size: int) -> Proof:
        digest = self.digest(size)
        hidden = sha256(digest + b"nonce").digest()
        start = Attestation((appended(b"nonce"), SHA256), hidden, b"")
        answer = read(self.ledger.submit(hidden, "https://calendar.example", 1), hidden)
        return Proof(digest, (start,)).continued(start, answer)

    def mined(self, promise: Proof, at: datetime = MINED) -> tuple[Proof, Block]:
        block = self.ledger.mine(int(at.timestamp()))
        (waiting,) = promise.attestations
        commitment = waiting.message or b""
        way = read(self.ledger.timestamp(commitment) or b"", commitment)
        return promise.continued(waiting, way), Block(block.height, block.header)

    def verify(self, anchors: dict[int, bytes], *blocks: Block, **trust: object) -> Report:
        asked = {"quorum": 2, "authorities": AUTHORITIES} | trust
        policy = replace(self.log.policy(**asked), blocks=blocks)  # type: ignore[arg-type] # its own keywords
        return verify(replace(self.bundle, anchors=anchors).encode(), Trust(self.log.start, policy))


@pytest.fixture
def anchored(full: "Log") -> Anchored:
    return Anchored(full)


def check(report: Report) -> tuple[State, tuple[str, ...]]:
    (found,) = (check for check in report.checks if check.name == "public-anchor")
    return found.state, found.findings


@pytest.mark.covers("C-05")
def test_an_anchor_in_a_pinned_block_reaches_level_5(anchored: Anchored) -> None:
    proof, block = anchored.mined(anchored.promise(6))
    report = anchored.verify({6: proof.encode()}, block)
    assert (report.verdict, report.level) == (Verdict.INTACT, 5)
    assert check(report) == (State.PASSED, ())
    assert (report.anchors, report.anchored_at) == (("6: anchored 900000",), "2026-03-02T04:05:06.000000Z")
    said = json.loads(report.to_json())
    assert (said["anchors"], said["anchored_at"]) == (["6: anchored 900000"], "2026-03-02T04:05:06.000000Z")
    assert "Niveau d'assurance 5" in report.to_text("fr")
    assert "Anchor 6: anchored 900000" in report.to_text("en")


def test_a_promise_is_shown_and_never_counted(anchored: Anchored) -> None:
    _, block = anchored.mined(anchored.promise(6))
    report = anchored.verify({6: anchored.promise(6).encode()}, block)
    assert (report.verdict, report.level, report.anchors) == (Verdict.INTACT, 4, ("6: pending",))
    assert (check(report), report.anchored_at) == ((State.NOT_APPLICABLE, ()), None)


def test_only_the_policy_says_which_block_is_the_chains(anchored: Anchored) -> None:
    proof, block = anchored.mined(anchored.promise(6))
    other = anchored.ledger.mine(0)
    for blocks in ((), (Block(other.height, other.header),)):
        report = anchored.verify({6: proof.encode()}, *blocks)
        assert (report.level, report.anchors) == (4, ("6: unpinned 900000",))
        assert check(report)[0] is State.NOT_APPLICABLE
    wrong = anchored.verify({6: proof.encode()}, Block(block.height, other.header))
    assert (wrong.verdict, check(wrong)) == (Verdict.TAMPERED, (State.FAILED, ("6: root 900000",)))


def test_one_attestation_that_holds_is_enough_whatever_stands_beside_it(anchored: Anchored) -> None:
    proof, block = anchored.mined(anchored.promise(6))
    beside = [Attestation((SHA256,), None, in_block(height)) for height in (1, block.height)]
    report = anchored.verify({6: replace(proof, attestations=(*beside, *proof.attestations)).encode()}, block)
    assert (report.level, report.anchors) == (5, ("6: anchored 900000",))


def test_the_lowest_block_is_named(anchored: Anchored) -> None:
    first, early = anchored.mined(anchored.promise(6))
    second, late = anchored.mined(anchored.promise(6), MINED + timedelta(hours=1))
    both = replace(second, attestations=(*second.attestations, *first.attestations)).encode()
    assert anchored.verify({6: both}, late, early).anchored_at == "2026-03-02T04:05:06.000000Z"
    assert anchored.verify({6: both}, late).anchors == ("6: anchored 900001",)
    assert anchored.verify({6: both}).anchors == ("6: unpinned 900000",)


def test_a_proof_of_another_checkpoint_and_a_damaged_one_are_named(anchored: Anchored) -> None:
    proof, block = anchored.mined(anchored.promise(6))
    report = anchored.verify({5: proof.encode(), 6: proof.encode()[:-1]}, block)
    assert (report.verdict, report.level) == (Verdict.TAMPERED, None)
    assert check(report) == (State.FAILED, ("5: imprint", "6: malformed"))
    assert report.anchored_at is None


def test_what_only_other_chains_attest_is_unknown(anchored: Anchored) -> None:
    other = Proof(anchored.digest(6), (Attestation((), None, b"12345678\x01x"),)).encode()
    below = Proof(anchored.digest(6), (Attestation((b"\x02",), None, in_block(1)),)).encode()
    for proof in (other, below):
        report = anchored.verify({6: proof})
        assert (report.level, report.anchors, check(report)[0]) == (4, ("6: unknown",), State.NOT_APPLICABLE)


def test_an_anchor_alone_is_not_the_level(anchored: Anchored) -> None:
    """It says when, not that there is one log: without witnesses two could be anchored in one block."""
    proof, block = anchored.mined(anchored.promise(6))
    assert anchored.verify({6: proof.encode()}, block, quorum=0).level == 1
    assert anchored.verify({6: proof.encode()}, block, authorities=()).level == 3


def test_an_anchor_counts_for_the_events_before_it_only(anchored: Anchored, full: "Log") -> None:
    proof, block = anchored.mined(anchored.promise(5))
    assert anchored.verify({5: proof.encode()}, block).level == 5
    full.add("dossier", full.bundle().scope.id, "edited", {})
    full.witness(7, full.start + timedelta(minutes=9), 0, 1)
    full.stamp(7, full.start + timedelta(minutes=10))
    later = Anchored(full)
    assert later.verify({5: proof.encode()}, block).level == 4


def test_a_bundle_without_anchors_gets_the_report_that_it_always_got(anchored: Anchored) -> None:
    said = json.loads(anchored.verify({}).to_json())
    assert not said.keys() & {"anchors", "anchored_at"}
    assert "public-anchor" not in {check["name"] for check in said["checks"]}


def files_of(bundle: Bundle) -> dict[str, bytes]:
    return dict(unpack(bundle.encode()).files)


def test_anchors_have_one_place_in_a_bundle(anchored: Anchored) -> None:
    proof = anchored.promise(6).encode()
    files = files_of(replace(anchored.bundle, anchors={6: proof}))
    assert files["ots/6.ots"] == proof
    del files["ots/6.ots"]
    for odd in ({"ots/7.ots": proof}, {"ots/06.ots": proof}, {"ots/6.txt": proof}, {"ots/6.ots": b"x" * 32_769}):
        report = verify(pack(files | odd), anchored.log.trust())
        assert (report.verdict, report.checks[0].findings) == (Verdict.MALFORMED, ("files",))
    bundle = replace(anchored.bundle, checkpoints=dict.fromkeys(range(1, 20), anchored.bundle.final))
    assert verify(replace(bundle, anchors=dict.fromkeys(range(1, 18), proof)).encode(), anchored.log.trust()).problem


def test_a_policy_pins_blocks_and_one_that_pins_none_is_written_as_ever(anchored: Anchored) -> None:
    _, block = anchored.mined(anchored.promise(6))
    policy = anchored.log.policy()
    assert b"blocks" not in policy.encode()
    pinned = replace(policy, blocks=(block, Block(0, bytes.fromhex(FIRST))))
    assert Policy.parse(pinned.encode()) == pinned
    assert Policy.parse(policy.encode().replace(b'"format"', b'"blocks":[],"format"')) == policy


def test_the_header_of_a_block_is_read_as_bitcoin_writes_it() -> None:
    block = Block(0, bytes.fromhex(FIRST))
    assert block.root[::-1].hex() == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    assert block.at == datetime(2009, 1, 3, 18, 15, 5, tzinfo=UTC)


def test_a_digit_that_was_copied_wrong_is_seen_before_anything_is_measured_by_it() -> None:
    header = bytes.fromhex(FIRST)
    for place in range(len(header)):
        with pytest.raises(BlockInvalid):
            Block(0, header[:place] + bytes([header[place] ^ 1]) + header[place + 1 :])


@pytest.mark.parametrize(
    "blocks",
    [
        b"null",
        b"{}",
        b"[1]",
        b'[{"height":0}]',
        b'[{"height":-1,"header":"H"}]',
        b'[{"height":true,"header":"H"}]',
        b'[{"height":"0","header":"H"}]',
        b'[{"height":9007199254740992,"header":"H"}]',
        b'[{"height":0,"header":"H"},{"height":0,"header":"H"}]',
        b'[{"height":0,"header":"H0"}]',
        b'[{"height":0,"header":null}]',
        b'[{"height":0,"header":"H","more":1}]',
    ],
)
def test_what_is_no_block_is_no_policy(log: "Log", blocks: bytes) -> None:
    written = blocks.replace(b"H", FIRST.encode())
    with pytest.raises(PolicyInvalid):
        Policy.parse(log.policy().encode().replace(b'"format"', b'"blocks":' + written + b',"format"'))
    former = b'{"blocks":[],"format":"scelle-policy/1","log_keys":[],"origin":"x"}'
    with pytest.raises(PolicyInvalid):
        Policy.parse(former)
