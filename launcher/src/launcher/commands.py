"""What each verb of the ``scelle`` command does: progress on stderr, results on stdout."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from launcher.errors import StackError
from launcher.processes import tail
from launcher.stack import Stack, stop_leftovers
from launcher.state import AlreadyRunning, State, only_launcher

WATCH_SECONDS = 0.5
NOT_RUNNING = 3


def up(options: argparse.Namespace) -> int:
    """Start the stack, print where it is, mend it until Ctrl-C or SIGTERM, then stop it; that is success."""
    try:
        with started(options.data) as (stack, stop):
            show(stack.state.summary or {}, as_json=options.json)
            say("Ctrl-C stops everything.")
            while not stop.wait(WATCH_SECONDS):
                stack.mend()
    except AlreadyRunning:
        state = State.load(options.data.resolve())
        if not state.running():
            raise
        say("already running")
        show(state.summary or {}, as_json=options.json)
    return 0


@contextmanager
def started(folder: Path) -> Iterator[tuple[Stack, Event]]:
    """Run the stack of a data folder while the block lasts; the event is set by Ctrl-C and SIGTERM.

    A signal while the stack is starting raises KeyboardInterrupt instead; further ones are ignored.
    """
    stop, ready = Event(), Event()

    def interrupt(_number: int, _frame: object) -> None:
        first = not stop.is_set()
        stop.set()
        if first and not ready.is_set():
            raise KeyboardInterrupt

    os.umask(0o077)  # what the stack writes, its owner reads
    with only_launcher(folder):
        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        stack = Stack(folder, say)
        began = time.monotonic()
        try:
            stack.up()
            ready.set()
            say(f"ready in {time.monotonic() - began:.1f} s")
            try:
                yield stack, stop
            finally:
                say("stopping")
                stack.down()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def down(options: argparse.Namespace) -> int:
    """Stop the launcher of a data folder, or what it left when it was killed."""
    folder = options.data.resolve()
    stopped: list[str] = []
    state = State.load(folder)
    if state.launcher and state.launcher.alive():
        stopped = list(state.processes)
        state.launcher.stop()
    if folder.exists():
        with only_launcher(folder):
            state = State.load(folder)
            stopped += stop_leftovers(state, say)
            state.launcher = state.summary = None
            state.save()
    say(f"stopped {', '.join(sorted(set(stopped)))}" if stopped else "nothing was running")
    if options.json:
        print_json({"stopped": sorted(set(stopped))})
    return 0


def status(options: argparse.Namespace) -> int:
    """Say what runs; exit code 3 when the stack is not up."""
    state = State.load(options.data.resolve())
    processes = {name: mark.pid for name, mark in sorted(state.processes.items()) if mark.alive()}
    running = state.running() and len(processes) == len(state.processes)
    found = {"running": running, "gateway": (state.summary or {}).get("gateway"), "processes": processes}
    if options.json:
        print_json(found)
    else:
        for name in sorted(state.processes):
            sys.stdout.write(f"{name:20} {f'pid {processes[name]}' if name in processes else 'stopped'}\n")
        sys.stdout.write(f"{'up at ' + str(found['gateway']) if running else 'not up'}\n")
    return 0 if running else NOT_RUNNING


def logs(options: argparse.Namespace) -> int:
    """Print the last lines of a log file."""
    folder = options.data.resolve() / "logs"
    known = {path.stem: path for path in folder.glob("*.log")}
    if options.name not in known:
        raise StackError(f"no log of that name; there are: {', '.join(sorted(known)) or 'none'}")
    sys.stdout.write(tail(known[options.name], lines=200) + "\n")
    return 0


def show(summary: dict[str, Any], *, as_json: bool) -> None:
    """Print the addresses and the demo accounts."""
    if as_json:
        print_json(summary)
        return
    lines = [
        f"pages     {summary['gateway']}",
        f"messages  {summary['sandbox']['mail']}/  (every mail and SMS that was sent, newest first)",
        f"policy    {summary['policy']}",
        f"logs      {summary['logs']}",
        "",
        "demo accounts at the sandbox ID.not:",
        *(f"  {account['identifier']}  {account['password']}  ({account['role']})" for account in summary["accounts"]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """Tell of progress."""
    sys.stderr.write(f"scelle: {line}\n")
    sys.stderr.flush()
