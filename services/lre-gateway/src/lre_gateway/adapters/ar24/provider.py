"""The port to AR24."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from chassis.logging import get_logger

from lre_gateway.adapters.ar24 import evidence, letters, listing, release, routes, senders
from lre_gateway.adapters.ar24.client import Ar24Client, Upload
from lre_gateway.adapters.ar24.hints import hints
from lre_gateway.adapters.ar24.optional import Optional
from lre_gateway.adapters.ar24.routes import CONFIRMED, Unconfirmed
from lre_gateway.adapters.ar24.status_map import EVIDENCE, snapshot
from lre_gateway.adapters.provider_http import MEBIBYTE, Effect
from lre_gateway.application.provider import (
    Capabilities,
    ContractBreach,
    DocRef,
    EvidenceFile,
    Grant,
    Health,
    Hint,
    Idempotency,
    NotSupported,
    Order,
    ProviderError,
    ProviderMaintenance,
    ProviderRejected,
    Rejection,
    Released,
    SenderAuth,
    SenderStatus,
    Snapshot,
    Submitted,
    Webhook,
)
from lre_gateway.domain.vocabulary import EvidenceKind, Level

MAX_TOTAL_BYTES = 256_000_000
MAX_CONTENT_CHARS = 20_000
"""Ours: the provider's own limit is not known."""
_REMEMBERED = 10_000
"""Uploads whose SHA-1 is kept for the comparison."""


