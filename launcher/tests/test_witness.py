"""A witness as logs and monitors meet it: a process of its own, over HTTP."""

import base64
import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from launcher.journey.world import until
from launcher.witness.memory import Memory
from proof.checkpoint import Checkpoint
from proof.cosignature import cosign, cosignatures
from proof.note import Key, Note, Signature, sign
from proof.tree import EMPTY_ROOT

if TYPE_CHECKING:
    from conftest import Log, Operator, Served


def test_a_log_that_grows_is_cosigned_with_both_keys_now(served: "Served", log: "Log") -> None:
    for old, size in [(0, 1), (1, 7), (7, 8), (8, 20)]:
        found = served.cosigned(log, old, size)
        assert [one.cosigner.type for one in found] == [4, 6]
        assert all(abs(one.at - datetime.now(UTC)) < timedelta(seconds=30) for one in found)


def test_logs_that_come_at_once_each_get_their_own_cosignature(served: "Served", logs: Iterator["Log"]) -> None:
    def grow(log: "Log") -> list[int]:
        return [len(served.cosigned(log, old, old + 1)) for old in range(20)]

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(grow, islice(logs, 12))) == [[2] * 20] * 12


def test_the_answer_is_nothing_but_cosignature_lines(served: "Served", log: "Log") -> None:
    answer = served.post(log.body(0, 3))
    assert [line.split(" ")[:2] for line in answer.text.splitlines()] == [["\u2014", served.cosigners[0].name]] * 2


def test_the_same_checkpoint_is_cosigned_again(served: "Served", log: "Log") -> None:
    first = served.cosigned(log, 0, 5)
    second = served.cosigned(log, 5, 5)
    assert [one.cosigner for one in first] == [one.cosigner for one in second]
    assert all(later.at >= earlier.at for earlier, later in zip(first, second, strict=True))


def test_the_empty_tree_is_cosigned_under_its_own_root_only(served: "Served", log: "Log") -> None:
    wrong = sign(Checkpoint(log.origin, 0, b"x" * 32).text(), log.origin, log.key)
    assert served.post(log.submission(0, [], wrong)).status_code == 422
    right = sign(Checkpoint(log.origin, 0, EMPTY_ROOT).text(), log.origin, log.key)
    assert [served.post(log.submission(0, [], right)).status_code for _ in range(2)] == [200, 200]
    assert len(served.cosigned(log, 0, 20)) == 2


def test_one_of_the_keys_of_the_log_is_enough_and_lines_of_strangers_count_for_nothing(
    served: "Served", log: "Log"
) -> None:
    line = cosign(log.text(4), log.origin, log.mldsa_key, None)
    stranger = sign(log.text(4), "stranger.example", log.stranger).signatures
    assert served.post(log.submission(0, [], Note(log.text(4), (*stranger, line)))).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda body: body.removesuffix(b"\n"),
        lambda body: body.replace(b"old 2", b"old 02"),
        lambda body: body.replace(b"old 2", b"old -2"),
        lambda body: body.replace(b"old 2", b"old  2"),
        lambda body: body.replace(b"old 2", b"new 2"),
        lambda body: body.replace(b"old 2", b"old 2\r"),
        lambda body: body.replace(b"old 2", b"old 9" + b"9" * 40),
        lambda body: body.replace(b"old 2", b"old 13"),  # larger than the checkpoint
        lambda body: body.replace(b"old 2\n", b"old 2\nAAAA\n"),
        lambda body: body.replace(b"old 2\n", b"old 2\n" + (base64.b64encode(b"h" * 32) + b"\n") * 64),
        lambda body: body.replace(b"\n\n", b"\n", 1),
        lambda body: body.replace(b"\n12\n", b"\n12\nan extension\n"),
        lambda body: body.replace(b"\n12\n", b"\n012\n"),
        lambda body: body.replace(b"log.example", b"log\xff"),
        lambda body: body + body.splitlines(keepends=True)[-1] * 16,
    ],
)
def test_what_is_not_a_submission_is_refused(served: "Served", change: Callable[[bytes], bytes]) -> None:
    body = served.unseen.body(2, 12)
    assert change(body) != body
    assert served.post(change(body)).status_code == 400


def test_a_log_that_is_not_followed_is_not_found(served: "Served") -> None:
    assert served.post(served.unknown.body(0, 3)).status_code == 404


