"""Registered letters of the journey: one batch of four, each with another end, and the proofs of all in the vault."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from launcher.journey.people import Client, Member
from launcher.journey.world import JourneyBroken, World, until

LETTERS = "/api/letters/v1"
LEVEL = "qualified-lre"
WINDOW_SECONDS = 17 * 86400.0  # past the 15 days that a recipient has, and the day on which the provider says so
ENDS = {"acknowledged": "reception", "refused": "refusal", "not-claimed": "non-claim", "bounced": "non-delivery"}
RELEASED = {"released", "submitted", "pending"}
TEXT = "<p>Madame, Monsieur,</p><p>Le bailleur vous donne congé au terme du bail, pour vendre le logement.</p>"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody a letter goes to, and the end it comes to: the simulator reads it in the address."""

    first_name: str
    last_name: str
    email: str
    end: str
    person_id: str | None = None
    company: str | None = None

    @property
    def body(self) -> Json:
        """What the gateway is told of them."""
        kind = "professional" if self.company else "individual"
        names = ("first_name", "last_name", "email", "person_id", "company")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {"kind": kind} | given


def addressees(clients: list[Client], run: str) -> list[Addressee]:
    """Return four recipients: two clients of the dossier, a neighbour, and a company whose address does not work."""
    first, second = clients
    return [
        Addressee(first.first_name, first.last_name, _address("accept+1s", run), "acknowledged", first.id),
        Addressee(second.first_name, second.last_name, _address("refuse+1s", run), "refused", second.id),
        Addressee("Luc", "Petit", _address("never", run), "not-claimed"),
        Addressee("Nadia", "Roy", _address("bounce+1s", run), "bounced", company="Roy Immobilier"),
    ]


def _address(scenario: str, run: str) -> str:
    return f"{scenario}.{run}@destinataires.example"


