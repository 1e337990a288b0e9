"""The addresses of proofs, contents, archives and files: plain GET, opened by the token that they hold."""

import hmac

from fastapi import FastAPI, HTTPException, Response

from sandbox.ar24.papers.desk import KINDS, Desk, dated
from sandbox.ar24.skin import views
from sandbox.ar24.truth.model import Letter
from sandbox.ar24.truth.world import World

_PDF, _ZIP = "application/pdf", "application/zip"


def mount(app: FastAPI, world: World, desk: Desk) -> None:
    """Serve what the objects of letters point to."""

    @app.get("/get/proof/{kind}-{number}")
    def proof(kind: str, number: int, token: str = "") -> Response:
        letter = _opened(world, "proof", number, token)
        if kind not in {"ev", *KINDS} or not views.ready(world, dated(letter, kind)):
            raise HTTPException(404, "not ready")
        return _file(desk.proof(letter, kind) or b"", _PDF, f"preuve-{kind}-{number}.pdf")

    @app.get("/get/content/{number}")
    def content(number: int, token: str = "") -> Response:
        return _file(desk.content(_opened(world, "content", number, token)), _PDF, f"contenu-{number}.pdf")

    @app.get("/get/zip/{number}")
    def archive(number: int, token: str = "") -> Response:
        return _file(desk.archive(_opened(world, "zip", number, token)), _ZIP, f"courrier-{number}.zip")

    @app.get("/get/att/{digest}-{number}")
    def attachment(digest: str, number: int, token: str = "") -> Response:
        letter = _opened(world, "att", number, token)
        file = next((one for one in desk.files(letter) if one.sha1 == digest), None)
        if file is None:
            raise HTTPException(404, "unknown")
        return _file(desk.bytes_of(file), file.media_type, file.name)


def _opened(world: World, what: str, number: int, token: str) -> Letter:
    world.calls[f"GET {what}"] += 1
    letter = world.store.get(Letter, number)
    if letter is None:
        raise HTTPException(404, "unknown")
    if not hmac.compare_digest(token.encode(), views.proof_token(world, letter).encode()):
        raise HTTPException(403, "expired")
    if world.faults.proofs_purged:
        raise HTTPException(410, "gone")
    return letter


def _file(data: bytes, media_type: str, name: str) -> Response:
    plain = name.encode("ascii", "replace").decode().replace('"', "")
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"'})
