"""The register of the people an office writes to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotAllowed, Stale
from eventstore import Changed, Missing, Store, retried

from lre_gateway.application.access import Access, office_of, person, worker
from lre_gateway.application.clock import Clock
from lre_gateway.application.erasing import erase_subject
from lre_gateway.application.ports import Directory, Register
from lre_gateway.domain.erasure import Erasure
from lre_gateway.domain.party import Postal
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.refusals import ErasedByIdentity, NotAClient, RecipientKnown
from lre_gateway.domain.vocabulary import Kind

ERASERS = frozenset({"notary", "compliance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecipient:
    """Who to write to."""

    kind: Kind
    last_name: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    postal: Postal | None = field(default=None, repr=False)
    person_id: UUID | None = None
    """The client of the office that they are, if identity knows them."""


class Recipients:
    """The use cases of recipients, for the staff of an office."""

    def __init__(self, *, store: Store, access: Access, directory: Directory, register: Register, clock: Clock) -> None:
        self._store = store
        self._access = access
        self._directory = directory
        self._register = register
        self._clock = clock

    def add(self, actor: Actor, new: NewRecipient) -> Any:
        """Write somebody into the register; return the id. A client of the office is there once."""
        office_id = worker(actor)
        if new.person_id is not None:
            if not self._directory.is_client(new.person_id, office_id):
                raise NotAClient
            if known := self._register.recipient_of_person(new.person_id, office_id):
                raise RecipientKnown(recipient_id=str(known))
        recipient = made(office_id, uuid4(), new)
        return self._store.save(recipient, actor=actor, outcome={"id": str(recipient.id)})

    def get(self, actor: Actor, recipient_id: UUID) -> Recipient:
        """Return a recipient with the latest consent."""
        return self._access.recipient(actor, recipient_id)

    @retried
    def change(self, actor: Actor, recipient_id: UUID, version: int, changes: Mapping[str, Any]) -> int:
        """Change some of kind, names, company, email and postal (a Postal) of the version read; return the new one."""
        recipient = self._access.recipient(actor, recipient_id, to_change=True)
        if recipient.version != version:
            raise Stale
        plain = dict(changes)
        if "kind" in plain:
            plain["kind"] = Kind(plain["kind"]).value
        if plain.get("postal") is not None:
            plain["postal"] = asdict(plain["postal"])
        recipient.change(**plain)
        self._store.save(recipient, actor=actor)
        return recipient.version

    @retried
    def opt_out(self, actor: Actor, recipient_id: UUID, *, opted_out: bool) -> None:
        """Note that they want paper instead of electronic notices, or no longer do."""
        recipient = self._access.recipient(actor, recipient_id, to_change=True)
        recipient.opt_out(opted_out=opted_out, actor_id=person(actor), at=self._clock())
        self._store.save(recipient, actor=actor)

    def erase(self, actor: Actor, recipient_id: UUID) -> None:
        """Forget who they were, for a notary or a compliance officer (RGPD art. 17).

        Letters that did not leave are given up; the proofs of those that did are kept by law. Somebody with an account
        is erased by the platform's own erasure, which reaches here. To ask again changes nothing.
        """
        if actor.role not in ERASERS:
            raise NotAllowed
        office_of(actor)
        recipient = self._access.recipient(actor, recipient_id)
        if recipient.person_id is not None:
            raise ErasedByIdentity
        try:
            self._store.get(Erasure, Erasure.create_id(recipient.subject_id))
        except Missing:
            changed = erase_subject(self._store, self._register, recipient.subject_id, self._clock())
            try:
                self._store.save(*changed, actor=actor)
            except Changed:  # a letter left at this moment: its proofs will be kept, the rest is asked again
                self._store.save(
                    *erase_subject(self._store, self._register, recipient.subject_id, self._clock()), actor=actor
                )


def made(office_id: UUID, recipient_id: UUID, new: NewRecipient) -> Recipient:
    """Return a new recipient; one that identity knows is that person, one that it does not is only itself."""
    return Recipient.begin(
        recipient_id,
        office_id=office_id,
        subject_id=new.person_id or recipient_id,
        person_id=new.person_id,
        kind=new.kind.value,
        last_name=new.last_name,
        first_name=new.first_name,
        company=new.company,
        email=new.email,
        postal=None if new.postal is None else asdict(new.postal),
    )
