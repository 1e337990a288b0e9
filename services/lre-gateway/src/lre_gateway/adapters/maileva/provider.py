"""The port to Maileva."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from lre_gateway.adapters.maileva import consents, proofs, senders, sendings
from lre_gateway.adapters.maileva.absent import Absent
from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.hints import hints
from lre_gateway.adapters.maileva.products import BY_LEVEL
from lre_gateway.adapters.maileva.spool import Spool
from lre_gateway.adapters.maileva.status_map import snapshot
from lre_gateway.adapters.provider_http import problem_of
from lre_gateway.application.provider import (
    Addressee,
    Capabilities,
    ConsentAnswer,
    ContractBreach,
    DocRef,
    EvidenceFile,
    Grant,
    GrantExpired,
    Health,
    Hint,
    Idempotency,
    Order,
    OutcomeUnknown,
    ProviderError,
    ProviderRejected,
    Rejection,
    Released,
    SenderAuth,
    SenderStatus,
    Snapshot,
    Submitted,
    Webhook,
)
from lre_gateway.domain.vocabulary import EvidenceKind, Status

MAX_TOTAL_BYTES = 256_000_000
MAX_CONTENT_CHARS = 20_000
"""Ours, for a text that goes as pages; the message beside them is shorter."""
_MEDIA = {EvidenceKind.FULL_ARCHIVE: ("application/zip", b"PK")}
_PDF = ("application/pdf", b"%PDF-")


class Maileva(Absent):
    """The provider over `client`. A reference is `<product>:<number of the sending>`, one letter each."""

    name = "maileva"

    def __init__(self, client: MailevaClient, clock: Callable[[], datetime], *, spool: Spool | None = None) -> None:
        self._client = client
        self._clock = clock
        self._spool = spool or Spool()

    def capabilities(self) -> Capabilities:
        """Return what the provider's published interfaces say."""
        return Capabilities(
            levels=frozenset(BY_LEVEL),
            drafts_at_provider=True,
            sender_auth=SenderAuth.OTP,
            auth_grant_seconds=senders.GRANT_SECONDS,
            consent_api=True,
            consent_enforced=False,
            payment_methods_api=False,
            webhook=Webhook.HINT,
            recipient_change_api=False,
            cancel_draft=True,
            idempotency=Idempotency.REFERENCE_SEARCH,
            max_total_bytes=MAX_TOTAL_BYTES,
            max_content_chars=MAX_CONTENT_CHARS,
            reuse_documents=False,
            evidence_kinds=frozenset({
                EvidenceKind.DEPOSIT_AND_SENDING, EvidenceKind.DEPOSIT, EvidenceKind.RECEPTION, EvidenceKind.REFUSAL,
                EvidenceKind.NON_CLAIM, EvidenceKind.NON_DELIVERY, EvidenceKind.CONTENT, EvidenceKind.FULL_ARCHIVE,
            }),
        )  # fmt: skip

    def health(self) -> Health:
        """Ask for one sender."""
        try:
            self._client.get(senders.SENDERS, {"start_index": 1, "count": 1})
        except ProviderError:
            return "down"
        return "up"

    def sender(self, account_or_email: str) -> SenderStatus:
        """Read a sender."""
        return senders.status(self._client, account_or_email)

    def request_access(self, email: str) -> None:
        """Have a sender's existing account linked."""
        senders.request_access(self._client, email)

    def order_credential(self, account: str) -> None:
        """Order the sender's key."""
        senders.order_credential(self._client, account)

    def consents(self, account: str) -> tuple[ConsentAnswer, ...]:
        """Return where the consents that the sender asked for stand."""
        return consents.of_sender(self._client, account)

    def request_consent(self, account: str, addressee: Addressee) -> None:
        """Have a person asked, within the provider's seven days."""
        consents.request(self._client, account, addressee)

    def upload(self, account: str, name: str, media_type: str, content: bytes | Path) -> DocRef:
        """Keep a file until the next submission: it is sent with it."""
        del account  # a file is not the sender's, it is a sending's
        reference, size = self._spool.put(name, media_type, content)
        if not size or size > MAX_TOTAL_BYTES:
            self._spool.take([reference])
            raise ProviderRejected(Rejection.TOTAL_TOO_BIG if size else Rejection.FILE_EMPTY, "", "documents")
        return reference

    def authenticate(self, account: str, otp: str) -> Grant:
        """Authenticate the sender for an hour."""
        return senders.authenticated(self._client, account, otp, self._clock)

    def submit(self, order: Order, grant: Grant | None) -> Submitted:
        """Make a draft, and send it unless it has to wait for the sender's code."""
        product = BY_LEVEL[order.level]
        files = self._spool.take(order.documents)
        ref = sendings.drafted(self._client, product, order, files)
        if product.needs_code and grant is None:
            return Submitted(ref=ref, status=Status.AWAITING_SENDER_AUTH)
        try:
            sendings.submitted(self._client, ref)
        except OutcomeUnknown:
            raise
        except ProviderError:
            sendings.removed(self._client, ref)
            raise
        return Submitted(ref=ref, status=Status.IN_TRANSIT)

    def release(self, account: str, refs: Sequence[str], grant_or_otp: Grant | str) -> tuple[Released, ...]:
        """Submit drafts one by one; a code that is no longer good stops the rest."""
        grant = grant_or_otp if isinstance(grant_or_otp, Grant) else self.authenticate(account, grant_or_otp)
        if grant.expires_at <= self._clock():
            raise GrantExpired("the hour is over")
        answers: list[Released] = []
        for ref in refs:
            try:
                sendings.submitted(self._client, ref)
            except GrantExpired as error:
                if not any(answer.outcome == "released" for answer in answers):
                    raise
                rest = refs[len(answers) :]
                answers += [Released(ref=one, outcome="refused", problem=problem_of(error)) for one in rest]
                break
            except OutcomeUnknown as error:
                answers.append(self._looked_up(ref, error))
            except ProviderError as error:
                answers.append(Released(ref=ref, outcome="refused", problem=problem_of(error)))
            else:
                answers.append(Released(ref=ref, outcome="released"))
        return tuple(answers)

    def cancel(self, ref: str) -> None:
        """Remove a draft."""
        self._client.delete(sendings.located(ref)[1])

    def get(self, ref: str) -> Snapshot:
        """Read a letter, in two calls."""
        return snapshot(*sendings.read(self._client, ref))

    def get_many(self, refs: Sequence[str]) -> tuple[Snapshot, ...]:
        """Read letters, in two calls each: no list shows recipients."""
        return tuple(self._shown(refs))

    def find(self, account: str, reference: str) -> Snapshot | None:
        """Search everything that was sent, of any sender: our reference is unique. A draft sent nothing: absent."""
        del account  # no list can be filtered
        return sendings.by_reference(self._client, reference)

    def evidence(self, ref: str, kind: EvidenceKind) -> EvidenceFile | None:
        """Read the letter afresh, then fetch what it announces."""
        product, _, recipient = sendings.read(self._client, ref)
        try:
            proof = proofs.announced(product, recipient).get(kind)
        except ValueError:
            raise ContractBreach("a date of the sending cannot be read") from None
        if proof is None:
            return None
        path = f"{sendings.located(ref)[1]}/recipients/{sendings.number_of(recipient)}/{proof.action}"
        media_type, begin = _MEDIA.get(kind, _PDF)
        try:
            reply = self._client.fetch(path)
        except ProviderRejected:
            return None
        if not reply.content.startswith(begin):
            return None
        return EvidenceFile(
            kind=kind, at=proof.at, media_type=media_type, content=reply.content, source=self._client.source(path)
        )

    def hints(self, headers: Mapping[str, str], body: bytes) -> tuple[Hint, ...]:
        """Read a call of the notification centre."""
        del headers
        return hints(body)

    def _shown(self, refs: Sequence[str]) -> Iterator[Snapshot]:
        for ref in dict.fromkeys(refs):
            try:
                yield self.get(ref)
            except ProviderRejected:
                continue

    def _looked_up(self, ref: str, lost: OutcomeUnknown) -> Released:
        try:
            if self.get(ref).status not in {Status.AWAITING_SENDER_AUTH, Status.CANCELLED, Status.UNRECOGNIZED}:
                return Released(ref=ref, outcome="released")
        except ProviderError:
            pass
        return Released(ref=ref, outcome="unknown", problem=problem_of(lost))
