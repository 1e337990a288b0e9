"""One honest bundle with everything in it, and what each attack on it is caught by.

A number names the kind of attack: 3 moved, 4 inserted late, 6 rewritten, 7 forked, 8 other root, 9 token, 11 other
dossier, 12 stolen key, 13 stolen witness, 14 proof, 15 two readings, 16 omitted, 22 other keys, 23 clock, 25 the
verifier itself. Those that need more than a change of the bundle are in the tests of levels, of completeness, of what
is remembered, and of whatever bytes.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.bundle import Bundle, Opening, Scope
from proof.canonical import parse
from proof.checkpoint import Checkpoint
from proof.cosignature import cosign
from proof.note import Note, Signature
from proof.report import Report, State, Verdict
from proof.signing import sign_checkpoint
from proof.tree import leaf_hash
from proof.verify import Trust, verify

if TYPE_CHECKING:
    from conftest import Log

ORIGIN = "journal.example/test"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def trust(log: "Log", **more: Any) -> Trust:
    return log.trust(quorum=2, authorities=("Sandbox", "Other"), **more)


def failed(report: Report) -> dict[str, tuple[str, ...]]:
    return {check.name: check.findings for check in report.checks if check.state is State.FAILED}


def with_item(bundle: Bundle, place: int, **changes: Any) -> Bundle:
    items = list(bundle.items)
    items[place] = replace(items[place], **changes)
    return replace(bundle, items=tuple(items))


def without(bundle: Bundle, *places: int) -> Bundle:
    return replace(bundle, items=tuple(item for item in bundle.items if item.index not in places))


def with_note(bundle: Bundle, size: int, note: bytes) -> Bundle:
    return replace(bundle, checkpoints={**bundle.checkpoints, size: note})


def with_lines(bundle: Bundle, size: int, change: Callable[[tuple[Signature, ...]], tuple[Signature, ...]]) -> Bundle:
    note = Note.parse(bundle.checkpoints[size])
    return with_note(bundle, size, Note(note.text, change(note.signatures)).encode())


def token_of(log: "Log", place: tuple[int, int], token: bytes) -> Bundle:
    return replace(log.bundle(5), tokens={**log.tokens, place: token})


def second_line(log: "Log", size: int) -> Signature:
    """Sign with the log's second key at a time, as only witnesses do."""
    assert log.second
    return cosign(Note.parse(log.note(size)).text, ORIGIN, log.second, log.start)


def stamped_again(log: "Log", name: str = "Sandbox", **faults: Any) -> Bundle:
    """Replace the token 6-0 by one more of this authority."""
    log.stamp(6, log.start + 4 * MINUTE, log.authority(name), **faults)
    return token_of(log, (6, 0), log.tokens.pop((6, 2)))


@pytest.mark.covers("C-05")
def test_everything_is_examined_and_the_highest_level_is_reached(full: "Log") -> None:
    given = trust(full, known=[full.note(5)], documents={"id": "ab" * 32})
    report = verify(full.bundle(5).encode(), given, level=4)
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 4, {})
    assert all(check.state is State.PASSED for check in report.checks)
    assert [check.name for check in report.checks] == [
        *("container", "entry-canonical", "manifest", "entry-scope", "event-state", "opening", "document-digest"),
        *("document-file", "object-bytes", "inclusion", "consistency", "known-checkpoint", "checkpoint-signature"),
        *("cosignature", "witness-quorum", "witness-clock", "timestamp", "timestamp-order", "recorded-time"),
        *("leaf-order", "service-counter", "aggregate-versions", "office-counter", "office-chain", "head"),
    ]
    examined = {check.name: check.examined for check in report.checks}
    wanted = {
        "cosignature": 5,
        "witness-quorum": 1,
        "witness-clock": 5,
        "timestamp": 3,
        "timestamp-order": 3,
        "head": 1,
    }
    assert {name: examined[name] for name in wanted} == wanted
    assert (examined["entry-canonical"], examined["event-state"], examined["recorded-time"]) == (6, 5, 6)
    assert report.witnessed_at == (full.start + 3 * MINUTE).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert report.stamped_at
    assert abs(datetime.fromisoformat(report.stamped_at) - full.start - 4 * MINUTE) < MINUTE
    assert report.witnessed_at
    assert report.witnessed_at in report.to_text()
    assert report.stamped_at in report.to_text("en")
    assert parse(report.to_json())["scope"] == {"id": full.bundle().scope.id, "kind": "dossier"}


