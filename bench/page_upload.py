"""An upload through the pages that is cut at 60 %: how long it takes, and how many bytes are sent twice.

    .venv/bin/python bench/page_upload.py [--mebibytes 1024]

The client of the reference journey sends it as static/deposit.js does, on a platform of its own.
"""

import argparse
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from launcher.journey.story import Journey
from launcher.journey.world import World, until
from pages import client_browser, walked

MEBIBYTE = 1 << 20
PART, PARTS = 8 * MEBIBYTE, 4  # as static/deposit.js sends
CUT = 0.6
PAUSE_SECONDS = 1.0  # as static/deposit.js waits


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", type=int, default=1024)
    asked = parser.parse_args()
    with ExitStack() as stack:
        _, journey = walked(stack)
        client = stack.enter_context(client_browser(journey.world, journey.clients[0]))
        _upload(journey.world, journey, client, asked.mebibytes * MEBIBYTE)


def _upload(world: World, journey: Journey, client: httpx.Client, size: int) -> None:
    """Upload a file as static/deposit.js does, cut in the middle of a request."""
    block = os.urandom(16 * MEBIBYTE)
    page = client.get(f"/mes-dossiers/{journey.dossier}")
    csrf = re.search(r'data-csrf="([^"]+)"', page.text)
    assert csrf, page.text[:500]
    ours = {"X-CSRF-Token": csrf[1]}
    told = {"name": "grand.pdf", "size": size, "sha256": _digest(block, size), "label": "Mesure"}
    answer = client.post(f"/mes-dossiers/{journey.dossier}/depots", json=told, headers=ours)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    place = urljoin(world.gateway, answer.json()["upload"])
    began, sent, offset, cut = time.monotonic(), 0, 0, False
    while offset < size:
        end = min(offset + PART * PARTS, size)
        breaks = int(size * CUT) if not cut and end > size * CUT else None
        passed = [0]
        headers = {**ours, "Upload-Offset": str(offset), "Content-Length": str(end - offset)}
        try:
            answer = client.patch(place, content=_piece(block, offset, end, breaks, passed), headers=headers)
            offset = int(answer.headers["Upload-Offset"])
        except _Cut:
            cut = True
            time.sleep(PAUSE_SECONDS)
            offset = until(lambda: _standing(client, place, ours), "the offset")
        sent += passed[0]
    seconds = time.monotonic() - began
    print(f"\nupload of {size / MEBIBYTE:.0f} MiB through the pages, cut at {CUT:.0%}: {seconds:.1f} s")
    print(f"  {size / MEBIBYTE / seconds:.0f} MiB/s; sent twice {(sent - size) / MEBIBYTE:.2f} MiB, goal 8 at most")


class _Cut(Exception):
    """The line breaks here."""


def _piece(block: bytes, start: int, end: int, breaks: int | None, passed: list[int]) -> Iterator[bytes]:
    while start < end:
        if breaks is not None and start >= breaks:
            raise _Cut
        chunk = _bytes(block, start, min(start + MEBIBYTE // 4, end))
        passed[0] += len(chunk)
        start += len(chunk)
        yield chunk


def _standing(client: httpx.Client, place: str, ours: dict[str, str]) -> int | None:
    """Return where the upload stands, once nobody is at it any more."""
    answer = client.head(place, headers=ours)
    return int(answer.headers["Upload-Offset"]) if answer.status_code == HTTPStatus.OK else None


def _bytes(block: bytes, start: int, end: int) -> bytes:
    """Return a piece of a file that begins as a PDF and repeats the block."""
    head = b"%PDF-1.7\n"[start:end] if start < len(b"%PDF-1.7\n") else b""
    start += len(head)
    rest = bytearray()
    while start < end:
        place = start % len(block)
        piece = block[place : place + end - start]
        rest += piece
        start += len(piece)
    return head + bytes(rest)


def _digest(block: bytes, size: int) -> str:
    digest = hashlib.sha256()
    for start in range(0, size, MEBIBYTE):
        digest.update(_bytes(block, start, min(start + MEBIBYTE, size)))
    return digest.hexdigest()


if __name__ == "__main__":
    main()
