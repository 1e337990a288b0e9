"""A plausible life of some offices, lived through the aggregates of the services and recorded in their real stores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from dossier.domain.erasure import Erasure as DossierErasure
from dossier.domain.presets import Presets
from dossier.wiring import _facts as dossier_facts
from eventstore import LEDGER, FileKeyService, KeyService, Projection, Store, migrate
from identity.domain.erasure import Basis
from identity.domain.erasure import Erasure as IdentityErasure
from identity.domain.membership import Membership
from identity.domain.office import Office
from identity.domain.person import Person
from identity.domain.sign_in import NOBODY, Invitation, RefusedCode, RefusedSignIn, SentCode, Session
from identity.wiring.parts import facts as identity_facts
from messaging.domain.erasure import Erasure as MessagingErasure
from messaging.domain.notification import Channel, Notice, Notification, Template
from messaging.wiring import _facts as messaging_facts
from vault.application.facts import facts as vault_facts
from vault.domain.document import Document
from vault.domain.erasure import Erasure as VaultErasure

FACTS: Mapping[str, Callable[..., Any]] = {
    "identity": identity_facts,
    "dossier": dossier_facts,
    "vault": vault_facts,
    "messaging": messaging_facts,
}
ERASURES: Mapping[str, Any] = {
    "identity": IdentityErasure,
    "dossier": DossierErasure,
    "vault": VaultErasure,
    "messaging": MessagingErasure,
}
FIRST = ("Anne", "Paul", "Zoé", "Émile", "Inès", "Luc", "Maÿlis", "Noël", "Ève", "Jean-René", "Søren", "Łucja")
LAST = ("Martin", "Œillet", "L'Hôte", "D'Aubigné", "Nguyễn", "Ben Amar", "Müller", "da Silva", "Šimić", "Le Goff")
DEEDS = {
    "vente": ("Titre de propriété", "Pièce d'identité", "Diagnostics techniques (DPE, amiante)", "RIB"),
    "succession": ("Acte de décès", "Livret de famille", "Relevés bancaires à la date du décès", "Testament"),
    "donation": ("Pièce d'identité", "Contrat de mariage", "Évaluation du bien"),
    "bail-habitation": ("Bail précédent", "Justificatif de domicile", "Avis d'imposition"),
}
REASONS = (
    "La copie est illisible : merci de la numériser à plat.",
    "Ce document est périmé depuis le 3 mars.",
    "Il manque le verso 🙂 — et la page n° 2.",
    "Le RIB n'est pas au nom du vendeur\u00a0; « RIB-1 » ne convient pas.",
)


def open_stores(url_of: Callable[[str], str], keys: KeyService) -> dict[str, Store]:
    """Open the event store of every service; whoever asked closes them."""
    return {svc: Store(svc, url_of(svc), projection=Projection(), keys=keys, facts=FACTS[svc]) for svc in FACTS}


def new_stores(url_of: Callable[[str], str], keys: FileKeyService) -> dict[str, Store]:
    """Make the tables of every service's event store, and open them."""
    for svc in FACTS:
        migrate(url_of(svc), LEDGER)
    return open_stores(url_of, keys)


