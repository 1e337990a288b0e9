"""Reading the former format, scelle-bundle/1: of a dossier, each proof in a file of its own with its checkpoint."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from proof.bundle import MANIFEST, Bundle, BundleMalformed, Scope, common_files, common_manifest, lines
from proof.canonical import canonical
from proof.checkpoint import InclusionProof
from proof.contents import gather, index_of, misstatements, parse_lines

FORMAT = "scelle-bundle/1"


def read(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Bundle:
    """Read the files of a bundle; raises ValueError, KeyError or TypeError for what was never written so."""
    if not isinstance(manifest["dossier"], str):
        raise BundleMalformed("an identifier is a text")
    indexes = [index_of(line) for line in parse_lines(files["index.jsonl"])]
    proofs = [(index, InclusionProof.parse(files[_path(index)])) for index in indexes]
    places = ((index, proof.hashes) for index, proof in proofs)
    bundle = gather(files, Scope("dossier", manifest["dossier"]), places)
    again = common_files(bundle) | {"index.jsonl": lines({"index": index} for index in indexes)}
    again |= {_path(index): proof.encode() for index, proof in proofs}
    if again | {MANIFEST: files[MANIFEST]} != files:
        raise BundleMalformed("the files do not say one and the same thing")
    true = common_manifest(bundle, again) | {"format": FORMAT, "dossier": bundle.scope.id}
    return replace(
        bundle,
        former=True,
        misstated=misstatements(files[MANIFEST], canonical(true)),
        misproven=frozenset(i for i, proof in proofs if (proof.index, proof.note) != (i, bundle.final)),
    )


def _path(index: int) -> str:
    return f"proofs/{index}.tlog-proof"
