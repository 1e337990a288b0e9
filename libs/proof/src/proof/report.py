"""What a verification found, for machines and for people."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from proof.bundle import Scope
from proof.canonical import canonical
from proof.wording import WORDS

FORMAT = "scelle-report/2"
MAX_SHOWN = 20  # findings of one check in the text


class Family(StrEnum):
    """What a check protects."""

    LOCAL_INTEGRITY = "LOCAL_INTEGRITY"
    MERKLE_INTEGRITY = "MERKLE_INTEGRITY"
    SIGNATURE = "SIGNATURE"
    CHAIN = "CHAIN"


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"


class Verdict(StrEnum):
    """What to conclude; `exit_code` is the command's."""

    INTACT = "intact"
    TAMPERED = "tampered"
    MALFORMED = "malformed"
    BELOW_LEVEL = "below-level"

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered, 2 malformed, 3 below the level that was asked."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class Check:
    """One named check: how many things it looked at and where it found something wrong."""

    name: str
    family: Family
    examined: int
    findings: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """Failed as soon as one thing is wrong."""
        if self.findings:
            return State.FAILED
        return State.PASSED if self.examined else State.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification; `problem` says why nothing could be read."""

    verdict: Verdict
    level: int | None
    asked: int
    checks: tuple[Check, ...] = ()
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    scope: Scope | None = None
    entries: int = 0
    problem: str | None = None
    witnessed_at: str | None = None  # when the last witness that was needed cosigned the largest checkpoint
    stamped_at: str | None = None  # what the latest verified timestamp says
    anchors: tuple[str, ...] = ()  # what each anchor of the bundle is worth
    anchored_at: str | None = None  # the time of the block that anchors the largest checkpoint

    def to_json(self) -> bytes:
        """Write the report as canonical JSON."""
        checks = [
            {
                "name": check.name,
                "family": check.family.value,
                "state": check.state.value,
                "examined": check.examined,
                "findings": check.findings,
            }
            for check in self.checks
        ]
        anchored = {"anchors": self.anchors, "anchored_at": self.anchored_at} if self.anchors else {}
        return canonical(
            anchored
            | {
                "format": FORMAT,
                "verdict": self.verdict.value,
                "level": self.level,
                "asked": self.asked,
                "origin": self.origin,
                "size": self.size,
                "root": self.root,
                "scope": self.scope and {"id": self.scope.id, "kind": self.scope.kind},
                "entries": self.entries,
                "witnessed_at": self.witnessed_at,
                "stamped_at": self.stamped_at,
                "problem": self.problem,
                "checks": checks,
            }
        )

    def to_text(self, lang: str = "fr") -> str:
        """Write the report in `fr` or `en`."""
        words = WORDS[lang]
        lines = [words["title"], f"{words[self.verdict.value]}"]
        if self.problem:
            lines.append(self.problem)
        if self.level is not None:
            lines.append(f"{words['level']} {self.level}: {words[f'level-{self.level}']}")
        if self.origin:
            lines += ["", *self._identity(words)]
        for family in Family:
            lines += self._family(family, words)
        return "\n".join([*lines, "", words["limits"], ""])

    def _identity(self, words: dict[str, str]) -> Iterable[str]:
        if self.scope:
            yield f"{words[self.scope.kind]}: {self.scope.id} ({self.entries} {words['entries']})"
        yield f"{words['log']}: {self.origin}, {self.size} {words['leaves']}, {words['root']} {self.root}"
        if self.witnessed_at:
            yield f"{words['witnessed_at']}: {self.witnessed_at}"
        if self.stamped_at:
            yield f"{words['stamped_at']}: {self.stamped_at}"
        if self.anchored_at:
            yield f"{words['anchored_at']}: {self.anchored_at}"
        for anchor in self.anchors:
            yield f"{words['anchor']} {anchor}"

    def _family(self, family: Family, words: dict[str, str]) -> Iterable[str]:
        checks = [check for check in self.checks if check.family is family]
        if checks:
            yield ""
            yield family.value
        for check in checks:
            yield f"  [{words[check.state.value]:^7}] {check.name} ({check.examined}): {words[check.name]}"
            for finding in check.findings[:MAX_SHOWN]:
                yield f"            -> {finding}"
            if len(check.findings) > MAX_SHOWN:
                yield f"            -> +{len(check.findings) - MAX_SHOWN}"
