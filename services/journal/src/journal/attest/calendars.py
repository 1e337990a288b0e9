"""OpenTimestamps calendars: they take a digest, promise a Bitcoin block for it, and say later how to get there.

A calendar is asked at the address of the settings only, never at one that an answer names. Its answer is read within
limits and believed in nothing: what it is worth, verifiers say.
"""

from collections.abc import Sequence
from http import HTTPStatus

import httpx
from chassis.logging import get_logger
from proof.ots import Attestation, OtsInvalid, Proof, read

from journal.attest.posting import Answer, get, outside_client, post

TIMEOUT_SECONDS = 10.0
MAX_ANSWER = 10_000  # bytes, as other clients of calendars read
_DIGEST = "application/octet-stream"


class Calendars:
    """Asks every calendar of the settings."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = tuple(address.rstrip("/") for address in addresses)
        self._http = outside_client(TIMEOUT_SECONDS)
        self._log = get_logger()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def promises(self, digest: bytes) -> list[Attestation]:
        """Give a digest to every calendar; returns what those that answered attest or promise of it."""
        found: list[Attestation] = []
        for address in self.addresses:
            said = self._ask(address, "digest", digest, new=True)
            if said and not any(one.height is not None or _address(one) == address for one in said):
                self._log.error("calendar-elsewhere", host=address)  # nobody is asked where an answer says
                continue
            found += said
        return found

    def continued(self, proof: Proof) -> Proof:
        """Return a proof with what its calendars know by now instead of what they promised."""
        for promise in proof.attestations:
            address, message = _address(promise), promise.message
            if address in self.addresses and address is not None and message is not None:
                said = self._ask(address, f"timestamp/{message.hex()}", message)
                if any(one.height is not None for one in said):
                    proof = proof.continued(promise, said)
        return proof

    def _ask(self, address: str, path: str, message: bytes, *, new: bool = False) -> Sequence[Attestation]:
        """Return what a calendar says of a message, given to it just now or before; nothing where it says nothing."""
        try:
            answer = self._answer(f"{address}/{path}", message if new else None)
            if answer.status == HTTPStatus.OK and len(answer.body) <= MAX_ANSWER:
                return read(answer.body, message)
            if new or answer.status != HTTPStatus.NOT_FOUND:  # before the block it is not found
                self._log.warning("calendar-refused", host=address, status=answer.status)
        except httpx.HTTPError as error:
            self._log.warning("calendar-silent", host=address, error=type(error).__name__)
        except OtsInvalid as error:
            self._log.error("calendar-invalid", host=address, cause=str(error))
        return ()

    def _answer(self, url: str, digest: bytes | None) -> Answer:
        if digest is None:
            return get(self._http, url, MAX_ANSWER)
        return post(self._http, url, digest, _DIGEST, MAX_ANSWER)


def _address(promise: Attestation) -> str | None:
    return promise.calendar and promise.calendar.rstrip("/")
