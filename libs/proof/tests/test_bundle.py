import io
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from proof.archive import ArchiveMalformed, pack, unpack
from proof.bundle import BundleMalformed, Scope
from proof.reading import decode
from proof.report import Verdict
from proof.verify import verify

if TYPE_CHECKING:
    from conftest import Log


def test_a_bundle_is_an_ordinary_zip_that_any_tool_reads(log: "Log") -> None:
    data = log.bundle(3).encode()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert "README.fr.txt" in names
        assert "consistency/3-5.txt" in names
        assert archive.read("checkpoints/5.note") == log.note(5)


def test_a_bundle_reads_back_as_written_and_is_always_written_alike(log: "Log") -> None:
    bundle = log.bundle(2, 3)
    data = bundle.encode()
    assert decode(data) == bundle
    assert decode(data).encode() == data


def test_a_bundle_with_everything_reads_back_as_written(full: "Log") -> None:
    for bundle in (full.bundle(5), full.bundle(scope=Scope("office", full.bundle().scope.id))):
        data = bundle.encode()
        assert decode(data) == bundle
        assert decode(data).encode() == data
    with zipfile.ZipFile(io.BytesIO(full.bundle(5).encode())) as archive:
        assert {"tokens/5-0.tsr", "tokens/6-0.tsr", "tokens/6-1.tsr"} < set(archive.namelist())


def test_a_checkpoint_under_another_size_is_malformed(log: "Log") -> None:
    files = dict(unpack(log.bundle(3).encode()).files)
    files["checkpoints/4.note"] = files.pop("checkpoints/3.note")
    with pytest.raises(BundleMalformed):
        decode(pack(files))


@pytest.mark.covers("C-05")
def test_no_byte_of_a_bundle_can_change_unnoticed(log: "Log") -> None:
    data = replace(log.bundle(3), readme=b"For people.").encode()
    trust = log.trust()
    assert verify(data, trust).verdict is Verdict.INTACT
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        report = verify(bytes(changed), trust)
        assert report.verdict in {Verdict.MALFORMED, Verdict.TAMPERED}, place
        assert "container" in {check.name for check in report.checks if check.findings}, place


@pytest.mark.parametrize("name", ["entries.bin", "states.bin", "README.fr.txt", "observations.jsonl"])
def test_a_changed_byte_names_the_file_it_is_in(log: "Log", name: str) -> None:
    data = log.bundle(3).encode()
    content = unpack(data).files[name]
    changed = bytearray(data)
    changed[data.index(name.encode() + content) + len(name) + len(content) // 2] ^= 1
    report = verify(bytes(changed), log.trust())
    assert report.verdict is Verdict.TAMPERED
    assert report.checks[0].findings == (name,)


def test_a_bundle_cut_anywhere_is_malformed(log: "Log") -> None:
    data = log.bundle().encode()
    for length in range(0, len(data), 97):
        assert verify(data[:length], log.trust()).verdict is Verdict.MALFORMED
    assert verify(data + b"\0", log.trust()).verdict is Verdict.MALFORMED


def test_a_compressed_archive_is_refused_before_it_expands() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("entries.bin", bytes(50_000_000))
    with pytest.raises(ArchiveMalformed):
        unpack(bomb.getvalue())


@pytest.mark.bad_input("B54")
def test_a_header_that_announces_more_than_there_is_is_refused() -> None:
    data = bytearray(pack({"a": b"content"}))
    struct.pack_into("<II", data, 18, 2**32 - 1, 2**32 - 1)
    with pytest.raises(ArchiveMalformed):
        unpack(bytes(data))


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "a/../b", "a\\b", "", "a/b/c", "é", ".hidden", "a/"])
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ArchiveMalformed):
        pack({name: b""})


def test_a_file_without_a_place_in_a_bundle_is_refused(log: "Log") -> None:
    files = dict(unpack(log.bundle().encode()).files)
    for changed in (files | {"policy.json": b"{}"}, {n: c for n, c in files.items() if n != "states.bin"}):
        with pytest.raises(BundleMalformed):
            decode(pack(changed))


@pytest.mark.covers("C-05")
def test_a_file_changed_without_its_manifest_is_named(log: "Log") -> None:
    files = dict(unpack(log.bundle().encode()).files)
    entries = files["entries.bin"].replace(b"document-refused", b"document-redused")
    for name, content in (("README.fr.txt", b"Tout va bien."), ("entries.bin", entries)):
        report = verify(pack(files | {name: content}), log.trust())
        failed = {check.name: check.findings for check in report.checks if check.findings}
        assert report.verdict is Verdict.TAMPERED
        assert failed["manifest"] == (name,)
        assert ("inclusion" in failed) == (name == "entries.bin")


def test_a_manifest_that_says_something_else_is_named(log: "Log") -> None:
    files = dict(unpack(log.bundle().encode()).files)
    for changed in (
        files["manifest.json"].replace(b'"entries":5', b'"entries":6'),
        files["manifest.json"].replace(b'"files":[', b'"files":[1,'),
    ):
        report = verify(pack(files | {"manifest.json": changed}), log.trust())
        assert {check.name for check in report.checks if check.findings} == {"manifest"}


def test_a_bundle_that_shows_nothing_is_malformed(log: "Log") -> None:
    empty = replace(log.bundle(), items=(), observations=())
    assert verify(empty.encode(), log.trust()).verdict is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"[]"),
        ("manifest.json", b'{"format":"scelle-bundle/3"}'),
        ("manifest.json", b'{"dossier":1,"format":"scelle-bundle/1"}'),
        ("proofs.jsonl", b'{"hashes":[],"index":"0"}\n' * 5),
        ("proofs.jsonl", b'{"hashes":[],"index":-1}\n' * 5),
        ("entries.bin", b"\xff\xff"),
        ("states.bin", b"\0"),
        ("openings.jsonl", b'{"index":0,"payload":{},"salt":"AAAA"}\n'),
        ("openings.jsonl", b'{"index":9,"payload":{},"salt":"' + b"A" * 43 + b'="}\n'),
        ("observations.jsonl", b'{"ct_h":1,"ver":2}\n'),
        ("checkpoints/9.note", b"not a note"),
        ("proofs.jsonl", b'{"hashes":[],"index":9007199254740992}\n' * 5),
        ("proofs.jsonl", b'{"hashes":[],"index":0 }\n' * 5),
        ("proofs.jsonl", b'{"hashes":[],"index":0,"more":1}\n' * 5),
        ("proofs.jsonl", b'{"hashes":{},"index":0}\n' * 5),
        ("proofs.jsonl", b'{"hashes":["AAAA"],"index":0}\n' * 5),
        ("proofs.jsonl", b'{"hashes":[0],"index":0}\n' * 5),
        ("proofs.jsonl", b'{"hashes":[' + b",".join([b'"' + b"A" * 43 + b'="'] * 65) + b'],"index":0}\n' * 5),
        ("consistency/1-5.txt", b"\xff\n"),
    ],
)
def test_a_file_that_does_not_read_makes_the_bundle_malformed(log: "Log", name: str, content: bytes) -> None:
    with pytest.raises(BundleMalformed):
        decode(pack(dict(unpack(log.bundle().encode()).files) | {name: content}))