def test_what_no_trusted_key_signed_is_forbidden(served: "Served", log: "Log") -> None:
    text = log.text(3)
    (line,) = log.note(3).signatures
    wrong = Signature(line.name, line.key_id, line.value[:-1] + bytes([line.value[-1] ^ 1]))
    other = cosign(text, log.origin, log.mldsa_key, None)
    for lines in (
        sign(text, log.origin, log.stranger).signatures,
        (wrong,),
        (other, wrong),
        (line, line),
        log.note(4).signatures,
    ):
        answer = served.post(log.submission(0, [], Note(text, tuple(lines))))
        assert answer.status_code == 403, lines
    assert len(served.cosigned(log, 0, 3)) == 2  # and nothing of it was remembered


def test_another_old_size_is_answered_with_the_one_that_is_held(served: "Served", log: "Log") -> None:
    served.cosigned(log, 0, 6)
    for old, size in [(0, 6), (5, 9), (7, 9), (0, 3), (3, 3)]:
        answer = served.post(log.body(old, size))
        assert (answer.status_code, answer.text) == (409, "6\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"


def test_what_does_not_extend_the_log_is_refused(served: "Served", log: "Log") -> None:
    assert served.post(log.submission(0, [b"h" * 32], log.note(6))).status_code == 422
    served.cosigned(log, 0, 6)
    good = log.proof(6, 9)
    for hashes in ([], good[:-1], [*good, b"h" * 32], good[::-1], [b"h" * 32]):
        assert served.post(log.submission(6, hashes, log.note(9))).status_code == 422
    assert served.post(log.submission(6, [b"h" * 32], log.note(6))).status_code == 422
    assert served.post(log.fork(5, *[b"x"] * 9).body(6, 9)).status_code == 422
    assert len(served.cosigned(log, 6, 9)) == 2


def test_two_roots_of_one_size_are_kept_as_proof_against_the_log(served: "Served", log: "Log") -> None:
    served.cosigned(log, 0, 6)
    other = log.fork(5, *[b"x"] * 9)
    assert served.post(other.body(6, 6)).status_code == 422
    memory = Memory(served.folder / "witness.db")
    (kept,) = [notes for origin, *notes in memory.forks() if origin == log.origin]
    memory.close()
    assert [Note.parse(note).text for note in kept] == [other.text(6), log.text(6)]
    assert all(Note.parse(note).signed_by([Key.of(log.origin, log.key)]) for note in kept)


def test_a_body_that_is_too_large_is_not_read(served: "Served") -> None:
    assert served.post(b"x" * 100_000).status_code == 413


def test_a_monitor_reads_the_latest_checkpoint_with_every_signature(served: "Served", log: "Log") -> None:
    path = f"/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint"
    assert served.http.get(path).status_code == 404
    served.cosigned(log, 0, 2)
    served.cosigned(log, 2, 11)
    note = Note.parse(served.http.get(path).content)
    assert note.text == log.text(11)
    assert note.signed_by([Key.of(log.origin, log.key)])
    assert len(cosignatures(note, served.cosigners)) == 2
    assert served.http.get(f"/{'0' * 64}/checkpoint").status_code == 404


scraps = st.sampled_from([b"old 0\n", b"\n", b"\n\n", b"\xe2\x80\x94 ", b"0", b"9" * 16, b"\x00", b"\xff", b"+", b"="])
pieces = st.lists(st.binary(max_size=40) | scraps, max_size=12).map(b"".join)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_is_sent_is_refused_and_never_breaks_the_witness(served: "Served", data: st.DataObject) -> None:
    body = served.unseen.body(0, 12)
    begin = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(begin, len(body)))
    changed = body[:begin] + data.draw(pieces) + body[end:]
    if changed != body:
        assert served.post(changed).status_code in {400, 403, 404, 409, 422}


def test_a_witness_follows_new_keys_of_a_log_without_a_restart(operator: "Operator", log: "Log") -> None:
    file = operator.write()
    operator.scelle("key", "--config", file)
    new = sign(log.text(3), log.origin, log.stranger)
    with operator.serving(file) as (process, (http,)):
        body = log.submission(0, log.proof(0, 3), new)
        assert http.post("/add-checkpoint", content=body).status_code == 403
        vkey = Key.of(log.origin, log.key).vkey
        file.write_text(file.read_text().replace(vkey, f'{vkey}", "{Key.of(log.origin, log.stranger).vkey}'))
        os.kill(process.mark.pid, signal.SIGHUP)
        until(lambda: http.post("/add-checkpoint", content=body).status_code == 200, "the new key to be followed")
        whole = file.read_text()
        file.write_text("half a file [")
        os.kill(process.mark.pid, signal.SIGHUP)
        until(lambda: "is not followed" in process.log.read_text(), "the witness to say so")
        file.write_text(whole)
        grown = log.submission(3, log.proof(3, 5), sign(log.text(5), log.origin, log.stranger))
        assert http.post("/add-checkpoint", content=grown).status_code == 200
