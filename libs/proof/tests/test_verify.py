from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.bundle import Bundle, Observation, Opening, Scope
from proof.canonical import canonical, parse
from proof.checkpoint import Checkpoint
from proof.entry import state_hash
from proof.note import Key, NoteInvalid, sign
from proof.policy import LogKey, Policy
from proof.report import Report, State, Verdict
from proof.verify import Trust, verify
from proof.wording import WORDS

if TYPE_CHECKING:
    from conftest import Log


WITHOUT_WITNESS_OR_AUTHORITY = {
    "cosignature",
    "witness-quorum",
    "witness-clock",
    "timestamp",
    "timestamp-order",
    "recorded-time",
}


def failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.state is State.FAILED}


def with_item(bundle: Bundle, place: int, **changes: Any) -> Bundle:
    items = list(bundle.items)
    items[place] = replace(items[place], **changes)
    return replace(bundle, items=tuple(items))


def without(bundle: Bundle, place: int) -> Bundle:
    return replace(bundle, items=(*bundle.items[:place], *bundle.items[place + 1 :]))


@pytest.mark.covers("C-05")
def test_an_intact_bundle_is_intact_and_signed_by_the_log(log: "Log") -> None:
    report = verify(log.bundle(2).encode(), log.trust())
    assert (report.verdict, report.level, failed(report)) == (Verdict.INTACT, 1, set())
    assert report.verdict.exit_code == 0
    assert {check.name for check in report.checks if check.state is State.NOT_APPLICABLE} == {
        "document-file",
        "known-checkpoint",
        *WITHOUT_WITNESS_OR_AUTHORITY,
        "head",
    }


TAMPERED: dict[str, tuple[Callable[[Bundle], Bundle], set[str]]] = {
    "an event changed in its store": (lambda b: with_item(b, 4, state=b.items[4].state + b" "), {"event-state"}),
    "an event removed from its store": (lambda b: with_item(b, 3, state=b""), {"event-state"}),
    "another reason disclosed": (
        lambda b: with_item(b, 4, opening=Opening({"data": {"reason": "périmé"}}, b.items[4].opening.salt)),  # type: ignore[union-attr]
        {"opening"},
    ),
    "another salt": (lambda b: with_item(b, 4, opening=Opening(b.items[4].opening.payload, b"s" * 32)), {"opening"}),  # type: ignore[union-attr]
    "another digest disclosed": (
        lambda b: with_item(b, 2, opening=Opening({"data": {"sha256": "cd" * 32}}, b.items[2].opening.salt)),  # type: ignore[union-attr]
        {"opening", "document-digest"},
    ),
    "a digest that is none": (
        lambda b: with_item(b, 2, opening=Opening({"data": {"sha256": "CD"}}, b.items[2].opening.salt)),  # type: ignore[union-attr]
        {"opening", "document-digest"},
    ),
    "a content that is none": (
        lambda b: with_item(b, 2, opening=Opening({"data": "sha256"}, b.items[2].opening.salt)),  # type: ignore[union-attr]
        {"opening", "document-digest"},
    ),
    "an object changed in the bucket": (
        lambda b: replace(b, observations=(Observation(b.observations[0].ver, state_hash(b"other")),)),
        {"object-bytes"},
    ),
    "an object gone from the bucket": (
        lambda b: replace(b, observations=(Observation(b.observations[0].ver, None),)),
        {"object-bytes"},
    ),
    "no word of an object": (lambda b: replace(b, observations=()), {"object-bytes"}),
    "an object that no entry names": (
        lambda b: replace(b, observations=(*b.observations, Observation("stray", None))),
        {"object-bytes"},
    ),
    "an entry removed": (lambda b: without(b, 3), {"aggregate-versions"}),
    "two entries exchanged": (
        lambda b: replace(b, items=(*b.items[:3], b.items[4], b.items[3])),
        {"leaf-order", "service-counter", "aggregate-versions", "office-counter"},
    ),
    "an entry shown twice as another leaf": (
        lambda b: with_item(b, 4, entry=b.items[3].entry, state=b.items[3].state, opening=None),
        {"inclusion", "service-counter", "aggregate-versions", "office-counter"},
    ),
    "an entry rewritten": (
        lambda b: with_item(b, 4, entry=canonical(parse(b.items[4].entry) | {"actor_kind": "client"})),
        {"inclusion"},
    ),
    "an entry in another spelling": (
        lambda b: with_item(b, 4, entry=b.items[4].entry.replace(b",", b", ")),
        {"entry-canonical", "inclusion"},
    ),
    "an entry that chains to another past": (
        lambda b: with_item(b, 4, entry=canonical(parse(b.items[4].entry) | {"office_prev": state_hash(b"past")})),
        {"inclusion", "office-chain"},
    ),
    "the certificate of another dossier": (
        lambda b: replace(b, scope=Scope("dossier", b.observations[0].ver)),
        {"entry-scope"},
    ),
    "a proof of another leaf": (lambda b: with_item(b, 1, hashes=b.items[2].hashes), {"inclusion"}),
    "a proof that is padded": (lambda b: with_item(b, 1, hashes=(*b.items[1].hashes, b"x" * 32)), {"inclusion"}),
    "a proof that is cut": (lambda b: with_item(b, 1, hashes=b.items[1].hashes[:-1]), {"inclusion"}),
    "a growth that is not proven": (lambda b: replace(b, consistency={}), {"consistency"}),
    "a growth with another proof": (
        lambda b: replace(b, consistency={(2, 5): (b"x" * 32, *b.consistency[2, 5][1:])}),
        {"consistency"},
    ),
}


