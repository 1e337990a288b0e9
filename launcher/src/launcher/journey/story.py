"""The twelve steps of the reference journey, each through the gateway, each told in a sentence."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from launcher.journey.deposits import DOSSIERS, Deposited, deposit_from, look, wait_until_seen
from launcher.journey.documents import BESIDES, REQUESTS, Pile
from launcher.journey.letters import Mailing, addressees
from launcher.journey.people import (
    IDENTITY,
    Client,
    Member,
    approve,
    ask_for_membership,
    become_signed_in,
    client_signs_in,
    client_stays_signed_in,
    first_access,
    new_client,
    sign_in_at_idnot,
)
from launcher.journey.world import JourneyBroken, World, until

JOURNAL = "/api/journal/v1"
PURPOSE = "purpose=control"  # why the compliance role reads, which the journal keeps
MESSAGES = "/api/messages/v1"
CRPCEN = "75999"
NOTARY = Member("claire.morel@notaires.fr", "Notaire-demo-1")
STRANGER = Member("hugo.lambert@notaires.fr", "Notaire-demo-2")
REASON = "Le document est illisible : merci de le photographier à plat, sans reflet."
UNREQUESTED = "Plan de l'appartement"
FIRST_REQUESTS = 3  # documents of the preset list that the first client is asked for


class Journey:
    """One walk; ``steps`` are to be taken in order. ``tell`` gets a French sentence for everything that happened."""

    def __init__(self, world: World, pile: Pile, tell: Callable[[str], None]) -> None:
        """Invent the people of this walk; nothing is sent yet."""
        self.world, self.pile, self.tell = world, pile, tell
        self.run = secrets.token_hex(3)
        office = "etude-morel.example"
        self.notary = Member(NOTARY.email, NOTARY.password)
        self.stranger = Member(STRANGER.email, STRANGER.password)
        self.clerk = Member(f"lea.fournier.{self.run}@{office}", secrets.token_urlsafe(12), "Léa", "Fournier")
        self.auditor = Member(f"ines.roche.{self.run}@{office}", secrets.token_urlsafe(12), "Inès", "Roche")
        self.clients = [new_client("Jeanne", "Durand", self.run), new_client("Paul", "Martin", self.run)]
        self.number = f"2026-{self.run}"
        self.dossier = ""
        self.requests: list[tuple[Client, str]] = []
        self.deposits: list[Deposited] = []
        self.refused: Deposited | None = None
        self.mailing: Mailing | None = None
        self.proofs: dict[str, dict[str, Any]] = {}  # of the ends of letters, by end
        self.events: list[dict[str, Any]] = []
        self.certificate = b""
        self.bundle = b""
        self.steps: tuple[Callable[[], None], ...] = (
            self.step_1_the_office_signs_in,
            self.step_2_a_dossier_is_opened,
            self.step_3_two_clients_are_added,
            self.step_4_documents_are_requested,
            self.step_5_the_clients_sign_in,
            self.step_6_the_clients_deposit,
            self.step_7_the_office_decides,
            self.step_8_the_refused_document_is_deposited_again,
            self.step_9_registered_letters_leave,
            self.step_10_the_letters_come_to_their_ends,
            self.step_11_the_dossier_is_complete,
            self.step_12_the_journal_shows_and_exports,
        )

    def walk(self) -> None:
        """Take every step."""
        for step in self.steps:
            step()

    def renew_tokens(self) -> None:
        """Give everybody who has signed in a fresh access token; the former ones live for ten minutes."""
        for member in (self.notary, self.stranger, self.clerk, self.auditor):
            if member.token:
                become_signed_in(self.world, member)
        for client in self.clients:
            if client.token:
                client_stays_signed_in(self.world, client)

    def step_1_the_office_signs_in(self) -> None:
        """Sign in a notary, and newcomers only after the notary's approval (L-11, L-18 to L-21)."""
        become_signed_in(self.world, self.notary)
        self.tell(f"{self.notary.name}, notaire (CRPCEN {CRPCEN}), se connecte par ID.not.")
        for newcomer, role in ((self.clerk, "collaborator"), (self.auditor, "compliance")):
            ask_for_membership(self.world, newcomer, CRPCEN, role)
            early = sign_in_at_idnot(self.world, newcomer)
            if early.status_code != HTTPStatus.FORBIDDEN:
                raise JourneyBroken(f"{newcomer.name} is not approved and gets {early.status_code}")
            approve(self.world, self.notary, newcomer)
            become_signed_in(self.world, newcomer)
            self.tell(
                f"{newcomer.name} ({role}) crée son compte, est refusée, puis approuvée par le notaire, et entre."
            )

    def step_2_a_dossier_is_opened(self) -> None:
        """Open a dossier, which only those it is open to see (L-25 to L-31)."""
        opening = {
            "number": self.number,
            "title": "Bail Durand et Martin, 12 rue des Lilas",
            "deed_type": "bail-habitation",
            "note": "Rappeler la bailleresse avant le 15.",
            "whole_office": False,
        }
        answer = self._clerk("POST", "/dossiers", HTTPStatus.CREATED, opening)
        self.dossier = answer["id"]
        self._clerk("POST", "/dossiers", HTTPStatus.CONFLICT, opening)
        path = f"/dossiers/{self.dossier}"
        for outsider in (self.notary, self.auditor, self.stranger):
            if not outsider.token:
                become_signed_in(self.world, outsider)
            self.world.call("GET", DOSSIERS + path, HTTPStatus.NOT_FOUND, token=outsider.token)
        access = {"whole_office": False, "member_ids": [self.notary.id]}
        self._clerk("PUT", f"{path}/access", HTTPStatus.NO_CONTENT, access)
        self.world.call("GET", DOSSIERS + path, token=self.notary.token)
        foreign = self.world.call("GET", DOSSIERS + path, HTTPStatus.NOT_FOUND, token=self.stranger.token).json()
        unknown = f"{DOSSIERS}/dossiers/{uuid4()}"
        if _bare(foreign) != _bare(
            self.world.call("GET", unknown, HTTPStatus.NOT_FOUND, token=self.stranger.token).json()
        ):
            raise JourneyBroken("another office can tell a foreign dossier from one that does not exist")
        self.tell(f"{self.clerk.name} ouvre le dossier {self.number} ; un second du même numéro est refusé.")
        self.tell("Il est ouvert au notaire seul ; pour une autre étude il n'existe pas (404).")

    def step_3_two_clients_are_added(self) -> None:
        """Two clients, one of them found among those the office knows (L-34 to L-37)."""
        for client in self.clients:
            body = {name: getattr(client, name) for name in ("first_name", "last_name", "email", "phone")}
            wrong = body | {"phone": "12"}
            clients = f"{IDENTITY}/clients"
            self.world.call("POST", clients, HTTPStatus.UNPROCESSABLE_ENTITY, token=self.clerk.token, body=wrong)
            made = self.world.call("POST", clients, HTTPStatus.CREATED, token=self.clerk.token, body=body).json()
            found = self.world.call("GET", f"{clients}?q={client.email}", token=self.clerk.token).json()["items"]
            client.id = found[0]["id"]
            if client.id != made["id"]:
                raise JourneyBroken("a client who was just added is not found")
            path = f"/dossiers/{self.dossier}/clients"
            self._clerk("POST", path, HTTPStatus.NO_CONTENT, {"client_id": client.id})
        self.tell(f"Deux clients sont ajoutés : {self.clients[0].name} et {self.clients[1].name}.")

    def step_4_documents_are_requested(self) -> None:
        """Documents of the preset list of the deed type, and one that is not in it (L-39 to L-44)."""
        deed_types = self._clerk("GET", "/deed-types")
        presets = [
            document["code"]
            for deed_type in deed_types
            if deed_type["code"] == "bail-habitation"
            for document in deed_type["documents"]
        ]
        first, second = self.clients
        asked = presets[1 : 1 + FIRST_REQUESTS]
        self._ask(first, asked, ["Attestation d'assurance habitation"])
        more = max(REQUESTS, len(self.pile) - BESIDES) - len(asked) - 1
        rest = presets[1 + FIRST_REQUESTS : 1 + FIRST_REQUESTS + more]
        others = [f"Autre pièce n° {number}" for number in range(1, more - len(rest) + 1)]
        self._ask(second, rest, others)
        outside = f"dont {1 + len(others)} hors de la liste du bail d'habitation"
        self.tell(f"{len(self.requests)} documents sont demandés, {outside}.")

    def step_5_the_clients_sign_in(self) -> None:
        """Invitation by e-mail, code by SMS, password; wrong and used codes are refused (L-46 to L-51)."""
        for client in self.clients:
            shown = first_access(self.world, client)
            if client.phone[-4:] not in shown.replace(" ", "") or client.phone[3:8] in shown.replace(" ", ""):
                raise JourneyBroken(f"the number is shown as {shown}")
            client_signs_in(self.world, client)
            self.tell(f"{client.name} suit son invitation, reçoit un code au {shown} et choisit un mot de passe.")
        self.tell("Un code faux, un code déjà utilisé et un mot de passe trop court sont refusés.")

    def step_6_the_clients_deposit(self) -> None:
        """Deposit a file for each request and one nobody asked for (L-53 to L-59); the office is told (L-04, L-60)."""
        said: list[str] = []
        for client, request in self.requests:
            path = f"{DOSSIERS}/requests/{request}/deposits"
            self.deposits.append(deposit_from(self.world, self.pile, path, client.token, said))
        offer, client = f"{DOSSIERS}/dossiers/{self.dossier}/deposits", self.clients[0]
        self.deposits.append(deposit_from(self.world, self.pile, offer, client.token, said, label=UNREQUESTED))
        for sentence in said:
            self.tell(sentence)
        wait_until_seen(self.world, self.clerk.token, self.dossier, {one.version_id for one in self.deposits})
        self.world.mail_to(self.notary.email, self.number)
        until(self._notary_is_told, "a notification for the notary")
        if self._clerk("GET", f"/dossiers/{self.dossier}")["waiting"] != len(self.deposits):
            raise JourneyBroken("the office does not see every deposit that waits")
        self.tell(
            f"{len(self.deposits)} fichiers sont déposés et chiffrés, dont un non demandé ; l'étude est prévenue."
        )

    def step_7_the_office_decides(self) -> None:
        """Each document is opened, then validated or refused; no download before validation (L-62 to L-65)."""
        self.refused = self.deposits[1]
        for deposited in self.deposits:
            path = f"/requests/{deposited.request_id}/versions/{deposited.version_id}"
            look(self.world, self.clerk.token, deposited, "views")
            self._clerk("POST", f"{path}/downloads", HTTPStatus.CONFLICT)
            if deposited is self.refused:
                self._clerk("POST", f"{path}/refusal", HTTPStatus.UNPROCESSABLE_ENTITY, {"reason": " "})
                self._clerk("POST", f"{path}/refusal", HTTPStatus.NO_CONTENT, {"reason": REASON})
                self._clerk("POST", f"{path}/validation", HTTPStatus.CONFLICT)
            else:
                self._clerk("POST", f"{path}/validation", HTTPStatus.NO_CONTENT)
                look(self.world, self.clerk.token, deposited, "downloads")
        self.tell("L'étude ouvre chaque document ; le téléchargement est refusé avant validation et possible après.")
        self.tell(f"« {self.refused.file.name} » est refusé : {REASON}")

    def step_8_the_refused_document_is_deposited_again(self) -> None:
        """Let the client read why and deposit again; the history keeps both versions (L-66, L-67)."""
        client, request = self.requests[1]
        mail = self.world.mail_to(client.email, "est à déposer de nouveau")
        if REASON not in " ".join(mail["text"].split()) or self.dossier not in "".join(mail["links"]):
            raise JourneyBroken("the e-mail about the refusal lacks the reason or the link")
        again = deposit_from(self.world, self.pile, f"{DOSSIERS}/requests/{request}/deposits", client.token, [])
        self.deposits.append(again)
        wait_until_seen(self.world, self.clerk.token, self.dossier, {again.version_id})
        path = f"/requests/{request}/versions/{again.version_id}/validation"
        self._clerk("POST", path, HTTPStatus.NO_CONTENT)
        listed = self._clerk("GET", f"/dossiers/{self.dossier}/requests")["items"]
        versions = next(one["versions"] for one in listed if one["id"] == request)
        if [version["state"] for version in versions] != ["refused", "validated"]:
            raise JourneyBroken("the history does not keep both versions")
        self.tell(f"{client.name} lit le motif dans un courriel et dépose « {again.file.name} », qui est validé.")

    def step_9_registered_letters_leave(self) -> None:
        """One batch of four, checked, sent, and released with one code of the sender (A-11, A-31, A-38, A-53)."""
        recipients = addressees(self.clients, self.run)
        self.mailing = Mailing(self.world, self.clerk, self.dossier)
        self.mailing.leave(f"expediteur.{self.run}@etude-morel.example", recipients, self.number)
        self.tell(
            f"{len(recipients)} lettres recommandées électroniques sont contrôlées, puis validées par un seul code."
        )

    def step_10_the_letters_come_to_their_ends(self) -> None:
        """One is accepted, one refused, one undeliverable, one not claimed in time; each end has its proof (A-57)."""
        if self.mailing is None:
            raise JourneyBroken("no letter was sent")
        self.proofs = self.mailing.end()
        self.tell(
            "L'une est acceptée, une autre refusée, une autre sans adresse valable, la dernière n'est pas réclamée."
        )
        self.tell(f"Les {len(self.proofs)} preuves du prestataire sont au coffre, leurs empreintes dans le journal.")

    def step_11_the_dossier_is_complete(self) -> None:
        """At 100 % the dossier is sealed and has a certificate (L-31, L-32, L-68)."""
        shown = self._clerk("GET", f"/dossiers/{self.dossier}")
        if shown["completion"]["percent"] != 100 or not shown["completed_at"]:  # noqa: PLR2004 - all of them
            raise JourneyBroken(f"the dossier is not complete: {shown['completion']}")
        self.wait_for_the_seal()
        path = f"{JOURNAL}/dossiers/{self.dossier}/certificate"
        self.certificate = self.world.call("GET", path, token=self.clerk.token).content
        if not self.certificate.startswith(b"%PDF-"):
            raise JourneyBroken("the certificate is not a PDF")
        self.tell("Le dossier est complet à 100 % ; le journal est scellé et le certificat est imprimé.")

    def step_12_the_journal_shows_and_exports(self) -> None:
        """Read the compliance view, in order, with actor, time and meaning; then export the proof bundle."""
        self.wait_for_the_seal()
        self.events = self.read_events()
        indexes = [event["index"] for event in self.events]
        if indexes != sorted(indexes) or not all(event["meaning"] and event["occurred_at"] for event in self.events):
            raise JourneyBroken("the events are not in order, or one has no meaning")
        path = f"{JOURNAL}/dossiers/{self.dossier}/bundle?{PURPOSE}"
        self.bundle = self.world.call("GET", path, token=self.auditor.token).content
        self.tell(
            f"La conformité ({self.auditor.name}) lit {len(self.events)} événements et exporte le dossier de preuve."
        )

    def read_events(self) -> list[dict[str, Any]]:
        """Return every event of the dossier as the compliance role sees it."""
        events: list[dict[str, Any]] = []
        cursor = ""
        while True:
            path = f"{JOURNAL}/dossiers/{self.dossier}/events?{PURPOSE}{cursor}"
            page = self.world.call("GET", path, token=self.auditor.token).json()
            events += page["items"]
            if not page["next"]:
                return events
            cursor = f"&cursor={page['next']}"

    def wait_for_the_seal(self) -> None:
        """Wait until the completion of the dossier, and every proof of its letters, is under a signed checkpoint."""
        proofs = self.mailing.kept if self.mailing else set()

        def sealed() -> bool:
            covered = [event for event in self.read_events() if event["sealed"]]
            stored = [event for event in covered if event["type"] == "lre-gateway.evidence-stored"]
            completed = any(event["type"] == "dossier.dossier-completed" for event in covered)
            return completed and len(stored) == len(proofs) and proofs <= {event["aggregate_id"] for event in covered}

        until(sealed, "a checkpoint that covers the completion and the proofs")

    def _ask(self, client: Client, codes: list[str], others: list[str]) -> None:
        path = f"/dossiers/{self.dossier}/clients/{client.id}/requests"
        asked = self._clerk("POST", path, HTTPStatus.CREATED, {"document_types": codes, "others": others})
        self.requests += [(client, request) for request in asked["request_ids"]]

    def _notary_is_told(self) -> bool:
        told = self.world.call("GET", f"{MESSAGES}/notifications", token=self.notary.token).json()["items"]
        return any(one["template"] == "document-deposited" and one["dossier_id"] == self.dossier for one in told)

    def _clerk(self, method: str, path: str, expect: int = HTTPStatus.OK, body: object = None) -> Any:
        answer = self.world.call(method, DOSSIERS + path, expect, token=self.clerk.token, body=body)
        return answer.json() if answer.content else None


def _bare(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name not in {"instance", "correlation_id", "trace_id"}}