class Ar24(Optional):
    """The provider over `client`; `unconfirmed` names what is on although no source shows its route."""

    name = "ar24"

    def __init__(
        self,
        client: Ar24Client,
        clock: Callable[[], datetime],
        *,
        unconfirmed: Unconfirmed = CONFIRMED,
        max_content_chars: int = MAX_CONTENT_CHARS,
    ) -> None:
        super().__init__(client, unconfirmed)
        self._clock = clock
        self._max_content_chars = max_content_chars
        self._sha1_of_uploads: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()
        self._log = get_logger(peer=self.name)

    def capabilities(self) -> Capabilities:
        """Return what is on."""
        on = self._unconfirmed
        return Capabilities(
            levels=letters.levels(on),
            drafts_at_provider=on.release is not None,
            sender_auth=SenderAuth.OTP,
            auth_grant_seconds=senders.GRANT_SECONDS,
            consent_api=on.consents is not None,
            consent_enforced=False,
            payment_methods_api=on.payment_methods is not None,
            webhook=Webhook.HINT,
            recipient_change_api=on.answer_change is not None,
            cancel_draft=on.cancel is not None,
            idempotency=Idempotency.REFERENCE_SEARCH,
            max_total_bytes=MAX_TOTAL_BYTES,
            max_content_chars=self._max_content_chars,
            reuse_documents=True,
            # a proof of deposit alone is of the first years; it now is one with the proof of sending
            evidence_kinds=frozenset(EVIDENCE) - {EvidenceKind.DEPOSIT},
        )

    def health(self) -> Health:
        """Ask for one account."""
        try:
            self._client.get(routes.SENDERS, {"max": 1, "start": 0})
        except ProviderMaintenance:
            return "maintenance"
        except ProviderError:
            return "down"
        return "up"

    def sender(self, account_or_email: str) -> SenderStatus:
        """Read a sender's account."""
        return senders.status(self._client, account_or_email)

    def request_access(self, email: str) -> None:
        """Have the provider mail its link; a second mail harms nobody."""
        self._client.post(routes.REQUEST_ACCESS, {"email": email}, Effect.HARMLESS)

    def order_credential(self, account: str) -> None:
        """Order the key, once: it is billed."""
        self._client.post(routes.CREDENTIAL, {"id_user": account}, Effect.ONCE)

    def upload(self, account: str, name: str, media_type: str, content: bytes | Path) -> DocRef:
        """Upload a file that serves any letter of the account."""
        sha256, sha1, size = _hashes(content)
        if not size:
            raise ProviderRejected(Rejection.FILE_EMPTY, "", "documents")
        if size > MAX_TOTAL_BYTES:
            raise ProviderRejected(Rejection.TOTAL_TOO_BIG, "", "documents")
        fields = {"id_user": account, "file_name": name}
        result = self._client.upload(routes.ATTACHMENT, fields, Upload(name, media_type, content))
        if not isinstance(result, dict) or not result.get("file_id"):
            raise ContractBreach("an upload without its number")
        number = str(result["file_id"])
        with self._lock:
            self._sha1_of_uploads[number] = sha1
            while len(self._sha1_of_uploads) > _REMEMBERED:
                self._sha1_of_uploads.popitem(last=False)
        return DocRef(id=number, sha256=sha256)

    def authenticate(self, account: str, otp: str) -> Grant:
        """Exchange a code for a grant of an hour."""
        return senders.authenticated(self._client, account, otp, self._clock)

    def submit(self, order: Order, grant: Grant | None) -> Submitted:
        """Send a letter, or leave a draft."""
        if grant is None and order.level is Level.QUALIFIED_LRE and self._unconfirmed.release is None:
            raise NotSupported("drafts_at_provider")
        route, form = letters.written(order, grant, self._unconfirmed)
        letter = self._client.post(route, form, Effect.ONCE)
        seen = snapshot(letter)
        if seen.reference not in {None, order.reference}:
            raise ContractBreach("another letter than the one sent")
        self._compare(letter)
        return Submitted(ref=seen.ref, status=seen.status)

    def release(self, account: str, refs: Sequence[str], grant_or_otp: Grant | str) -> tuple[Released, ...]:
        """Release drafts; a code is first exchanged, because it serves for one call only."""
        route = self._unconfirmed.release
        if route is None:
            raise NotSupported("drafts_at_provider")
        grant = grant_or_otp if isinstance(grant_or_otp, Grant) else self.authenticate(account, grant_or_otp)
        return release.released(self._client, route, account, refs, grant)

    def get(self, ref: str) -> Snapshot:
        """Read a letter."""
        return snapshot(self._letter(ref))

    def get_many(self, refs: Sequence[str]) -> tuple[Snapshot, ...]:
        """Read letters, fifty per call."""
        return tuple(map(snapshot, listing.by_number(self._client, refs)))

    def find(self, account: str, reference: str) -> Snapshot | None:
        """Search the sender's letters, the newest first."""
        letter = listing.by_reference(self._client, account, reference)
        return None if letter is None else snapshot(letter)

    def evidence(self, ref: str, kind: EvidenceKind) -> EvidenceFile | None:
        """Read the letter afresh, then fetch."""
        return evidence.fetched(self._client, lambda: self._letter(ref), kind)

    def hints(self, headers: Mapping[str, str], body: bytes) -> tuple[Hint, ...]:
        """Read a call; its headers say nothing that the body does not."""
        del headers
        return hints(body)

    def _letter(self, ref: str) -> Mapping[str, Any]:
        letter = self._client.get(routes.LETTER, {"id": ref})
        if snapshot(letter).ref != ref:
            raise ContractBreach("another letter than the one asked for")
        return dict(letter)

    def _compare(self, letter: Mapping[str, Any]) -> None:
        """Warn when the provider holds other bytes than ours; it is not confirmed that its field says so."""
        details = letter.get("attachments_details")
        for attachment in details if isinstance(details, list) else ():
            if not isinstance(attachment, dict):
                continue
            ours = self._sha1_of_uploads.get(str(attachment.get("id")))
            if ours is not None and str(attachment.get("hash_sha1") or ours) != ours:
                self._log.warning("attachment-hash-differs")


def _hashes(content: bytes | Path) -> tuple[str, str, int]:
    sha256, sha1, size = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), 0
    if isinstance(content, bytes):
        sha256.update(content)
        sha1.update(content)
        return sha256.hexdigest(), sha1.hexdigest(), len(content)
    with content.open("rb") as file:
        while chunk := file.read(MEBIBYTE):
            sha256.update(chunk)
            sha1.update(chunk)
            size += len(chunk)
    return sha256.hexdigest(), sha1.hexdigest(), size
