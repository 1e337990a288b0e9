"""Reading a bundle: only what writing would have produced, in the present format or the former one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from proof import bundle1
from proof.archive import ArchiveMalformed, unpack
from proof.bundle import FORMAT, MANIFEST, MAX_ANCHORS, MAX_TOKENS, SCOPES, Bundle, BundleMalformed, Scope
from proof.canonical import parse
from proof.checkpoint import MAX_PROOF
from proof.contents import gather, index_of, misstatements, parse_lines
from proof.note import decode as decode_base64
from proof.ots import MAX_OTS
from proof.shapes import MAX_RESPONSE, is_uuid
from proof.tree import HASH_SIZE

_TOKEN = re.compile(r"tokens/(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]?)\.tsr")
_ANCHOR = re.compile(r"ots/(0|[1-9][0-9]{0,15})\.ots")


def decode(data: bytes) -> Bundle:
    """Read a bundle; raises BundleMalformed for files that were never written so.

    The manifest is only read: `misstated` tells of which files it says something else.
    """
    try:
        archive = unpack(data)
    except ArchiveMalformed as error:
        raise BundleMalformed(str(error), place="archive") from error
    try:
        manifest = parse(archive.files[MANIFEST])
        former = manifest["format"] == bundle1.FORMAT
        bundle = bundle1.read(archive.files, manifest) if former else _read(archive.files, manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleMalformed(str(error), archive.altered) from error
    return replace(bundle, altered=archive.altered)


def _read(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Bundle:
    if manifest["format"] != FORMAT:
        raise BundleMalformed("the format of the bundle is not known to this version")
    bundle = gather(files, _scope(manifest["scope"]), _places(files["proofs.jsonl"]))
    bundle = replace(bundle, tokens=_tokens(files, bundle.checkpoints), anchors=_anchors(files, bundle.checkpoints))
    again = bundle.files()
    if again | {MANIFEST: files[MANIFEST]} != files:
        raise BundleMalformed("the files do not say one and the same thing")
    return replace(bundle, misstated=misstatements(files[MANIFEST], bundle.manifest(again)))


def _scope(value: Mapping[str, Any]) -> Scope:
    scope = Scope(value["kind"], value["id"])
    if scope.kind not in SCOPES or not is_uuid(scope.id):
        raise BundleMalformed("a bundle is about a dossier, an office or an aggregate")
    return scope


def _places(data: bytes) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    seen: dict[str, bytes] = {}  # most hashes are in many paths
    for line in parse_lines(data):
        texts = line["hashes"]
        if not isinstance(texts, list) or len(texts) > MAX_PROOF:
            raise BundleMalformed(f"a proof has at most {MAX_PROOF} hashes")
        for text in texts:
            if text not in seen:
                seen[text] = _hash(text)
        yield index_of(line), tuple([seen[text] for text in texts])


def _hash(text: str) -> bytes:
    raw = decode_base64(text)
    if len(raw) != HASH_SIZE:
        raise BundleMalformed(f"a hash has {HASH_SIZE} bytes")
    return raw


def _tokens(files: Mapping[str, bytes], checkpoints: Mapping[int, bytes]) -> dict[tuple[int, int], bytes]:
    named = ((_TOKEN.fullmatch(name), content) for name, content in files.items())
    tokens = {(int(match[1]), int(match[2])): content for match, content in named if match}
    if len(tokens) > MAX_TOKENS or any(len(token) > MAX_RESPONSE for token in tokens.values()):
        raise BundleMalformed(f"a bundle has at most {MAX_TOKENS} timestamps of {MAX_RESPONSE} bytes")
    for size, number in tokens:
        if size not in checkpoints or (number and (size, number - 1) not in tokens):
            raise BundleMalformed("a timestamp is of no checkpoint of the bundle, or one before it is missing")
    return tokens


def _anchors(files: Mapping[str, bytes], checkpoints: Mapping[int, bytes]) -> dict[int, bytes]:
    named = ((_ANCHOR.fullmatch(name), content) for name, content in files.items())
    anchors = {int(match[1]): content for match, content in named if match}
    if len(anchors) > MAX_ANCHORS or any(len(proof) > MAX_OTS for proof in anchors.values()):
        raise BundleMalformed(f"a bundle has at most {MAX_ANCHORS} anchors of {MAX_OTS} bytes")
    if not anchors.keys() <= checkpoints.keys():
        raise BundleMalformed("an anchor is of no checkpoint of the bundle")
    return anchors
