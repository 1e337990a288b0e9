"""The vault: files go in and come out with tickets that this service signs for its own files."""

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx
from chassis.client import ServiceClient, Unavailable
from chassis.refusal import NotFound, Refusal
from chassis.tokens import Action, Signer, Ticket

from lre_gateway.application.ports import Pass, Place, VaultFile

MAX_IDS: Final = 100
"""How many versions one question asks about."""
NOT_DECLARED: Final = ""
TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0, read=300.0, write=300.0)
"""For the bytes of files: those of a letter may be a quarter of a gigabyte."""


class FileEmpty(Refusal):
    """The file is empty. Open it to see whether it holds the document, then choose it again, or another one."""

    code, status = "empty-file", 422


class FileTooLarge(Refusal):
    """The file has more bytes than a letter or the vault takes, `limit`; nothing of it was kept."""

    code, status = "too-large", 413


class FileDiffers(Refusal):
    """Other bytes arrived than were declared (size or SHA-256); nothing was kept. Choose the file again and send it."""

    code, status = "file-differs", 422


class FileTooSlow(Refusal):
    """The bytes came too slowly; nothing of them was kept. Send the whole file again."""

    code, status = "deposit-too-slow", 408


_REFUSALS: Final[Mapping[str, type[Refusal]]] = {
    "empty-file": FileEmpty,
    "too-large": FileTooLarge,
    "size-mismatch": FileDiffers,
    "digest-mismatch": FileDiffers,
    "deposit-too-slow": FileTooSlow,
}
"""What the vault turns down because of the file. Anything else is not the sender's doing."""