@dataclass
class Mailing:
    """Letters of one office, as one member of its staff sends them through the gateway."""

    world: World
    staff: Member
    dossier: str
    sender: str = ""
    account: int = 0  # of the sender at the simulator
    batch: str = ""
    letters: list[str] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)  # versions in the vault that prove them

    def leave(self, account: str, recipients: list[Addressee], reference: str) -> None:
        """Send one letter to each recipient from an account that is linked first; a wrong code releases none."""
        self.link(account)
        report = self.prepare(self.add(recipients), "Congé pour vendre", TEXT, dossier_reference=reference)
        if (report["asked"], report["compatible"]) != (len(recipients), len(recipients)):
            raise JourneyBroken(f"the letters cannot leave: {report}")
        self.send()
        self.refused_code()
        released = self.release(self.code())
        if not all(one["outcome"] in RELEASED for one in released):
            raise JourneyBroken(f"the code releases not every letter: {released}")

    def end(self) -> dict[str, Json]:
        """Wait for every end; return the proof of each, which is in the vault by then like all others."""
        self.wait_for("acknowledged", "refused", "bounced", "notified")
        self.window_passes()
        self.wait_for(*ENDS)
        ended = {state: letter for letter, state in self.states().items()}
        proofs = {end: self.proven(ended[end], kind) for end, kind in ENDS.items()}
        for letter in self.letters:
            until(partial(self.complete, letter), f"every proof of letter {letter}")
            self.kept |= {one["version_id"] for one in self.evidence(letter)}
        return proofs

    def link(self, email: str) -> None:
        """Link an account that is ready to send; its holder follows the link of the provider's e-mail (A-11, A-12)."""
        made = self.provider("POST", "/senders", HTTPStatus.CREATED, {"email": email, "linked": False})
        self.account = made["id"]
        self.sender = self.call("POST", "/senders", HTTPStatus.CREATED, {"email": email})["id"]
        early = self.call("POST", f"/senders/{self.sender}/refresh")
        if "link" not in early["missing"]:
            raise JourneyBroken("a sender is linked before its holder agreed")
        self.provider("POST", f"/senders/{self.account}/accept-access")
        if self.call("POST", f"/senders/{self.sender}/refresh")["missing"]:
            raise JourneyBroken("a sender that lacks nothing is not ready")

    def add(self, recipients: list[Addressee]) -> list[str]:
        """Add recipients; those who act for themselves have consented at the provider (A-13, A-18)."""
        ids = [self.call("POST", "/recipients", HTTPStatus.CREATED, one.body)["id"] for one in recipients]
        for one in recipients:
            if not one.company:
                self.consent(one.email)
        self.call("POST", "/consents/refresh", body={"sender_id": self.sender})
        return ids

    def consent(self, email: str, state: str = "accepted") -> None:
        """Let a recipient answer the sender at the provider."""
        body = {"sender_id": self.account, "email": email, "state": state}
        self.provider("PUT", "/consents", body=body)

    def prepare(self, recipients: list[str], subject: str, text: str, **more: Any) -> Json:
        """Make a batch of one letter to each, check it, and return the report (A-31, A-38)."""
        letters = [{"recipient_id": one, "subject": subject, "text": text, "attachments": []} for one in recipients]
        body = {"sender_id": self.sender, "level": LEVEL, "dossier_id": self.dossier, "letters": letters} | more
        made = self.call("POST", "/batches", HTTPStatus.CREATED, body)
        self.batch, self.letters = made["id"], made["letter_ids"]
        report: Json = self.call("POST", f"/batches/{self.batch}/checks")
        return report

    def send(self) -> None:
        """Send the batch; its letters then wait for the sender's code (A-48, A-54)."""
        self.call("POST", f"/batches/{self.batch}/submission", HTTPStatus.ACCEPTED)
        until(lambda: self.progress()["finished"], "the batch to be handed over")

    def progress(self) -> Json:
        """Return how far the batch is."""
        found: Json = self.call("GET", f"/batches/{self.batch}")["progress"]
        return found

    def code(self) -> str:
        """Read the six digits from the sender's authenticator."""
        return str(self.provider("GET", f"/senders/{self.account}/otp")["code"])

    def refused_code(self) -> None:
        """Try a code that is not the sender's: no letter may leave (A-06)."""
        wrong = next(code for code in ("000000", "111111") if code != self.code())
        body = {"letter_ids": self.letters, "code": wrong}
        answer = self.world.request("POST", f"{LETTERS}/releases", token=self.staff.token, body=body)
        outcomes = {one["outcome"] for one in answer.json().get("items", ())}
        if answer.is_success and outcomes != {"refused"}:
            raise JourneyBroken(f"a wrong code is taken: {answer.text[:300]}")
        if set(self.states().values()) != {"awaiting-sender-auth"}:
            raise JourneyBroken("a letter leaves with a wrong code")

    def release(self, code: str, letters: list[str] | None = None) -> list[Json]:
        """Give the code for letters, all of the batch unless some are named (A-53)."""
        body = {"letter_ids": letters or self.letters, "code": code}
        found: list[Json] = self.call("POST", "/releases", body=body)["items"]
        return found

    def states(self) -> dict[str, str]:
        """Return the state of each letter of the batch, by id."""
        found = self.call("GET", f"/letters?batch_id={self.batch}&limit=100")["items"]
        return {one["id"]: one["state"] for one in found}

    def wait_for(self, *states: str) -> None:
        """Wait until as many letters as states given have come to them."""
        wanted = sorted(states)
        until(lambda: sorted(set(self.states().values()) & set(states)) == wanted, f"letters to be {', '.join(states)}")

    def window_passes(self) -> None:
        """Move the provider's clock behind the end of the window (CPCE R53-3)."""
        self.provider("POST", "/clock/advance", body={"seconds": WINDOW_SECONDS})

    def evidence(self, letter: str) -> list[Json]:
        """Return what proves a letter."""
        found: list[Json] = self.call("GET", f"/letters/{letter}/evidence")["items"]
        return found

    def complete(self, letter: str) -> bool:
        """Tell whether no proof of a letter is still to come."""
        return not self.call("GET", f"/letters/{letter}")["evidence_awaited"]

    def proven(self, letter: str, kind: str) -> Json:
        """Wait for a proof of a letter, and compare what the vault gives with its digest."""

        def look() -> Json | None:
            return next((one for one in self.evidence(letter) if one["kind"] == kind), None)

        proof = until(look, f"the {kind} of letter {letter}")
        path = f"/letters/{letter}/evidence/{proof['version_id']}/downloads"
        given = self.call("POST", path, HTTPStatus.CREATED)
        content = self.world.fetch(given["url"], given["ticket"])
        if hashlib.sha256(content).hexdigest() != proof["sha256"]:
            raise JourneyBroken(f"the vault gives another {kind} than the one that was fetched")
        return proof

    def call(self, method: str, path: str, expect: int = HTTPStatus.OK, body: object = None) -> Any:
        """Ask the gateway of letters, as the member of the staff."""
        answer = self.world.call(method, LETTERS + path, expect, token=self.staff.token, body=body)
        return answer.json() if answer.content else None

    def provider(self, method: str, path: str, expect: int = HTTPStatus.OK, body: object = None) -> Any:
        """Do what only the provider, a sender or a recipient can."""
        answer = self.world.http.request(method, f"{self.world.ar24}/__sandbox__{path}", json=body)
        if answer.status_code != expect:
            raise JourneyBroken(f"the simulator answers {method} {path} with {answer.status_code}: {answer.text[:300]}")
        return answer.json()
