"""The key service of production: a key of OpenBao's transit engine, which never leaves the server.

The key is made with `derived=true`: each wrapped key is encrypted under a key of its own, which the server derives from
what the wrapped key is bound to. So nothing opens in another place, and the server rewraps without showing anything
(https://openbao.org/api-docs/secret/transit/; its `rewrap` knows no associated data).
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from eventstore.errors import KeyServiceAway, UnsafeConfiguration, WrongMasterKey
from eventstore.key_service import KeyService
from eventstore.openbao import BadRequest, Login, OpenBao, TokenFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.key_service import KeySettings, Wrapped

KEPT_SECONDS = 270.0
"""How long an unwrapped key is kept; with the 30 s of `eventstore.keys` nobody uses one for more than 5 minutes."""
KEPT_KEYS = 10_000
VERSIONS_SECONDS = 5.0

_MARK = re.compile(rb"vault:v([1-9][0-9]{0,9}):")


class TransitKeyService(KeyService):
    """The key `name` of a server; safe to use from several threads. Ciphertexts are `vault:v<number>:<base64>`."""

    def __init__(self, server: OpenBao, name: str, mount: str = "transit") -> None:
        self._server, self._name, self._mount = server, name, mount
        self._lock = threading.Lock()
        self._kept: dict[bytes, tuple[float, bytes]] = {}
        self._known: tuple[float, list[int]] = (0.0, [])

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    @override
    def wrap(self, key: bytes, context: bytes) -> bytes:
        if not self._known[1]:
            self.versions()
        try:
            answer = self._ask("encrypt", {"plaintext": _text(key), "context": _text(context)})
        except BadRequest as error:
            raise KeyServiceAway(str(error)) from None
        wrapped = str(answer["ciphertext"]).encode("ascii")
        self._keep(_place(wrapped, context), key)
        return wrapped

    @override
    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        self.version(wrapped)
        place = _place(wrapped, context)
        with self._lock:
            kept = self._kept.get(place)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        try:
            answer = self._ask("decrypt", {"ciphertext": wrapped.decode("ascii"), "context": _text(context)})
        except BadRequest as error:
            raise WrongMasterKey(str(error)) from None
        key = base64.b64decode(answer["plaintext"], validate=True)
        self._keep(place, key)
        return key

    @override
    def rewrap(self, items: Sequence[Wrapped]) -> list[bytes]:
        for item in items:
            self.version(item.blob)
        batch = [{"ciphertext": item.blob.decode("ascii"), "context": _text(item.context)} for item in items]
        try:
            results = self._ask("rewrap", {"batch_input": batch})["batch_results"]
        except BadRequest as error:
            raise WrongMasterKey(str(error)) from None
        if wrong := [result["error"] for result in results if result.get("error")]:
            raise WrongMasterKey(wrong[0])
        return [str(result["ciphertext"]).encode("ascii") for result in results]

    @override
    def version(self, wrapped: bytes) -> int:
        found = _MARK.match(wrapped)
        if found is None or not wrapped.isascii():
            raise WrongMasterKey("not wrapped by OpenBao")
        return int(found[1])

    @override
    def versions(self) -> list[int]:
        """Return them; raises UnsafeConfiguration if the key would not bind what it wraps to its place."""
        until, known = self._known
        if until > time.monotonic():
            return known
        try:
            described = self._server.ask("GET", f"{self._mount}/keys/{self._name}")["data"]
        except BadRequest as error:
            raise KeyServiceAway(f"{self._mount}/keys/{self._name}: {error}") from None
        if not described["derived"] or not described["supports_encryption"]:
            message = f"the key {self._name} of OpenBao must be made for encryption, with derived=true"
            raise UnsafeConfiguration(message)
        known = sorted(map(int, described["keys"]))
        self._known = (time.monotonic() + VERSIONS_SECONDS, known)
        return known

    def _ask(self, act: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.ask("POST", f"{self._mount}/{act}/{self._name}", body)["data"]
        return answer

    def _keep(self, place: bytes, key: bytes) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._kept) >= KEPT_KEYS:
                self._kept = {known: kept for known, kept in self._kept.items() if kept[0] > now}
            if len(self._kept) >= KEPT_KEYS:
                self._kept.clear()
            self._kept[place] = (now + KEPT_SECONDS, key)


def open_transit(settings: KeySettings, service: str) -> TransitKeyService:
    """Return the key of a service on the server that the settings name. Raises UnsafeConfiguration."""
    url, token = settings.transit_url, settings.transit_token_file
    role, jwt = settings.transit_role, settings.transit_jwt_file
    sign_in: TokenFile | Login | None = TokenFile(token) if token else None
    if role and jwt:
        sign_in = None if sign_in else Login(role, jwt, settings.transit_login)
    if url is None or sign_in is None:
        message = "OpenBao needs its address, and a token file or else a role with the file that shows who it is"
        raise UnsafeConfiguration(message)
    server = OpenBao(url, sign_in, settings.transit_ca_file)
    return TransitKeyService(server, settings.transit_key or f"scelle-{service}", settings.transit_mount)


def _place(wrapped: bytes, context: bytes) -> bytes:
    return hashlib.sha256(len(wrapped).to_bytes(8) + wrapped + context).digest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
