"""Checks of the tree: every leaf is in it, and it only ever grew."""

from collections.abc import Sequence

from proof.bundle import Bundle
from proof.checkpoint import Checkpoint
from proof.note import Note, NoteInvalid
from proof.policy import Policy
from proof.report import Check, Family
from proof.signing import signers
from proof.tree import leaf_hash, verify_consistency, verify_inclusion


def merkle_checks(bundle: Bundle) -> list[Check]:
    """Check the places of the leaves and the growth between the bundle's own checkpoints."""
    return [_inclusion(bundle), _consistency(bundle)]


def known_check(bundle: Bundle, known: Sequence[bytes], policy: Policy | None) -> Check:
    """Compare the bundle with checkpoints that the verifier already holds; raises NoteInvalid for an unsigned one.

    A known checkpoint is comparable when the bundle has one of the same size; others say nothing here.
    """
    examined, findings = 0, []
    for data in known:
        checkpoint = known_checkpoint(data, policy)
        if checkpoint.size and checkpoint.size in bundle.checkpoints:
            examined += 1
            if read_checkpoint(bundle.checkpoints[checkpoint.size]) != checkpoint:
                findings.append(str(checkpoint.size))
    return Check("known-checkpoint", Family.MERKLE_INTEGRITY, examined, tuple(findings))


def known_checkpoint(data: bytes, policy: Policy | None) -> Checkpoint:
    """Read a checkpoint that the verifier holds; raises NoteInvalid when a key of the policy did not sign it."""
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    if policy is None or checkpoint.origin != policy.origin:
        raise NoteInvalid("a checkpoint that you hold is not of the policy's log")
    if not signers(note, [item.key for item in policy.log_keys]):
        raise NoteInvalid("a checkpoint that you hold is not signed by a key of the policy")
    return checkpoint


def read_checkpoint(note: bytes) -> Checkpoint:
    """Read what a note says, signed or not."""
    return Checkpoint.parse(Note.parse(note).text)


def _inclusion(bundle: Bundle) -> Check:
    final = read_checkpoint(bundle.final)
    findings = []
    for item in bundle.items:
        placed = verify_inclusion(leaf_hash(item.entry), item.index, final.size, item.hashes, final.root)
        if not placed or item.index in bundle.misproven:
            findings.append(str(item.index))
    return Check("inclusion", Family.MERKLE_INTEGRITY, len(bundle.items), tuple(findings))


def _consistency(bundle: Bundle) -> Check:
    """Every smaller checkpoint needs its proof towards the final one, and no other proof has a place."""
    final = read_checkpoint(bundle.final)
    expected = {(size, final.size) for size in bundle.checkpoints if 0 < size < final.size}
    findings = [f"{first}-{second}" for first, second in expected ^ bundle.consistency.keys()]
    for first, second in sorted(expected & bundle.consistency.keys()):
        old = read_checkpoint(bundle.checkpoints[first])
        hashes = bundle.consistency[first, second]
        if old.origin != final.origin or not verify_consistency(first, second, old.root, final.root, hashes):
            findings.append(f"{first}-{second}")
    return Check("consistency", Family.MERKLE_INTEGRITY, len(expected), tuple(sorted(findings)))
