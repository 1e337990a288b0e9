"""The log itself is cut, rewritten or shown twice, with all of its keys: cases 5, 6 and 7 of test_tampering.py."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from launcher.journey.story import JOURNAL, PURPOSE
from launcher.journey.world import until
from proof.bundle import Item
from proof.checkpoint import Checkpoint, format_hashes
from proof.note import Note
from proof.reading import decode
from testkit.forging import History, StolenKeys
from testkit.insider import WHOLE, Insider
from testkit.verifiers import SINGLE_FILE


def victim_of(bundle: bytes) -> Item:
    """Return the leaf whose meaning the forger turns round."""
    return next(item for item in decode(bundle).items if b'"type":"dossier.document-refused"' in item.entry)


def other(victim: Item) -> bytes:
    return victim.entry.replace(b"document-refused", b"document-validated")


def rewritten(insider: Insider, bundle: bytes, size: int | None = None) -> History:
    """Return the history that the operator would like to have had."""
    leaves, victim = insider.leaves(), victim_of(bundle)
    leaves[victim.index] = other(victim)
    return History(leaves[:size])


def submitted(address: str, old: int, growth: Sequence[bytes], note: bytes) -> tuple[int, str]:
    """Ask a witness to cosign; return what it answers."""
    body = f"old {old}\n{format_hashes(growth)}\n".encode() + note
    answer = httpx.post(f"{address}/add-checkpoint", content=body, trust_env=False)
    return answer.status_code, answer.text


def sealed(insider: Insider) -> int:
    return int(insider.status()["sealed"])


def cosigned_by_all(insider: Insider) -> int:
    """Wait until every witness has cosigned the last state; return its size."""

    def size() -> int | None:
        status = insider.status()
        seen = {one["size"] for one in status["witnesses"]}
        return int(status["sealed"]) if seen == {status["sealed"]} == {status["size"]} else None

    return until(size, "all witnesses to see the last state")


def test_case_6_witnesses_refuse_a_rewritten_history(insider: Insider, bundle: bytes, keys: StolenKeys) -> None:
    """The signatures are real, and so is the proof that the new history extends its own beginning."""
    seen = cosigned_by_all(insider)
    history = rewritten(insider, bundle)
    longer = History([*history.leaves, history.leaves[-1]])
    for address in insider.platform.summary["witnesses"].values():
        status, _ = submitted(address, seen, longer.growth(seen), keys.sign(longer.size, longer.root()))
        assert status == 422
        status, said = submitted(address, seen, (), keys.sign(seen, history.root(seen)))
        assert status in {409, 422}, said


def test_case_5_witnesses_have_seen_more(insider: Insider, keys: StolenKeys) -> None:
    seen, history = cosigned_by_all(insider), History(insider.leaves())
    cut = History(history.leaves[: seen - 5])
    for address in insider.platform.summary["witnesses"].values():
        assert submitted(address, seen - 10, cut.growth(seen - 10), keys.sign(cut.size, cut.root())) == (
            409,
            f"{seen}\n",
        )


@contextmanager
def log_replaced(insider: Insider, bundle: bytes, keys: StolenKeys) -> Iterator[None]:
    """Rewrite a leaf, the tree and every signature in the journal's database, then put them back.

    What the journal adds meanwhile stays, in the tree that it would have come to.
    """
    victim = victim_of(bundle)
    with _locked(insider) as connection:
        rows = connection.execute(b"SELECT size, note FROM journal.checkpoint WHERE note IS NOT NULL").fetchall()
        notes = {size: bytes(note) for size, note in rows}
        history = rewritten(insider, bundle)
        _write(connection, history, victim.index)
        signed = ((size, history.root(size)) for size in notes if size > victim.index)
        _sign(connection, ((size, root, keys.sign(size, root)) for size, root in signed))
    try:
        yield
    finally:
        with _locked(insider) as connection:
            leaves = insider.leaves()
            leaves[victim.index] = victim.entry
            _write(connection, History(leaves), victim.index)
            _sign(
                connection, ((size, Checkpoint.parse(Note.parse(note).text).root, note) for size, note in notes.items())
            )


@contextmanager
def _locked(insider: Insider) -> Iterator[psycopg.Connection[Any]]:
    with insider.as_superuser("journal") as connection, connection.transaction():
        connection.execute(b"LOCK TABLE journal.entry, journal.node, journal.checkpoint IN EXCLUSIVE MODE")
        yield connection


def _write(connection: psycopg.Connection[Any], history: History, index: int) -> None:
    values = [history.leaves[index], index]
    connection.execute(b"UPDATE journal.entry SET entry = %s WHERE idx = %s", values)
    for level in range(history.size.bit_length()):
        if ((index >> level) + 1) << level <= history.size:
            values = [history.node(level, index >> level), level, index >> level]
            connection.execute(b"UPDATE journal.node SET hash = %s WHERE level = %s AND idx = %s", values)


def _sign(connection: psycopg.Connection[Any], notes: Iterable[tuple[int, bytes, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            b"UPDATE journal.checkpoint SET root = %s, note = %s WHERE size = %s",
            ((root, note, size) for size, root, note in notes),
        )


def test_case_6_the_log_does_not_sign_a_history_that_differs_from_the_published(
    insider: Insider, bundle: bytes, keys: StolenKeys
) -> None:
    before, number = len(insider.alarms()), insider.numbers("dossier.document-refused")[0]
    with log_replaced(insider, bundle, keys):
        last = sealed(insider)
        insider.read(f"/dossiers/{insider.journey.dossier}/events")  # leaves a leaf, which is to be signed
        until(lambda: "log-forked" in {cause for _, _, cause in insider.alarms()[before:]}, "the alarm")
        assert sealed(insider) == last
        assert insider.audited() == {("dossier", number, "entry-differs")}  # the rest of the log agrees with itself
    assert insider.platform.run("journal", "recover").returncode == 0  # forgets the root that was never signed
    assert insider.audited() == set()
    insider.intact()


def test_case_7_two_auditors_are_shown_different_logs(
    insider: Insider, bundle: bytes, keys: StolenKeys, tmp_path: Path
) -> None:
    """No quorum is behind the second log; and when both compare, the proof of the fork convinces anybody."""
    size, victim = max(decode(bundle).checkpoints), victim_of(bundle)
    history = rewritten(insider, bundle, size)
    note = keys.sign(size, history.root())
    forged = history.bundle(bundle, note, {victim.index: other(victim)})
    assert insider.opinion(forged, level=3).verdict != "intact"
    (tmp_path / "a.lcp").write_bytes(bundle)
    (tmp_path / "b.lcp").write_bytes(forged)
    for verifier in ([sys.executable, "-m", "launcher", "verify"], [sys.executable, str(SINGLE_FILE)]):
        memory, evidence = tmp_path / "memory.json", tmp_path / "fork-evidence.json"
        more = ["--policy", str(insider.platform.policy), "--remember", str(memory), "--json"]
        first, second = (
            subprocess.run([*verifier, str(tmp_path / name), *more], capture_output=True, check=False)  # noqa: S603
            for name in ("a.lcp", "b.lcp")
        )
        failed = {one["name"] for one in json.loads(second.stdout)["checks"] if one["state"] == "failed"}
        assert (first.returncode, second.returncode, "known-checkpoint" in failed) == (0, 1, True)
        told = json.loads(evidence.read_bytes())
        assert (told["format"], told["second"]) == ("scelle-fork-evidence/1", note.decode())
        assert told["first"] == decode(bundle).final.decode()
        memory.unlink()
        evidence.unlink()


@pytest.mark.fault("F38")
def test_case_5_the_log_is_restored_from_a_copy_and_recovers(insider: Insider) -> None:
    """What the world has seen is not signed a second time: the log waits until it was brought back."""
    insider.platform.copy_database("journal", "earlier")
    dossier = insider.another_dossier("case-5")
    shown = insider.intact(dossier)
    size = cosigned_by_all(insider)
    until(lambda: _is_published(insider, size), "the copy of the last state")
    before = insider.leaves()
    insider.platform.restore_database("journal", "earlier")
    set_back = len(insider.leaves())
    assert set_back < size
    until(lambda: _is_behind(insider), "the journal to see that it was set back")
    assert len(insider.leaves()) == set_back
    done = insider.platform.run("journal", "recover")
    assert done.returncode == 0, done.stderr
    assert insider.leaves()[:size] == before[:size]
    held = max(decode(shown).checkpoints)
    again = insider.opinion(insider.export(dossier, f"&known={held}"), known=[decode(shown).final], level=WHOLE)
    assert (again.verdict, again.state("known-checkpoint")) == ("intact", "passed"), again.failed
    insider.touch(dossier)
    insider.intact(dossier)
    assert (insider.audited(), insider.monitored()) == (set(), [])


def _is_published(insider: Insider, size: int) -> bool:
    found = insider.platform.s3().client().list_objects(bucket_name="scelle-journal-worm", prefix="checkpoints/")
    return any(f"{size:020}" in str(one.object_name) for one in found)


def _is_behind(insider: Insider) -> bool:
    """Tell whether an export is refused for this reason, whatever else may be wrong for a moment."""
    address = f"{insider.world.gateway}{JOURNAL}/dossiers/{insider.journey.dossier}/bundle?{PURPOSE}"
    headers = {"Authorization": f"Bearer {insider.journey.auditor.token}"}
    answer = insider.world.http.get(address, headers=headers)
    assert answer.status_code in {502, 503}, answer.status_code
    return bool(answer.json().get("code") == "log-behind")
