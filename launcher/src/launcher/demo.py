"""``scelle demo``: the reference journey on a running stack, and what a stranger then verifies."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proof.archive import pack, unpack
from proof.policy import Policy
from proof.report import Report, State, Verdict
from proof.verify import Trust, verify

from launcher.commands import print_json, say, show
from launcher.errors import NotReady
from launcher.files import write_private
from launcher.journey.documents import Pile, files_to_deposit
from launcher.journey.story import Journey
from launcher.journey.world import JourneyBroken, World
from launcher.processes import start
from launcher.samples import make_samples
from launcher.state import State as StackState

START_SECONDS = 180.0
REFUSAL = b'"type":"dossier.document-r'  # the forger turns what follows into another word
ENTRIES = "entries.bin"  # the file of a bundle that holds the sealed entries


def demo(options: argparse.Namespace) -> int:
    """Play the journey; 0 only if all of it holds and the journal verifies."""
    began = time.monotonic()
    folder = options.data.resolve()
    samples = make_samples(folder / "samples")
    files = files_to_deposit(options.documents, folder / "samples")
    with running_stack(folder, keep=options.keep) as summary:
        world = World.of(summary)
        journey = Journey(world, Pile(files, samples), tell)
        for number, step in enumerate(journey.steps, 1):
            say(f"[{number}/{len(journey.steps)}] {step.__name__.split('_', 2)[2].replace('_', ' ')}")
            step()
        world.close()
        bundle = folder / "proofs" / f"{journey.number}.lcp"
        write_private(bundle, journey.bundle)
        write_private(bundle.with_suffix(".pdf"), journey.certificate)
        policy = Path(summary["policy"])
        verdict = _verify_and_show(journey.bundle, policy, bundle)
        if options.keep:
            show(summary, as_json=False)
            tell("\n".join(_clients(journey)))
        if options.json:
            seconds = round(time.monotonic() - began, 1)
            print_json(_result(journey) | _paths(bundle, policy) | {"verdict": verdict.value, "seconds": seconds})
    return 0


@contextmanager
def running_stack(folder: Path, *, keep: bool) -> Iterator[dict[str, Any]]:
    """Use the stack that runs on the folder, or start one that is stopped at the end unless it is to be kept."""
    state = StackState.load(folder)
    if state.running():
        say("using the stack that already runs")
        yield state.summary or {}
        return
    log = folder / "logs" / "launcher.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "launcher", "up", "--data", str(folder)]
    settings = {name: value for name, value in os.environ.items() if name.startswith("SCELLE_")}
    position = log.stat().st_size if log.exists() else 0
    launcher = start("launcher", command, log, env=settings, patience=30.0)
    kept = False
    try:
        with log.open(encoding="utf-8") as lines:
            lines.seek(position)
            deadline = time.monotonic() + START_SECONDS
            while not (state := StackState.load(folder)).running():
                launcher.check()
                if time.monotonic() > deadline:
                    raise NotReady(f"the stack does not start; see {log}")
                sys.stderr.writelines(lines)
                time.sleep(0.1)
            sys.stderr.writelines(line for line in lines if line.startswith("scelle:"))
        yield state.summary or {}
        kept = keep
    finally:
        if not kept:
            launcher.stop()


def forged(bundle: bytes) -> bytes:
    """Return a copy with one byte of one sealed entry changed, the container repaired as a forger would."""
    files = dict(unpack(bundle).files)
    entries = bytearray(files[ENTRIES])
    place = entries.index(REFUSAL) + len(REFUSAL)
    entries[place] ^= 1
    return pack(files | {ENTRIES: bytes(entries)})


def check(bundle: bytes, policy: Path) -> Report:
    """Verify a bundle as a stranger does, with the policy that came another way."""
    return verify(bundle, Trust(at=datetime.now(UTC), policy=Policy.parse(policy.read_bytes())))


def _verify_and_show(bundle: bytes, policy: Path, path: Path) -> Verdict:
    report = check(bundle, policy)
    if report.verdict is not Verdict.INTACT:
        raise JourneyBroken(f"the bundle is {report.verdict}: {_failed(report)} {report.problem or ''}")
    tell(f"Vérification hors ligne de {path.name} : INTACT ({len(report.checks)} contrôles, niveau {report.level}).")
    changed = bytearray(bundle)
    changed[len(changed) // 2] ^= 1
    raw = check(bytes(changed), policy)
    careful = check(forged(bundle), policy)
    if not _failed(raw) or careful.verdict is not Verdict.TAMPERED or not _failed(careful):
        raise JourneyBroken("a changed byte goes unnoticed")
    tell(f"Un octet changé dans une copie : {_in_french(raw.verdict)}, contrôles en échec : {_failed(raw)}.")
    tell(f"Un octet changé dans une écriture, archive réparée : ALTÉRÉ, contrôles en échec : {_failed(careful)}.")
    tell(f"À refaire soi-même : scelle verify {path} --policy {policy}")
    return report.verdict


def _clients(journey: Journey) -> list[str]:
    told = [f"  {client.email}  {client.password}" for client in journey.clients]
    return ["", "clients of this journey (their code comes by SMS, on the page of the messages):", *told]


def _in_french(verdict: Verdict) -> str:
    return {Verdict.TAMPERED: "ALTÉRÉ", Verdict.MALFORMED: "REJETÉ, ce n'est plus un dossier de preuve"}[verdict]


def _failed(report: Report) -> str:
    return ", ".join(one.name for one in report.checks if one.state is State.FAILED)


def _result(journey: Journey) -> dict[str, Any]:
    deposited, refused = len(journey.deposits), 1 if journey.refused else 0
    counts = {"deposited": deposited, "refused": refused, "validated": deposited - refused}
    found = {"dossier": journey.dossier, "documents": counts, "completion": 100, "events": len(journey.events)}
    return found | {"letters": {end: proof["sha256"] for end, proof in journey.proofs.items()}}


def _paths(bundle: Path, policy: Path) -> dict[str, str]:
    return {"bundle": str(bundle), "policy": str(policy)}


def tell(sentence: str) -> None:
    """Print what happened, at once."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