@pytest.mark.covers("C-05")
@pytest.mark.parametrize("case", TAMPERED)
def test_the_named_checks_fail(log: "Log", case: str) -> None:
    change, expected = TAMPERED[case]
    report = verify(change(log.bundle(2)).encode(), log.trust())
    assert (report.verdict, report.level, failed(report)) == (Verdict.TAMPERED, None, expected)
    assert report.verdict.exit_code == 1


def test_a_destroyed_document_has_nothing_left_to_compare(log: "Log") -> None:
    log.add("vault", log.bundle().observations[0].ver, "document-destroyed", {})
    ver = log.bundle().observations[0].ver
    for seen in ((), (Observation(ver, None),), (Observation(ver, state_hash(b"")),)):
        gone = replace(log.bundle(), observations=seen)
        assert verify(gone.encode(), log.trust()).verdict is Verdict.INTACT


def test_an_entry_without_a_dossier_belongs_to_it_through_its_aggregate(log: "Log") -> None:
    log.add("dossier", log.bundle().scope.id, "reminded", {}, dossier=None)
    assert verify(log.bundle().encode(), log.trust()).verdict is Verdict.INTACT


def test_a_bundle_remade_with_a_strangers_key_is_refused(log: "Log") -> None:
    stranger = replace(log, key=Ed25519PrivateKey.generate(), notes={})
    report = verify(stranger.bundle().encode(), log.trust())
    assert failed(report) == {"checkpoint-signature"}


def test_a_signature_over_another_root_is_refused(log: "Log") -> None:
    bundle = log.bundle()
    note = bundle.final.replace(b"\n5\n", b"\n6\n")
    report = verify(replace(bundle, checkpoints={6: note}).encode(), log.trust())
    assert "checkpoint-signature" in failed(report)


def test_the_log_of_another_origin_is_refused(log: "Log") -> None:
    policy = Policy("journal.example/other", log.policy().log_keys)
    assert failed(verify(log.bundle().encode(), replace(log.trust(), policy=policy))) == {"checkpoint-signature"}


def test_without_a_policy_only_level_zero_is_reached(log: "Log") -> None:
    data, nobody = log.bundle().encode(), Trust(at=log.trust().at)
    report = verify(data, nobody)
    assert (report.verdict, report.level, report.verdict.exit_code) == (Verdict.BELOW_LEVEL, 0, 3)
    assert verify(data, nobody, level=0).verdict is Verdict.INTACT


def test_a_key_outside_its_window_counts_for_nothing(log: "Log") -> None:
    trust = log.trust()
    policy = Policy(trust.policy.origin, (LogKey(Key.of(trust.policy.origin, log.key), not_after=trust.at),))  # type: ignore[union-attr]
    late = replace(trust, policy=policy, at=trust.at + timedelta(seconds=1))
    report = verify(log.bundle().encode(), late)
    assert (report.verdict, report.level) == (Verdict.BELOW_LEVEL, 0)


def test_a_remembered_checkpoint_raises_the_level_and_another_history_is_refused(log: "Log") -> None:
    data = log.bundle(2).encode()
    report = verify(data, log.trust(known=[log.note(2)]), level=2)
    assert (report.verdict, report.level) == (Verdict.INTACT, 2)
    forked = sign(Checkpoint("journal.example/test", 2, b"f" * 32).text(), "journal.example/test", log.key).encode()
    assert failed(verify(data, log.trust(known=[forked]))) == {"known-checkpoint"}
    assert verify(data, log.trust(known=[log.note(3)])).level == 1


def test_a_remembered_checkpoint_must_be_the_logs(log: "Log") -> None:
    other = replace(log, key=Ed25519PrivateKey.generate(), notes={}).note(2)
    foreign = sign(Checkpoint("other", 2, b"f" * 32).text(), "other", log.key).encode()
    for note in (other, foreign):
        with pytest.raises(NoteInvalid):
            verify(log.bundle(2).encode(), log.trust(known=[note]))


def test_a_document_is_recognised_by_its_digest_alone(log: "Log") -> None:
    data = log.bundle().encode()
    assert verify(data, log.trust(documents={"id.pdf": "ab" * 32})).verdict is Verdict.INTACT
    assert failed(verify(data, log.trust(documents={"id.pdf": "cd" * 32}))) == {"document-file"}


def test_the_report_speaks_both_languages_and_json(log: "Log") -> None:
    bundle = log.bundle(2)
    for data in (bundle.encode(), with_item(bundle, 0, state=b"").encode(), b"nothing"):
        report = verify(data, log.trust())
        assert "VERDICT" in report.to_text("fr")
        assert "VERDICT" in report.to_text("en")
        assert parse(report.to_json())["verdict"] == report.verdict.value
    assert "[ ÉCHEC ] event-state" in verify(with_item(bundle, 0, state=b"").encode(), log.trust()).to_text()


def test_a_long_list_of_findings_is_shortened_in_the_text(log: "Log") -> None:
    for _ in range(25):
        log.add("dossier", log.bundle().scope.id, "edited", {})
    bundle = log.bundle()
    broken = replace(bundle, items=tuple(replace(item, state=b"") for item in bundle.items))
    assert "+10" in verify(broken.encode(), log.trust()).to_text()


def test_every_check_and_level_has_its_sentence_in_both_languages(full: "Log") -> None:
    report = verify(full.bundle(5).encode(), full.trust())
    for words in WORDS.values():
        assert words.keys() == WORDS["fr"].keys()
        assert words.keys() > {check.name for check in report.checks} | {f"level-{level}" for level in range(5)}
