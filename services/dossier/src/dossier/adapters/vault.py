"""The vault: asked for the names of files at the time of use, and told which bytes to destroy."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from uuid import UUID

import httpx
from chassis.client import TIMEOUT, ServiceClient, Unavailable

from dossier.application.ports import File, Scan

GONE = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}
MAX_IDS = 100
"""How many versions one call asks for."""


class VaultFiles:
    """The port Files over HTTP."""

    def __init__(self, vault: ServiceClient) -> None:
        self._vault = vault

    def described(self, version_ids: Iterable[UUID]) -> Mapping[UUID, File]:
        """Ask for names and digests; a list without them is better than none, so an absent vault is no error."""
        wanted = sorted(set(map(str, version_ids)))
        found: dict[UUID, File] = {}
        try:
            for first in range(0, len(wanted), MAX_IDS):
                answer = self._vault.get("/internal/documents", {"ids": ",".join(wanted[first : first + MAX_IDS])})
                if answer.status_code != HTTPStatus.OK:
                    return found
                for item in answer.json()["items"]:
                    found[UUID(item["version_id"])] = File(item["name"], item["sha256"], Scan(**item["scan"]))
        except Unavailable:
            return found
        return found


class VaultShredder:
    """The port Shredder over HTTP; close it at the end."""

    def __init__(self, address: str) -> None:
        """`address` is where this process reaches the vault."""
        self._http = httpx.Client(base_url=f"{address.rstrip('/')}/api/vault/v1", timeout=TIMEOUT, trust_env=False)

    def destroy(self, version_id: UUID, ticket: str) -> None:
        """Destroy a version; one that the vault does not have is gone."""
        try:
            headers = {"Authorization": f"Bearer {ticket}"}
            answer = self._http.delete(f"/documents/{version_id}/content", headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(peer="vault") from error
        if answer.status_code not in GONE:
            raise Unavailable(peer="vault")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
