"""`python -m testkit.simulation`: play seeds until one fails, and name it."""

import argparse
import logging
import sys
import time

from testkit.simulation.world import World

TOLD_EVERY = 1_000


def main() -> int:
    """Play the seeds; return 1 at the first that fails."""
    parser = argparse.ArgumentParser(prog="python -m testkit.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100_000, help="how many (default: 100,000)")
    parser.add_argument("--first", type=int, default=0, help="the first one; with --seeds 1 it is played alone")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    for seed in range(asked.first, asked.first + asked.seeds):
        try:
            World(seed).run()
        except Exception as error:  # noqa: BLE001 - whatever fails, its seed is wanted
            sys.stdout.write(f"seed {seed}: {type(error).__name__}: {error}\n")
            return 1
        done = seed - asked.first + 1
        if done % TOLD_EVERY == 0:
            sys.stderr.write(f"{done} seeds, {done / (time.monotonic() - began):.0f} a second\n")
    sys.stdout.write(f"{asked.seeds} seeds hold\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