@dataclass
class Life:
    """What happened, and who there is."""

    stores: dict[str, Store]
    random: Random
    offices: list[UUID] = field(default_factory=list)
    members: dict[UUID, list[Actor]] = field(default_factory=dict)
    clients: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)  # (person, office, dossier)
    dossiers: list[tuple[UUID, UUID]] = field(default_factory=list)  # (dossier, office)
    documents: list[UUID] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)
    calls: int = 0
    events: int = 0

    def found_office(self, number: int, members: int) -> UUID:
        """Register an office with a notary, whom the identity provider vouches for, and colleagues."""
        office = Office(crpcen=f"7500{number}", name=f"Étude n° {number} — {self.random.choice(LAST)}")
        self._save("identity", Actor.system(correlation_id=self._call()), office)
        self.offices.append(office.id)
        self.members[office.id] = []
        for step in range(members):
            role = ("notary", "collaborator", "compliance")[min(step, 2)] if step < 3 else "collaborator"
            self._member(office.id, role)
        notary = self.members[office.id][0]
        for deed, documents in DEEDS.items():
            chosen = Presets(office_id=office.id, deed_type=deed, documents=[*documents, "Autre pièce"])
            self._save("dossier", notary, chosen)
        return office.id

    def matter(self, office: UUID) -> UUID:
        """Live one dossier from its opening; most are completed, some archived."""
        notary, deed = self.members[office][0], self.random.choice(list(DEEDS))
        title = f"{deed.capitalize()} {self.random.choice(LAST)}"
        dossier = Dossier(
            office_id=office,
            number=f"2026-{len(self.dossiers) + 1:04}",
            deed_type=deed,
            title=title,
            note=self.random.choice((None, "À rappeler avant le 15.")),
            whole_office=self.random.random() < 0.7,
            member_ids=[str(member.person_id) for member in self.members[office][1:2]],
            opened_by=notary.person_id or NOBODY,
        )
        self._save("dossier", notary, dossier)
        self.dossiers.append((dossier.id, office))
        clients = [self._client(office, dossier, notary) for _ in range(self.random.choice((1, 2, 2, 3)))]
        requests = [request for client in clients for request in self._ask(dossier, deed, client, notary)]
        for request in requests:
            self._answer(request, notary)
        self._offer(dossier, clients[0])
        if self.random.random() < 0.3:
            edited = f"{title} / {self.random.choice(LAST)}"
            dossier.edit(number=dossier.number, title=edited, deed_type=deed, note="Revu.")
            dossier.change_access(whole_office=True, member_ids=[])
        if self.random.random() < 0.8:
            dossier.complete()
            self._tell(notary.person_id, Template.DOSSIER_COMPLETED, office, dossier.id)
        self._save("dossier", notary, dossier)
        if self.random.random() < 0.4:
            dossier.archive()
            self._save("dossier", notary, dossier)
        return dossier.id

    def erase(self, person: UUID, office: UUID, basis: Basis) -> None:
        """Have a person erased: identity says so first, then each service destroys its key and says so."""
        officer = self.members[office][-1]
        found = self.stores["identity"].get(Person, person)
        found.erase(office, basis)
        self._save("identity", officer, found)
        for svc, erasure in ERASURES.items():
            keys = int(self.stores[svc].keys.destroy(person))
            self._save(svc, Actor.system(correlation_id=self._call()), erasure(person_id=person, keys=keys))
        self.erased.append(person)

    def _member(self, office: UUID, role: str) -> None:
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        person = Person(
            "staff", office, first, last, f"{first}@etude.example", None, "https://idnot.example", uuid4().hex
        )
        actor = Actor(person_id=person.id, kind="staff", office_id=office, role=role, correlation_id=self._call())
        membership = Membership(person_id=person.id, office_id=office, role=role)
        if role == "notary":
            membership.assert_notary()
        else:
            notary = self.members[office][0].person_id or NOBODY
            membership.approve(notary)
            refused = Membership(person_id=person.id, office_id=self.offices[0], role="notary")
            refused.refuse(notary)
            self._save("identity", actor, refused)
        person.confirm_email()
        self._save("identity", actor, person, membership)
        self.members[office].append(actor)
        self._tell(person.id, Template.MEMBERSHIP_APPROVED, office)

    def _client(self, office: UUID, dossier: Dossier, notary: Actor) -> Actor:
        """Bring in a client, new or known."""
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        person = Person("client", office, first, last, f"{last}.{len(self.clients)}@poste.example", "+33612345678")
        actor = Actor(person_id=person.id, kind="client", correlation_id=self._call())
        invitation = Invitation(person_id=person.id, office_id=office)
        self._save("identity", notary, person, invitation)
        dossier.add_client(person.id)
        self._save("dossier", notary, dossier)
        self._tell(person.id, Template.INVITATION, office, dossier.id)
        sent = SentCode(person_id=person.id, office_id=office, purpose="registration")
        self._save("identity", Actor.system(correlation_id=self._call()), sent)
        if self.random.random() < 0.3:
            refused = RefusedCode(person_id=person.id, office_id=office, cause="wrong-code")
            unknown = RefusedSignIn(person_id=NOBODY, office_id=None, cause="unknown")
            self._save("identity", Actor.system(correlation_id=self._call()), refused, unknown)
        person.confirm_email()
        person.set_password(uuid4())
        if self.random.random() < 0.2:
            person.change(phone="+33687654321", last_name=f"{last}-{self.random.choice(LAST)}")
        session = Session(person_id=person.id, session_id=uuid4(), office_id=None, means="sms-code")
        self._save("identity", actor, person, session)
        if self.random.random() < 0.6:
            session.end("signed-out")
            self._save("identity", actor, session)
        self.clients.append((person.id, office, dossier.id))
        return actor

    def _ask(self, dossier: Dossier, deed: str, client: Actor, notary: Actor) -> list[DocumentRequest]:
        batch = uuid4()
        requests = [
            DocumentRequest(
                dossier_id=dossier.id,
                office_id=dossier.office_id,
                client_id=client.person_id or NOBODY,
                label=label,
                document_type=None if number else label[:20],
                batch_id=batch,
            )
            for number, label in enumerate(DEEDS[deed][: self.random.choice((2, 3, 4))])
        ]
        self._save("dossier", notary, *requests)
        self._tell(client.person_id, Template.DOCUMENTS_REQUESTED, dossier.office_id, dossier.id, batch_id=batch)
        return requests

    def _answer(self, request: DocumentRequest, notary: Actor) -> None:
        """Deposit versions until one is validated; sometimes the office gives up asking."""
        office, dossier, decider = request.office_id, request.dossier_id, notary.person_id or NOBODY
        if self.random.random() < 0.06:
            request.cancel(decider)
            self._save("dossier", notary, request)
            return
        version = self._deposit(request)
        while self.random.random() < 0.25:
            request.refuse(version, self.random.choice(REASONS), decider)
            self._save("dossier", notary, request)
            self._tell(request.client_id, Template.DOCUMENT_REFUSED, office, dossier, version_id=version)
            version = self._deposit(request)
        request.validate(version, decider)
        self._save("dossier", notary, request)

    def _offer(self, dossier: Dossier, client: Actor) -> None:
        offered = DocumentRequest.offered(
            uuid4(),
            dossier_id=dossier.id,
            office_id=dossier.office_id,
            client_id=client.person_id or NOBODY,
            label="Plan de la maison.png",
        )
        self._save("dossier", client, offered)
        self._deposit(offered)

    def _deposit(self, request: DocumentRequest) -> UUID:
        """Store a version in the vault, have somebody look at it, and take it in."""
        version, client = uuid4(), Actor(person_id=request.client_id, kind="client", correlation_id=self._call())
        size, office = self.random.randrange(900, 9_000_000), request.office_id
        document = Document(
            office_id=office,
            dossier_id=request.dossier_id,
            request_id=request.id,
            owner_id=request.client_id,
            version_id=version,
            size=size,
            media_type=self.random.choice(("application/pdf", "image/jpeg", "image/png")),
            sha256=sha256(version.bytes).hexdigest(),
            manifest_sha256=sha256(b"manifest" + version.bytes).hexdigest(),
            object_key=uuid4().hex,
            name=f"{request.label or 'pièce'}.pdf",
        )
        self._save("vault", client, document)
        request.deposit(version, size, document.media_type)
        self._save("dossier", client, request)
        self._tell(self.members[office][0].person_id, Template.DOCUMENT_DEPOSITED, office, request.dossier_id,
                   version_id=version, about_id=request.client_id)  # fmt: skip
        if self.random.random() < 0.6:
            reader = self.random.choice(self.members[office])
            document.read(reader.person_id or NOBODY, "view")
            self._save("vault", reader, document)
        self.documents.append(version)
        return version

    def _tell(
        self, person: UUID | None, template: Template, office: UUID, dossier: UUID | None = None, **more: UUID
    ) -> None:
        """Queue a notification; it is sent, fails or is read."""
        channel = Channel.EMAIL if self.random.random() < 0.7 else Channel.IN_APP
        notice = Notice(
            person_id=person or NOBODY, channel=channel, template=template, office_id=office, dossier_id=dossier, **more
        )
        said = Notification.queue(uuid4(), notice, f"dossier:1:{self.calls}")
        actor = Actor.system(office_id=office, correlation_id=self._call())
        self._save("messaging", actor, said)
        if channel is Channel.IN_APP:
            said.read()
        elif self.random.random() < 0.95:
            said.sent(said.id)
        else:
            said.fail("mailbox-unknown")
        self._save("messaging", actor, said)

    def _save(self, svc: str, actor: Actor, *aggregates: Any) -> None:
        self.events += sum(len(aggregate.pending_events) for aggregate in aggregates)
        self.stores[svc].save(*aggregates, actor=actor)

    def _call(self) -> str:
        """Return the id of the next request."""
        self.calls += 1
        return f"call-{self.calls:06}"
