"""How much is assured, and against whom: what each level asks, and what a thief of keys still cannot do."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.bundle import Bundle
from proof.cosignature import Cosigner, Quorum
from proof.note import Note
from proof.policy import LogKey, Policy
from proof.report import Report, State, Verdict
from proof.verify import verify

if TYPE_CHECKING:
    from conftest import Log

AUTHORITIES = ("Sandbox", "Other")


def states(report: Report) -> dict[str, State]:
    return {check.name: check.state for check in report.checks}


def shown_with(bundle: Bundle, note: bytes) -> Bundle:
    size = max(bundle.checkpoints)
    return replace(bundle, checkpoints={**bundle.checkpoints, size: note})


def test_the_level_grows_with_what_the_policy_can_ask(full: "Log") -> None:
    data = full.bundle(5).encode()
    known = [full.note(5)]
    assert verify(data, full.trust()).level == 1
    assert verify(data, full.trust(known=known)).level == 2
    assert verify(data, full.trust(quorum=2)).level == 3
    assert verify(data, full.trust(quorum=2, known=known)).level == 3
    assert verify(data, full.trust(authorities=AUTHORITIES)).level == 1
    assert verify(data, full.trust(quorum=2, authorities=AUTHORITIES)).level == 4
    beyond = verify(data, full.trust(quorum=2, authorities=AUTHORITIES), level=5)
    assert (beyond.verdict, beyond.level) == (Verdict.BELOW_LEVEL, 4)


def test_witnesses_and_timestamps_that_the_policy_does_not_name_say_nothing(full: "Log") -> None:
    report = verify(full.bundle(5).encode(), full.trust())
    for name in ("cosignature", "witness-quorum", "witness-clock", "timestamp", "timestamp-order", "recorded-time"):
        assert states(report)[name] is State.NOT_APPLICABLE
    assert (report.witnessed_at, report.stamped_at) == (None, None)


def test_a_timestamp_counts_for_the_events_before_it_only(full: "Log") -> None:
    full.tokens = {place: token for place, token in full.tokens.items() if place[0] == 5}
    assert verify(full.bundle(5).encode(), full.trust(quorum=2, authorities=AUTHORITIES)).level == 4
    full.add("dossier", full.bundle().scope.id, "edited", {})
    full.witness(7, full.start + timedelta(minutes=9), 0, 1)
    report = verify(full.bundle(5).encode(), full.trust(quorum=2, authorities=AUTHORITIES))
    assert (report.verdict, report.level) == (Verdict.INTACT, 3)


@pytest.mark.covers("C-05")
def test_a_rewritten_history_signed_with_the_real_keys_differs_from_what_was_remembered(full: "Log") -> None:
    data = full.forked().bundle().encode()
    assert verify(data, full.trust()).verdict is Verdict.INTACT
    report = verify(data, full.trust(known=[full.note(5)]))
    assert [name for name, state in states(report).items() if state is State.FAILED] == ["known-checkpoint"]


def test_a_rewritten_history_cannot_extend_what_was_signed_before(full: "Log") -> None:
    other = full.forked()
    other.notes[5] = full.note(5)
    other.add("dossier", full.bundle().scope.id, "edited", {})
    report = verify(other.bundle(5).encode(), full.trust())
    assert [name for name, state in states(report).items() if state is State.FAILED] == ["consistency"]


def test_who_stole_the_keys_of_the_log_has_no_witness(full: "Log") -> None:
    report = verify(full.forked().bundle().encode(), full.trust(quorum=2), level=3)
    assert (report.verdict, report.level) == (Verdict.BELOW_LEVEL, 1)
    assert states(report)["witness-quorum"] is State.NOT_APPLICABLE


def test_who_stole_one_witness_too_has_no_quorum(full: "Log") -> None:
    other = full.forked()
    other.witness(5, full.start, 0)
    report = verify(other.bundle().encode(), full.trust(quorum=2), level=3)
    assert (report.verdict, report.level) == (Verdict.BELOW_LEVEL, 1)
    assert states(report)["cosignature"] is State.PASSED


def test_a_key_counts_in_its_window_only_and_each_kind_must_sign(full: "Log") -> None:
    trust, data = full.trust(), full.bundle().encode()
    assert trust.policy
    first, second = trust.policy.log_keys
    past = trust.at - timedelta(seconds=1)
    for keys, level in (
        ((first, second), 1),
        ((first,), 1),
        ((replace(first, not_after=past), second), 1),  # the second is trusted, and signed
        ((first, replace(second, not_after=past)), 1),
        ((replace(first, not_after=past), replace(second, not_after=past)), 0),
    ):
        policy = replace(trust.policy, log_keys=keys)
        report = verify(data, replace(trust, policy=policy), level=0)
        assert (report.verdict, report.level) == (Verdict.INTACT, level)


def test_a_new_key_of_the_log_must_sign_as_soon_as_it_alone_is_trusted(log: "Log") -> None:
    trust = log.trust()
    assert trust.policy
    (old,) = trust.policy.log_keys
    new = LogKey(type(old.key).of(trust.policy.origin, Ed25519PrivateKey.generate()))
    both = Policy(trust.policy.origin, (replace(old, not_after=trust.at - timedelta(days=1)), new))
    report = verify(log.bundle().encode(), replace(trust, policy=both))
    assert (report.verdict, report.level) == (Verdict.BELOW_LEVEL, 0)


def test_a_quorum_of_groups_is_met_group_by_group(full: "Log") -> None:
    trust = full.trust(quorum=2)
    assert trust.policy
    assert trust.policy.quorum
    one, two, three = trust.policy.quorum.members
    for quorum, level in (
        (Quorum(2, (Quorum(1, (one, two)), three)), 3),
        (Quorum(2, (Quorum(2, (one, two)), three)), 1),
        (Quorum(1, (Quorum(2, (one, two)), three)), 3),
        (Quorum(1, (two,)), 1),
    ):
        policy = replace(trust.policy, quorum=quorum)
        assert verify(full.bundle().encode(), replace(trust, policy=policy)).level == level


def test_a_homonym_of_a_witness_or_of_the_log_is_nobody(full: "Log") -> None:
    trust = full.trust(quorum=2)
    assert trust.policy
    members = tuple(Cosigner.of(f"w{number}.example", Ed25519PrivateKey.generate()) for number in (1, 2))
    report = verify(
        full.bundle().encode(), replace(trust, policy=replace(trust.policy, quorum=Quorum(2, members))), level=1
    )
    assert (report.level, states(report)["cosignature"]) == (1, State.NOT_APPLICABLE)
    cyrillic = replace(trust.policy, origin=trust.policy.origin.replace("a", "\u0430"))
    assert (
        states(verify(full.bundle().encode(), replace(trust, policy=cyrillic)))["checkpoint-signature"] is State.FAILED
    )


def test_lines_of_unknown_signers_change_nothing(full: "Log") -> None:
    note = Note.parse(full.note(6))
    line = replace(note.signatures[0], name="stranger.example")
    bundle = shown_with(full.bundle(5), Note(note.text, (*note.signatures, line)).encode())
    assert verify(bundle.encode(), full.trust(quorum=2, authorities=AUTHORITIES)).level == 4
