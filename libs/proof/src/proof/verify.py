"""The verification of a bundle: named checks, a verdict and the level of assurance that was reached.

Trust comes only from the policy, which the caller got from outside the bundle. Nothing here reads a file or a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from proof.bundle import Bundle, BundleMalformed
from proof.canonical import NotCanonical
from proof.chain import chain_checks
from proof.checkpoint import Checkpoint
from proof.entry import Entry, EntryInvalid, encoded
from proof.local import local_checks
from proof.merkle import known_check, merkle_checks
from proof.note import Note, NoteInvalid
from proof.policy import Policy
from proof.report import Check, Family, Report, State, Verdict

LOCAL, SIGNED, REMEMBERED = 0, 1, 2  # the levels that this version can reach


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings: a policy, signed notes it remembers, files it holds (name to SHA-256), the time."""

    at: datetime
    policy: Policy | None = None
    known: Sequence[bytes] = ()
    documents: Mapping[str, str] = field(default_factory=dict)


def verify(data: bytes, trust: Trust, *, level: int = SIGNED) -> Report:
    """Verify the bytes of a bundle; `level` is the least assurance that the caller accepts."""
    try:
        bundle = Bundle.decode(data)
    except BundleMalformed as error:
        verdict = Verdict.TAMPERED if error.altered else Verdict.MALFORMED
        return Report(verdict, None, level, (_container(error.altered or (str(error),)),), problem=str(error))
    return _report(bundle, trust, level)


def _report(bundle: Bundle, trust: Trust, asked: int) -> Report:
    entries, canonical_check = _read_entries(bundle)
    signature = _signature(bundle, trust)
    known = known_check(bundle, trust.known, trust.policy)
    checks = (
        _container(bundle.altered),
        canonical_check,
        *local_checks(bundle, entries, trust.documents),
        *merkle_checks(bundle),
        known,
        signature,
        *chain_checks(bundle, entries),
    )
    reached = LOCAL
    if signature.state is State.PASSED:
        reached = REMEMBERED if known.state is State.PASSED else SIGNED
    tampered = any(check.state is State.FAILED for check in checks)
    verdict = Verdict.TAMPERED if tampered else Verdict.INTACT if reached >= asked else Verdict.BELOW_LEVEL
    checkpoint = Checkpoint.parse(Note.parse(bundle.final).text)
    report = Report(verdict, reached, asked, checks, checkpoint.origin, checkpoint.size, encoded(checkpoint.root))
    report = replace(report, dossier=bundle.dossier, entries=len(bundle.items))
    return replace(report, level=None) if tampered else report


def _container(findings: tuple[str, ...]) -> Check:
    return Check("container", Family.LOCAL_INTEGRITY, 1, findings)


def _read_entries(bundle: Bundle) -> tuple[list[Entry | None], Check]:
    entries: list[Entry | None] = []
    findings = []
    for item in bundle.items:
        try:
            entries.append(Entry.parse(item.entry))
        except (NotCanonical, EntryInvalid) as error:
            entries.append(None)
            findings.append(f"{item.index}: {error}")
    return entries, Check("entry-canonical", Family.LOCAL_INTEGRITY, len(entries), tuple(findings))


def _signature(bundle: Bundle, trust: Trust) -> Check:
    """Check every checkpoint under the policy; a key outside its window counts for nothing, neither good nor bad."""
    examined, findings = 0, []
    for size, data in bundle.checkpoints.items():
        if trust.policy is None:
            break
        note = Note.parse(data)
        try:
            signers = note.signed_by(item.key for item in trust.policy.log_keys)
        except NoteInvalid as error:
            findings.append(f"{size}: {error}")
            continue
        if Checkpoint.parse(note.text).origin != trust.policy.origin or not signers:
            findings.append(f"{size}: origin or signer unknown to the policy")
        elif any(key in trust.policy.keys_at(trust.at) for key in signers):
            examined += 1
    if not findings and examined < len(bundle.checkpoints):
        examined = 0
    return Check("checkpoint-signature", Family.SIGNATURE, examined, tuple(findings))