Attack = Callable[["Log"], Bundle]
CAUGHT: dict[str, tuple[Attack, dict[str, tuple[str, ...]]]] = {
    "3-two-events-exchanged": (
        lambda log: replace(log.bundle(5), items=tuple(log.bundle(5).items[place] for place in (0, 1, 2, 4, 3, 5))),
        {"leaf-order": ("3",), "service-counter": ("3",), "aggregate-versions": ("4", "3"), "office-counter": ("3",)},
    ),
    "8-another-root-at-the-same-size": (
        lambda log: with_note(
            log.bundle(5), 5, Note(Checkpoint(ORIGIN, 5, b"r" * 32).text(), Note.parse(log.note(5)).signatures).encode()
        ),
        {
            "consistency": ("5-6",),
            "checkpoint-signature": ("5",),
            "cosignature": ("5: w1.example", "5: w2.example", "5: w3.example"),
            "timestamp": ("5-0: imprint",),
        },
    ),
    "9-a-token-of-another-checkpoint": (
        lambda log: token_of(log, (6, 0), log.tokens[5, 0]),
        {"timestamp": ("6-0: imprint",)},
    ),
    "9-a-token-over-something-else": (
        lambda log: stamped_again(log, wrong_imprint=True),
        {"timestamp": ("6-0: imprint",)},
    ),
    "9-a-token-of-an-unknown-authority": (
        lambda log: stamped_again(log, "Stranger"),
        {"timestamp": ("6-0: authority",)},
    ),
    "9-a-token-of-another-policy": (lambda log: stamped_again(log, other_policy=True), {"timestamp": ("6-0: policy",)}),
    "9-a-token-of-a-chain-that-had-not-begun": (
        lambda log: (log.stamp(6, log.start - 30 * DAY), token_of(log, (6, 0), log.tokens.pop((6, 2))))[1],
        {"timestamp": ("6-0: chain-expired",)},
    ),
    "9-a-token-that-is-none": (lambda log: token_of(log, (6, 0), b"\x30\x00"), {"timestamp": ("6-0: malformed",)}),
    "11-a-document-of-another-dossier": (
        lambda log: replace(log.bundle(5), scope=Scope("dossier", log.bundle(5).observations[0].ver)),
        {"entry-scope": ("0", "1", "2", "3", "4", "5")},
    ),
    "14-the-proof-of-another-leaf": (
        lambda log: with_item(log.bundle(5), 1, hashes=log.bundle(5).items[2].hashes),
        {"inclusion": ("1",)},
    ),
    "14-a-proof-that-is-padded": (
        lambda log: with_item(log.bundle(5), 1, hashes=(*log.bundle(5).items[1].hashes, b"x" * 32)),
        {"inclusion": ("1",)},
    ),
    "14-a-proof-that-is-cut": (
        lambda log: with_item(log.bundle(5), 1, hashes=log.bundle(5).items[1].hashes[:-1]),
        {"inclusion": ("1",)},
    ),
    "14-a-node-as-a-leaf": (
        lambda log: with_item(
            log.bundle(5),
            0,
            entry=b"\x01" + leaf_hash(log.entries[0][0]) + leaf_hash(log.entries[1][0]),
            hashes=log.bundle(5).items[0].hashes[1:],
        ),
        {"entry-canonical": ("0",), "inclusion": ("0",), "head": ("5",)},
    ),
    "15-a-key-twice": (
        lambda log: with_item(log.bundle(5), 4, entry=log.entries[4][0].replace(b'"v":1}', b'"v":1,"v":1}')),
        {"entry-canonical": ("4",), "inclusion": ("4",), "head": ("5",)},
    ),
    "16-an-event-cut-in-the-middle": (
        lambda log: without(log.bundle(5), 3),
        {"aggregate-versions": ("4",), "head": ("5",)},
    ),
    "16-an-object-missing-whole": (lambda log: replace(without(log.bundle(5), 2), observations=()), {"head": ("5",)}),
    "16-the-end-cut": (lambda log: without(log.bundle(5), 4), {"head": ("5",)}),
    "22-signed-by-somebody-else": (
        lambda log: with_note(
            log.bundle(),
            6,
            sign_checkpoint(
                Checkpoint.parse(Note.parse(log.note(6)).text),
                Ed25519PrivateKey.generate(),
                MLDSA44PrivateKey.generate(),
            ),
        ),
        {
            "checkpoint-signature": ("6",),
            "timestamp": ("6-0: imprint", "6-1: imprint"),
        },
    ),
    "12-without-the-post-quantum-line": (
        lambda log: with_lines(log.bundle(5), 5, lambda lines: (lines[0], *lines[2:])),
        {
            "checkpoint-signature": ("5",),
            "timestamp": ("5-0: imprint",),
        },
    ),
    "12-the-log-signs-as-a-witness-does": (
        lambda log: with_lines(log.bundle(), 6, lambda lines: (lines[0], second_line(log, 6), *lines[2:])),
        {
            "checkpoint-signature": ("6",),
            "timestamp": ("6-0: imprint", "6-1: imprint"),
        },
    ),
    "23-a-witness-that-goes-back": (
        lambda log: with_lines(
            log.bundle(5), 6, lambda lines: (*lines[:2], log.cosignature(6, 0, log.start), *lines[3:])
        ),
        {"witness-clock": ("6: w1.example",)},
    ),
    "23-a-witness-without-a-time": (
        lambda log: with_lines(log.bundle(5), 6, lambda lines: (*lines, log.cosignature(6, 1, None))),
        {"cosignature": ("6: w2.example",)},
    ),
    "23-a-witness-twice": (
        lambda log: with_lines(log.bundle(5), 6, lambda lines: (*lines, lines[2])),
        {"cosignature": ("6: w1.example",)},
    ),
    "13-a-cosignature-of-another-checkpoint": (
        lambda log: with_lines(log.bundle(5), 6, lambda lines: (*lines, log.cosignature(5, 1, log.start + 3 * MINUTE))),
        {"cosignature": ("6: w2.example",)},
    ),
    "23-a-larger-log-stamped-earlier": (
        lambda log: (log.stamp(6, log.start), token_of(log, (6, 0), log.tokens.pop((6, 2))))[1],
        {"timestamp-order": ("6-0",)},
    ),
    "a-record-that-a-store-holds": (lambda log: with_item(log.bundle(5), 5, state=b"{}"), {"event-state": ("5",)}),
    "a-record-that-is-opened": (
        lambda log: with_item(log.bundle(5), 5, opening=Opening({}, b"s" * 32)),
        {"opening": ("5",)},
    ),
}


@pytest.mark.covers("C-05")
@pytest.mark.parametrize("case", CAUGHT)
def test_an_attack_is_caught_by_the_checks_named(full: "Log", case: str) -> None:
    attack, expected = CAUGHT[case]
    report = verify(attack(full).encode(), trust(full))
    found = failed(report)
    assert (report.verdict, report.level) == (Verdict.TAMPERED, None)
    assert found.keys() == expected.keys()
    for name, findings in expected.items():
        assert len(found[name]) == len(findings), name
        assert found[name] == tuple(findings)
