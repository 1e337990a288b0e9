"""`python -m testkit.fuzzing`: made-up requests at length, on a platform of its own, until something is wrong."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.samples import make_samples

from testkit.fuzzing.cast import PREFIXES, Cast
from testkit.fuzzing.running import SEED, Finding, Plan, Tally, run
from testkit.stack import Platform


def main() -> int:
    """Send everything; print what is wrong; return 1 if anything is."""
    parser = argparse.ArgumentParser(prog="python -m testkit.fuzzing", description=__doc__)
    parser.add_argument("--examples", type=int, default=50, help="for each operation and person (default: 50)")
    parser.add_argument("--sequences", type=int, default=20, help="of requests that follow one another (default: 20)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"where the choices begin (default: {SEED})")
    parser.add_argument("--service", action="append", choices=PREFIXES, help="only this one; may be repeated")
    asked = parser.parse_args()
    plan = Plan(asked.examples, boundaries=True, sequences=asked.sequences, seed=asked.seed)
    found = 0
    with tempfile.TemporaryDirectory(prefix="scelle-fuzzing-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        platform = Platform(folder / "data")
        platform.up()
        try:
            for finding in _everything(platform, folder, asked.service or list(PREFIXES), plan):
                found += 1
                sys.stdout.write(f"{finding}\n\n")
        finally:
            platform.down()
    sys.stdout.write(f"{found} answers that may not be (seed {asked.seed})\n")
    return int(bool(found))


def _everything(platform: Platform, folder: Path, services: list[str], plan: Plan) -> Iterator[Finding]:
    world = platform.world()
    (folder / "samples").mkdir()
    samples = make_samples(folder / "samples")
    journey = Journey(world, Pile(samples, samples), _quiet)
    journey.walk()
    cast = Cast(journey)
    for last in (False, True):
        for service in services:
            for number in range(len(cast.parts(service))):
                if not last:
                    journey.renew_tokens()
                part, tally, began = cast.parts(service)[number], Tally(), time.monotonic()
                yield from run(cast, service, part, plan, tally, last=last)
                spent = time.monotonic() - began
                sys.stderr.write(f"{service}, {part.name}: {tally.sent} sent, {tally.succeeded} done, {spent:.0f} s\n")
    world.close()


def _quiet(_said: str) -> None:
    """Tell nothing of the journey, which only makes what is asked about."""


if __name__ == "__main__":
    sys.exit(main())
