"""The sender's code: asked from the terminal without echo, or read from a pipe; never an argument, never kept."""

import argparse
import getpass
import re
import sys

from launcher.gateway import Gateway, Json, Malformed, Refused, verb
from launcher.letters.asking import LETTERS, PAGE, WRONG, asking
from launcher.letters.printing import OUTCOMES, letter, show

CODE = re.compile(r"[0-9]{6}")


@verb
def awaiting(options: argparse.Namespace) -> int:
    """List the letters that wait for their sender's code."""
    with asking(options) as gateway:
        found = gateway.items(f"{LETTERS}/letters/awaiting-code", {"limit": PAGE})
    show(options, {"items": found}, map(letter, found))
    return 0


@verb
def release(options: argparse.Namespace) -> int:
    """Give the code for some letters, or for all that wait; 1 if one of them did not go."""
    if bool(options.letters) == options.all:
        raise Malformed("name the letters, or give --all")
    with asking(options) as gateway:
        ids = [str(one) for one in options.letters]
        ids = ids or [one["id"] for one in gateway.items(f"{LETTERS}/letters/awaiting-code", {"limit": PAGE})]
        if not ids:
            show(options, {"items": []}, ["aucune lettre n'attend de code"])
            return 0
        found = _released(gateway, ids, _code(options, len(ids)))
    show(options, found, map(_result, found["items"]))
    gone = {"released", "submitted", "pending"}
    return 0 if all(one["outcome"] in gone for one in found["items"]) else WRONG


def _released(gateway: Gateway, ids: list[str], code: str) -> Json:
    """Give the code; a wrong one is a refusal of the sender's provider, and no fault of the command line."""
    try:
        return gateway.post(f"{LETTERS}/releases", {"letter_ids": ids, "code": code})
    except Malformed as refusal:
        raise Refused(str(refusal)) from None


def _code(options: argparse.Namespace, count: int) -> str:
    if options.code_stdin:
        code = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        code = getpass.getpass(f"Code à six chiffres pour {count} lettre(s) : ").strip()
    else:
        raise Malformed("there is no terminal to ask the code from; write it to --code-stdin")
    if not CODE.fullmatch(code):
        raise Malformed("the code has six digits")
    return code


def _result(one: Json) -> str:
    said = OUTCOMES.get(one["outcome"], one["outcome"])
    return f"{one['letter_id']}  {said}" + (f" ({one['problem']})" if one["problem"] else "")
