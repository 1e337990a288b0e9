"""The verification of a bundle: named checks, a verdict and the level of assurance that was reached.

Trust comes only from the policy, which the caller got from outside the bundle. Nothing here reads a file or a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from proof.anchors import ANCHORED, Anchor, anchor_check, anchored_at
from proof.bundle import Bundle, BundleMalformed
from proof.chain import chain_checks
from proof.entry import Entry
from proof.heads import head_check
from proof.local import Leaves, local_checks, read_leaves
from proof.merkle import known_check, merkle_checks, read_checkpoint
from proof.policy import Policy
from proof.reading import decode
from proof.report import Check, Family, Report, State, Verdict
from proof.shapes import encoded, instant
from proof.signatures import log_check, witness_checks
from proof.times import Stamp, latest, order_check, recorded_check, stamp_check

LOCAL, SIGNED, REMEMBERED, WITNESSED, STAMPED, PUBLIC = range(6)  # the levels


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings: a policy, signed notes it remembers, files it holds (name to SHA-256), the time."""

    at: datetime
    policy: Policy | None = None
    known: Sequence[bytes] = ()
    documents: Mapping[str, str] = field(default_factory=dict)


def verify(data: bytes, trust: Trust, *, level: int = SIGNED) -> Report:
    """Verify the bytes of a bundle; `level` is the least assurance that the caller accepts.

    Raises NoteInvalid for a remembered checkpoint that the policy's log did not sign.
    """
    try:
        bundle = decode(data)
    except BundleMalformed as error:
        verdict = Verdict.TAMPERED if error.altered else Verdict.MALFORMED
        return Report(verdict, None, level, (_container(error.altered or (error.place,)),), problem=str(error))
    return _report(bundle, trust, level)


def _report(bundle: Bundle, trust: Trust, asked: int) -> Report:
    leaves, canonical = read_leaves(bundle)
    known = known_check(bundle, trust.known, trust.policy)
    signature = log_check(bundle, trust.policy, trust.at)
    outside = None if bundle.former else trust.policy  # the former format says nothing of witnesses and authorities
    witnessed = witness_checks(bundle, outside)
    stamp, stamps = stamp_check(bundle, outside)
    anchor, anchors = anchor_check(bundle, outside)
    checks = (
        _container(bundle.altered),
        canonical,
        *local_checks(bundle, leaves, trust.documents),
        *merkle_checks(bundle),
        known,
        signature,
        *witnessed.checks,
        stamp,
        order_check(stamps),
        recorded_check(bundle, leaves, stamps),
        *([anchor] if anchors else []),  # a bundle without anchors gets the report that it always got
        *chain_checks(bundle, leaves),
        head_check(bundle, leaves),
    )
    good = [one for one in anchors if one.state == ANCHORED]
    stamped, public = _covers(bundle, leaves, stamps), _covers(bundle, leaves, good)
    reached = _level(signature, known, witnessed=witnessed.at is not None, stamped=stamped, public=public)
    tampered = any(check.state is State.FAILED for check in checks)
    checkpoint, stamped_at, block_at = read_checkpoint(bundle.final), latest(stamps), anchored_at(good)
    return Report(
        Verdict.TAMPERED if tampered else Verdict.INTACT if reached >= asked else Verdict.BELOW_LEVEL,
        None if tampered else reached,
        asked,
        checks,
        checkpoint.origin,
        checkpoint.size,
        encoded(checkpoint.root),
        bundle.scope,
        len(bundle.items),
        witnessed_at=instant(witnessed.at) if witnessed.at else None,
        stamped_at=instant(stamped_at) if stamped_at else None,
        anchors=tuple(map(str, anchors)),
        anchored_at=instant(block_at) if block_at else None,
    )


def _level(signature: Check, known: Check, *, witnessed: bool, stamped: bool, public: bool) -> int:
    if signature.state is not State.PASSED:
        return LOCAL
    if not witnessed:
        return REMEMBERED if known.state is State.PASSED else SIGNED
    if not stamped:
        return WITNESSED
    return PUBLIC if public else STAMPED


def _covers(bundle: Bundle, leaves: Leaves, attested: Sequence[Stamp] | Sequence[Anchor]) -> bool:
    """Tell whether every event that is shown is under one checkpoint that is attested so."""
    places = [item.index for item, leaf in zip(bundle.items, leaves, strict=True) if isinstance(leaf, Entry)]
    return any(one.size > max(places, default=-1) for one in attested)


def _container(findings: tuple[str, ...]) -> Check:
    return Check("container", Family.LOCAL_INTEGRITY, 1, findings)
