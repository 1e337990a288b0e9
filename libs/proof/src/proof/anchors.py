"""Public anchors: proofs that a checkpoint was there before a Bitcoin block whose header the policy pins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from proof.block import Block
from proof.bundle import Bundle
from proof.checkpoint import imprint
from proof.note import Note
from proof.ots import OtsInvalid, Proof
from proof.policy import Policy
from proof.report import Check, Family

ANCHORED, PENDING, UNPINNED, UNKNOWN = "anchored", "pending", "unpinned", "unknown"
WRONG = ("malformed", "imprint", "root")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a proof is worth, and the lowest block that says so."""

    size: int
    state: str
    block: Block | None = None
    height: int | None = None

    def __str__(self) -> str:
        """Name the checkpoint and the state, as findings do."""
        return f"{self.size}: {self.state}" + ("" if self.height is None else f" {self.height}")


def anchor_check(bundle: Bundle, policy: Policy | None) -> tuple[Check, list[Anchor]]:
    """Judge every proof of the bundle; one that waits for a block, or for the policy to pin it, counts for nothing."""
    pinned = {block.height: block for block in policy.blocks} if policy else {}
    anchors = [_judged(size, bundle, pinned) for size in sorted(bundle.anchors)]
    wrong = tuple(str(one) for one in anchors if one.state in WRONG)
    good = sum(one.state == ANCHORED for one in anchors)
    return Check("public-anchor", Family.SIGNATURE, good + len(wrong), wrong), anchors


def anchored_at(anchors: Iterable[Anchor]) -> datetime | None:
    """Return the time of the block that anchors the largest checkpoint."""
    blocks = [one.block for one in anchors if one.block]
    return blocks[-1].at if blocks else None


def _judged(size: int, bundle: Bundle, pinned: Mapping[int, Block]) -> Anchor:
    try:
        proof = Proof.parse(bundle.anchors[size])
    except OtsInvalid:
        return Anchor(size, "malformed")
    if proof.digest != imprint(Note.parse(bundle.checkpoints[size])):
        return Anchor(size, "imprint")
    said = sorted((one.height, one.message) for one in proof.attestations if one.height is not None and one.message)
    for height, message in said:
        if height in pinned and pinned[height].root == message:
            return Anchor(size, ANCHORED, pinned[height], height)
    wrong = [height for height, _ in said if height in pinned]
    if said:
        return Anchor(size, "root", None, wrong[0]) if wrong else Anchor(size, UNPINNED, None, said[0][0])
    waiting = any(one.calendar is not None for one in proof.attestations)
    return Anchor(size, PENDING if waiting else UNKNOWN)
