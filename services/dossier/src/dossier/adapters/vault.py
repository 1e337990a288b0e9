"""The vault, asked for the names of files at the time of use: they are personal, and kept there only."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from uuid import UUID

from chassis.client import ServiceClient, Unavailable

from dossier.application.ports import File, Scan

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
