"""The verifier that is one file: what it needs, what it remembers, and that nothing makes it crash."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from damage import bytes_changed
from hypothesis import given, settings
from hypothesis import strategies as st
from proof.archive import pack, unpack
from proof.checkpoint import Checkpoint
from proof.memory import Memory
from proof.memory import evidence as library_evidence
from proof.policy import Policy
from worlds import Keys

VECTORS = Path(__file__).parents[2] / "docs/spec/vectors"
LONGEST = 1500  # lines
AT = ("--at", "2026-03-01T12:00:00Z")


def run(single_file: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, single_file, *map(str, words)]
    return subprocess.run(command, cwd=VECTORS, capture_output=True, text=True, check=False)  # noqa: S603 - written here


def test_it_is_one_short_file_that_imports_the_standard_library_and_cryptography(single_file: Path) -> None:
    text = single_file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    nodes = list(ast.walk(ast.parse(text)))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} - sys.stdlib_module_names == {"cryptography"}


def test_what_it_loads_is_the_standard_library_and_cryptography_and_nothing_of_networks(single_file: Path) -> None:
    arguments = [str(single_file), "dossier.lcp", "--policy", "policy.json", *AT, "--level", "4", "--json"]
    watch = f"import atexit, sys, runpy; sys.argv = {arguments!r}; print_ = sys.stderr.write\n"
    watch += "atexit.register(lambda: print_(' '.join({n.partition('.')[0] for n in sys.modules})))\n"
    watch += f"runpy.run_path({str(single_file)!r}, run_name='__main__')"
    done = subprocess.run(  # noqa: S603 - written above
        [sys.executable, "-I", "-c", watch], cwd=VECTORS, capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["level"]) == (0, 4)
    loaded = set(done.stderr.split())
    outside = {name for name in loaded - sys.stdlib_module_names if not name.startswith("_")}
    assert outside - {"cryptography", "sitecustomize", "usercustomize"} == set()
    assert not loaded & {"ssl", "http", "asyncio", "proof"}


def test_it_says_how_it_is_used_and_speaks_both_languages(single_file: Path) -> None:
    assert "--remember" in run(single_file, "--help").stdout
    french = run(single_file, "dossier.lcp", "--policy", "policy.json", *AT)
    english = run(single_file, "dossier.lcp", "--policy", "policy.json", *AT, "--lang", "en")
    assert "Niveau d'assurance 4" in french.stdout
    assert "Assurance level 4" in english.stdout
    assert run(single_file, "dossier.lcp", "--lang", "en").stdout.startswith("VERDICT: BELOW LEVEL")


@pytest.mark.parametrize(
    "words",
    [
        ["absent.lcp"],
        ["dossier.lcp", "--policy", "dossier.lcp"],
        ["dossier.lcp", "--policy", "policy.json", "--known", "policy.json"],
        ["dossier.lcp", "--known", "known.note"],
        ["dossier.lcp", "--at", "yesterday"],
        ["dossier.lcp", "--policy", "policy.json", "--remember", "policy.json"],
        ["policy.json"],
    ],
)
def test_what_cannot_be_read_is_malformed(single_file: Path, words: list[str]) -> None:
    done = run(single_file, *words, "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["problem"]


def test_it_remembers_what_was_intact_and_then_needs_no_known_checkpoint(single_file: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    words = ("--policy", "policy.json", *AT, "--remember", memory, "--json")
    first, again = (json.loads(run(single_file, "dossier.lcp", *words).stdout) for _ in range(2))
    known = [next(check for check in one["checks"] if check["name"] == "known-checkpoint") for one in (first, again)]
    assert [check["examined"] for check in known] == [0, 1]
    assert len(Memory.parse(memory.read_bytes()).notes) == 1
    assert list(tmp_path.iterdir()) == [memory]


def test_two_histories_are_kept_as_evidence_that_the_library_would_write(
    single_file: Path, scelle_verify: ModuleType, tmp_path: Path
) -> None:
    keys = Keys(Random(6))  # noqa: S311 - the keys of the vectors' log
    forked = tmp_path / "forked.note"
    policy = (VECTORS / "policy.json").read_bytes()
    keys.mldsa = scelle_mldsa()
    forked.write_bytes(keys.note(Checkpoint("journal.example/cases", 7, b"f" * 32).size, b"f" * 32))
    done = run(
        single_file, "dossier.lcp", "--policy", "policy.json", "--known", forked, "--evidence", tmp_path / "e.json"
    )
    assert done.returncode == 1
    written = (tmp_path / "e.json").read_bytes()
    bundle = (VECTORS / "dossier.lcp").read_bytes()
    assert written == library_evidence(bundle, [forked.read_bytes()], Policy.parse(policy))
    assert scelle_verify.parse(written)["format"] == "scelle-fork-evidence/1"


def scelle_mldsa() -> Any:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415 - used here only

    return MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
keys_ = st.sampled_from(["index", "payload", "salt", "ver", "format", "scope", "id", "kind", "files", "hashes", "data"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys_, inner), max_leaves=8)
lines = st.lists(values.map(lambda value: json.dumps(value).encode()), max_size=4).map(b"\n".join)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_nothing_that_is_given_makes_it_crash(scelle_verify: ModuleType, data: st.DataObject) -> None:
    files = dict(unpack((VECTORS / "dossier.lcp").read_bytes()).files)
    name = data.draw(st.sampled_from(sorted(files)))
    content = data.draw(st.binary(max_size=80) | lines)
    for read in (scelle_verify.read_policy, scelle_verify.read_memory, scelle_verify.read_note, scelle_verify.parse):
        with pytest.raises(ValueError):  # noqa: PT011 - a refusal, whatever it says
            read(content + b"!")
    policy = scelle_verify.read_policy((VECTORS / "policy.json").read_bytes())
    trust = scelle_verify.Trust(0, policy)
    bundle = pack(files | {name: content})
    chance = Random(data.draw(st.integers(0, 2**32)))  # noqa: S311 - a test's chance
    for given_ in (bundle, bytes_changed(chance, bundle), content):
        report = scelle_verify.verify(given_, trust)
        assert report.verdict in {"tampered", "malformed"} or files[name] == content
        assert json.loads(report.to_json())["verdict"] == report.verdict
        assert scelle_verify.to_text(report, "fr")
