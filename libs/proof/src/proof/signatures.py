"""Checks of who signed the checkpoints: the log itself, with each kind of key, and the witnesses of the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from proof.bundle import Bundle
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosignature, Cosigner, cosignatures, gone_back
from proof.note import Key, Note, NoteInvalid
from proof.policy import Policy
from proof.report import Check, Family
from proof.signing import signers


def log_check(bundle: Bundle, policy: Policy | None, at: datetime) -> Check:
    """Check every checkpoint under the keys of the log; one outside its window counts for nothing, good or bad."""
    if policy is None:
        return Check("checkpoint-signature", Family.SIGNATURE, 0)
    good, findings = 0, []
    for size, data in sorted(bundle.checkpoints.items()):
        try:
            good += _signed(Note.parse(data), policy, at)
        except NoteInvalid:
            findings.append(str(size))
    examined = good if findings or good == len(bundle.checkpoints) else 0
    return Check("checkpoint-signature", Family.SIGNATURE, examined, tuple(findings))


def _signed(note: Note, policy: Policy, at: datetime) -> bool:
    """Tell whether each kind of key trusted at `at` signed; raises NoteInvalid where a key of a kind never did."""
    if Checkpoint.parse(note.text).origin != policy.origin:
        raise NoteInvalid("the origin is not the policy's")
    found = signers(note, [item.key for item in policy.log_keys])
    trusted = policy.keys_at(at)
    kinds = {_kind(key) for key in trusted}
    if not found or kinds - {_kind(key) for key in found}:
        raise NoteInvalid("the signature of a key of the policy is missing")
    return bool(kinds) and kinds == {_kind(key) for key in found if key in trusted}


def _kind(key: Key | Cosigner) -> int:
    return key.type if isinstance(key, Cosigner) else 1


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the witnesses say: the checks, and when the largest checkpoint had enough of them, if ever."""

    checks: tuple[Check, Check, Check]
    at: datetime | None


def witness_checks(bundle: Bundle, policy: Policy | None) -> Witnessed:
    """Check the cosignatures of every checkpoint, whether the largest has enough, and the clocks of the witnesses."""
    quorum = policy.quorum if policy else None
    witnesses = policy.witnesses() if policy else []
    present: dict[int, Sequence[Cosignature]] = {}
    examined, findings = 0, []
    for size, data in sorted(bundle.checkpoints.items()):
        good, wrong = _cosigned(Note.parse(data), witnesses)
        examined += len(good) + len(wrong)
        findings += [f"{size}: {name}" for name in wrong]
        present[size] = good
    at = quorum.reached(present[max(present)]) if quorum else None
    checks = (
        Check("cosignature", Family.SIGNATURE, examined, tuple(findings)),
        Check("witness-quorum", Family.SIGNATURE, int(at is not None)),
        _clock(present),
    )
    return Witnessed(checks, at)


def _cosigned(note: Note, witnesses: Sequence[Cosigner]) -> tuple[list[Cosignature], list[str]]:
    """Return the cosignatures that hold, and the names of the lines that do not: wrong, doubled or without a time."""
    good: dict[Cosigner, Cosignature] = {}
    wrong = []
    for line in note.signatures:
        try:
            (found,) = cosignatures(Note(note.text, (line,)), witnesses) or (None,)
        except NoteInvalid:
            wrong.append(line.name)
            continue
        if found and found.cosigner in good:
            wrong.append(line.name)
        elif found:
            good[found.cosigner] = found
    return list(good.values()), wrong


def _clock(present: Mapping[int, Sequence[Cosignature]]) -> Check:
    carrying = [found for found in present.values() if found]
    examined = sum(map(len, carrying)) if len(carrying) > 1 else 0
    findings = tuple(f"{size}: {name}" for size, name in gone_back(present.items()))
    return Check("witness-clock", Family.SIGNATURE, examined, findings)
