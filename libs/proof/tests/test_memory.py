import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from proof.canonical import canonical, parse
from proof.checkpoint import Checkpoint
from proof.cli import verify
from proof.memory import Memory, MemoryInvalid, evidence
from proof.note import Note, sign
from proof.signing import signers

if TYPE_CHECKING:
    from conftest import Log


@pytest.fixture
def folder(log: "Log", tmp_path: Path) -> Path:
    (tmp_path / "dossier.lcp").write_bytes(log.bundle(2).encode())
    (tmp_path / "policy.json").write_bytes(log.policy().encode())
    return tmp_path


def run(folder: Path, *more: str) -> int:
    return verify([str(folder / "dossier.lcp"), "--policy", str(folder / "policy.json"), *more])


def test_an_intact_bundle_is_remembered_and_counts_the_next_time(folder: Path, log: "Log") -> None:
    memory = folder / "memory.json"
    remember = ["--remember", str(memory)]
    assert run(folder, *remember, "--level", "2") == 3
    assert not memory.exists()
    assert run(folder, *remember) == 0
    assert Memory.parse(memory.read_bytes()).notes == (log.note(5),)
    assert run(folder, *remember, "--level", "2") == 0
    assert len(Memory.parse(memory.read_bytes()).notes) == 1
    log.add("dossier", log.bundle().scope.id, "edited", {})
    (folder / "dossier.lcp").write_bytes(log.bundle(5).encode())
    assert run(folder, *remember, "--level", "2") == 0
    assert Memory.parse(memory.read_bytes()).notes == (log.note(5), log.note(6))


@pytest.mark.covers("C-05")
def test_two_histories_of_one_log_are_kept_as_evidence_against_it(
    folder: Path, log: "Log", capsys: pytest.CaptureFixture[str]
) -> None:
    memory = folder / "memory.json"
    assert run(folder, "--remember", str(memory)) == 0
    other = log.forked()
    (folder / "dossier.lcp").write_bytes(other.bundle().encode())
    capsys.readouterr()
    assert run(folder, "--remember", str(memory), "--json") == 1
    said = capsys.readouterr()
    failed = [check["name"] for check in json.loads(said.out)["checks"] if check["state"] == "failed"]
    assert failed == ["known-checkpoint"]
    assert "fork-evidence.json" in said.err
    found = parse((folder / "fork-evidence.json").read_bytes())
    assert found.keys() == {"format", "first", "origin", "second"}
    assert (found["format"], found["origin"]) == ("scelle-fork-evidence/1", "journal.example/test")
    first, second = (Note.parse(found[name].encode()) for name in ("first", "second"))
    keys = [item.key for item in log.policy().log_keys]
    assert signers(first, keys) == signers(second, keys) == keys
    one, two = Checkpoint.parse(first.text), Checkpoint.parse(second.text)
    assert (one.origin, one.size) == (two.origin, two.size)
    assert one.root != two.root
    assert Memory.parse(memory.read_bytes()).notes == (log.note(5),)


def test_the_evidence_goes_where_it_is_asked_for(folder: Path, log: "Log") -> None:
    (folder / "known.note").write_bytes(log.forked().note(5))
    known = ["--known", str(folder / "known.note")]
    assert run(folder, *known) == 1
    assert not list(folder.glob("*evidence*"))
    assert run(folder, *known, "--evidence", str(folder / "fork.json")) == 1
    assert parse((folder / "fork.json").read_bytes())["second"] == log.note(5).decode()


def test_an_attackers_note_is_no_evidence(log: "Log") -> None:
    policy, bundle = log.policy(), log.bundle()
    unsigned = Note(Checkpoint("journal.example/test", 5, b"r" * 32).text(), Note.parse(log.note(5)).signatures)
    changed = replace(bundle, checkpoints={5: unsigned.encode()})
    assert evidence(changed.encode(), [log.note(5)], policy) is None
    assert evidence(bundle.encode(), [log.note(5)], policy) is None
    assert evidence(b"", [log.note(5)], policy) is None


def test_a_memory_reads_back_and_keeps_each_log_and_size_once(log: "Log") -> None:
    other = sign(Checkpoint("other.example", 2, b"r" * 32).text(), "other.example", log.key).encode()
    memory = Memory().adding(log.note(2)).adding(other).adding(log.forked().note(2)).adding(log.note(5))
    assert memory.notes == (log.note(2), other, log.note(5))
    assert Memory.parse(memory.encode()) == memory
    assert memory.of("other.example") == [other]


def test_a_file_that_is_no_memory_is_never_a_success(folder: Path, log: "Log") -> None:
    note = log.note(2).decode()
    for value in (
        [],
        {"format": "scelle-memory/2", "notes": []},
        {"format": "scelle-memory/1"},
        {"format": "scelle-memory/1", "notes": [1]},
        {"format": "scelle-memory/1", "notes": ["hello"]},
        {"format": "scelle-memory/1", "notes": None},
        {"format": "scelle-memory/1", "notes": [note, note]},
    ):
        with pytest.raises(MemoryInvalid):
            Memory.parse(canonical(value))
        (folder / "memory.json").write_bytes(canonical(value))
        assert run(folder, "--remember", str(folder / "memory.json")) == 2
    assert run(folder, "--remember", str(folder / "absent" / "memory.json")) == 2
