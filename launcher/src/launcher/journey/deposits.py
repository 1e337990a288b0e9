"""Files on their way: declared, sent, received, looked at."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from launcher.journey.documents import Pile
from launcher.journey.world import JourneyBroken, World, until

DOSSIERS = "/api/dossiers/v1"
NOT_TAKEN = {  # answers by which the platform says that it does not take this file
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True)
class Deposited:
    """A file that the vault has stored."""

    request_id: str
    version_id: str
    file: Path
    sha256: str


class NotTaken(Exception):
    """The platform does not take this file."""


def deposit(world: World, path: str, token: str, file: Path, **more: str) -> Deposited:
    """Declare a file at ``path``, send it, compare the receipt; raise NotTaken when it is refused for what it is."""
    declared = declaration(file) | more
    answer = world.request("POST", path, token=token, body=declared)
    _refused(answer.status_code, answer.json())
    given = answer.json()
    receipt = world.send(given["upload_url"], given["ticket"], file)
    _refused(receipt.status_code, receipt.json())
    if (receipt.json()["sha256"], receipt.json()["size"]) != (declared["sha256"], declared["size"]):
        raise JourneyBroken(f"the receipt of {file.name} names another file")
    return Deposited(given["request_id"], given["version_id"], file, str(declared["sha256"]))


def deposit_from(world: World, pile: Pile, path: str, token: str, said: list[str], **more: str) -> Deposited:
    """Deposit the next file of the pile, or another one for each that is not taken; ``said`` collects the reasons."""
    file = pile.take()
    while True:
        try:
            return deposit(world, path, token, file, **more)
        except NotTaken as reason:
            said.append(f"« {file.name} » n'est pas accepté ({reason}) ; un autre fichier est déposé à sa place")
            file = pile.replace(file)


def declaration(file: Path) -> dict[str, Any]:
    """Return what a client says of a file before sending it."""
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return {"name": file.name, "size": file.stat().st_size, "sha256": digest}


def look(world: World, token: str, deposited: Deposited, kind: str) -> None:
    """View or download a version as the staff does and compare it with what was deposited."""
    path = f"{DOSSIERS}/requests/{deposited.request_id}/versions/{deposited.version_id}/{kind}"
    given = world.call("POST", path, HTTPStatus.CREATED, token=token).json()
    content = world.fetch(given["url"], given["ticket"])
    if hashlib.sha256(content).hexdigest() != deposited.sha256:
        raise JourneyBroken(f"what comes back is not what was deposited as {deposited.file.name}")


def wait_until_seen(world: World, token: str, dossier: str, versions: set[str]) -> None:
    """Wait until the dossier lists these versions: the vault's event has reached it."""

    def all_there() -> bool:
        requests = world.call("GET", f"{DOSSIERS}/dossiers/{dossier}/requests", token=token).json()["items"]
        return versions <= {version["id"] for request in requests for version in request["versions"]}

    until(all_there, "the deposits to reach the dossier")


def _refused(status: int, problem: dict[str, Any]) -> None:
    if status in NOT_TAKEN:
        raise NotTaken(problem.get("code", str(status)))
    if status != HTTPStatus.CREATED:
        raise JourneyBroken(f"a deposit is answered {status}: {problem}")