class VaultFiles:
    """The port Vault over HTTP. Safe to share between threads; close it at the end."""

    def __init__(self, vault: ServiceClient, address: str, public_url: str, signer: Signer) -> None:
        """`address` is where this process reaches the vault, `public_url` where people do."""
        self._vault = vault
        self._public = f"{public_url.rstrip('/')}/api/vault/v1"
        self._signer = signer
        self._http = httpx.Client(base_url=f"{address}/api/vault/v1", timeout=TIMEOUT, trust_env=False)

    def store(  # noqa: PLR0913 - what a file is
        self, place: Place, version_id: UUID, *, name: str, media_type: str, content: bytes, hold: bool
    ) -> VaultFile:
        """Store a file; the same version with the same bytes again changes nothing and returns the same."""
        ticket = self._ticket("deposit", place, version_id, by=None, hold=hold,
                              name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())  # fmt: skip
        answer = self._send("PUT", version_id, ticket, content=content, headers={"Content-Type": media_type})
        receipt = _accepted(answer)
        return _file(self._items([version_id]).get(version_id, receipt), name)

    def read(self, office_id: UUID, version_id: UUID, by: UUID) -> bytes:
        """Return the bytes of a version of the office, read in the name of `by`; raise NotFound."""
        item = self._items([version_id]).get(version_id)
        if item is None or UUID(item["office_id"]) != office_id:
            raise NotFound
        answer = self._send("GET", version_id, self._ticket("view", _place(item), version_id, by=by))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotFound
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="vault")
        return answer.content

    def described(self, office_id: UUID, version_ids: Collection[UUID]) -> Mapping[UUID, VaultFile]:
        """Return those of the versions that belong to the office."""
        found = self._items(version_ids)
        return {key: _file(item, item["name"]) for key, item in found.items() if UUID(item["office_id"]) == office_id}

    def download(self, place: Place, version_id: UUID, by: UUID) -> Pass:
        """Let a person download a version, for five minutes."""
        return Pass(f"{self._public}{_path(version_id)}", self._ticket("download", place, version_id, by=by))

    def destroy(self, office_id: UUID, version_id: UUID) -> None:
        """Destroy a version of the office, whatever held it; nothing happens if it is no more, or never was."""
        item = self._items([version_id]).get(version_id)
        if item is None or UUID(item["office_id"]) != office_id:
            return
        answer = self._send("DELETE", version_id, self._ticket("destroy", _place(item), version_id, by=None))
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise Unavailable(peer="vault")

    def deposit_ticket(  # noqa: PLR0913 - what a ticket says
        self, place: Place, version_id: UUID, *, by: UUID, name: str, size: int, sha256: str
    ) -> str:
        """Return the ticket under which a person's file may be deposited."""
        return self._ticket("deposit", place, version_id, by=by, name=name, size=size, sha256=sha256)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ticket(  # noqa: PLR0913 - what a ticket says
        self, action: Action, place: Place, version_id: UUID, *, by: UUID | None, name: str = NOT_DECLARED,
        size: int = 0, sha256: str = NOT_DECLARED, hold: bool = False,
    ) -> str:  # fmt: skip
        return self._signer.ticket(
            Ticket(
                action=action,
                version_id=version_id,
                request_id=place.about_id,
                dossier_id=place.dossier_id,
                office_id=place.office_id,
                actor_id=by,
                actor_kind="system" if by is None else "staff",
                owner_id=place.owner_id,
                name=name,
                size=size,
                sha256=sha256,
                legal_hold=hold,
            )
        )

    def _send(self, method: str, version_id: UUID, ticket: str, **options: Any) -> httpx.Response:
        headers = {**options.pop("headers", {}), "Authorization": f"Bearer {ticket}"}
        try:
            return self._http.request(method, _path(version_id), headers=headers, **options)
        except httpx.TransportError as error:
            raise Unavailable(peer="vault") from error

    def _items(self, version_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
        wanted = sorted(set(map(str, version_ids)))
        found: dict[UUID, dict[str, Any]] = {}
        for first in range(0, len(wanted), MAX_IDS):
            ids = ",".join(wanted[first : first + MAX_IDS])
            answer = self._vault.get("/internal/documents", {"ids": ids})
            if answer.status_code != HTTPStatus.OK:
                raise Unavailable(peer="vault")
            found |= {UUID(item["version_id"]): item for item in answer.json()["items"]}
        return found


class VaultStream:
    """Passes a person's file on to the vault as it arrives; nothing of it stays here."""

    def __init__(self, files: VaultFiles, address: str) -> None:
        """`address` is where this process reaches the vault."""
        self._files = files
        self._address = f"{address}/api/vault/v1"

    async def deposit(  # noqa: PLR0913 - what a deposit is
        self, place: Place, version_id: UUID, *, by: UUID, name: str, size: int, sha256: str,
        chunks: AsyncIterator[bytes],
    ) -> VaultFile:  # fmt: skip
        """Store the bytes; raise FileEmpty, FileTooLarge, FileDiffers, FileTooSlow or Unavailable: nothing is kept."""
        ticket = self._files.deposit_ticket(place, version_id, by=by, name=name, size=size, sha256=sha256)
        headers = {"Authorization": f"Bearer {ticket}", "Content-Length": str(size)}
        async with httpx.AsyncClient(base_url=self._address, timeout=TIMEOUT, trust_env=False) as client:
            try:
                answer = await client.put(_path(version_id), headers=headers, content=_exactly(chunks, size))
            except httpx.TransportError as error:
                raise Unavailable(peer="vault") from error
        return _file(_accepted(answer), name)


async def _exactly(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """Pass on as many bytes as were announced: the connection to the vault counts them too."""
    passed = 0
    async for chunk in chunks:
        passed += len(chunk)
        if passed > size:
            raise FileDiffers
        yield chunk
    if passed < size:
        raise FileDiffers


def _accepted(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in {HTTPStatus.OK, HTTPStatus.CREATED}:
        receipt: dict[str, Any] = answer.json()
        return receipt
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    refusal = _REFUSALS.get(problem.get("code", ""))
    if refusal is None:
        raise Unavailable(peer="vault")
    raise refusal(**{name: problem[name] for name in ("limit",) if name in problem})


def _file(said: Mapping[str, Any], name: str | None) -> VaultFile:
    return VaultFile(
        version_id=UUID(said["version_id"]),
        name=name,
        size=said["size"],
        sha256=said["sha256"],
        media_type=said["media_type"],
        manifest_sha256=said.get("manifest_sha256"),
    )


def _place(item: Mapping[str, Any]) -> Place:
    """Return where a file belongs, as the vault says."""
    return Place(
        office_id=UUID(item["office_id"]),
        dossier_id=_uuid(item["dossier_id"]),
        about_id=UUID(item["request_id"]),
        owner_id=UUID(item["owner_id"]),
    )


def _path(version_id: UUID) -> str:
    return f"/documents/{version_id}/content"


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
