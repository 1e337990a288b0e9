"""The admin API, which the provider's customers never see: clock, switches, accounts, and what recipients do."""

from datetime import datetime
from typing import Any, Literal

from fastapi import FastAPI, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sandbox.ar24.truth import consents, life, senders
from sandbox.ar24.truth.assumptions import Assumptions
from sandbox.ar24.truth.faults import Faults
from sandbox.ar24.truth.jobs import Jobs
from sandbox.ar24.truth.model import Application, Consent, Letter, Mail, Payment, Sender, State
from sandbox.ar24.truth.store import R
from sandbox.ar24.truth.world import World
from sandbox.serving import application

_CARD = Payment(slug="stripe-47146", label="Carte de l'office", masked="*****4242", expiration="2039-12", type="card")
_SEPA = Payment(slug="gocardless-18178", label="Prélèvement", masked="*****42", type="sepa")
_ENDS = {
    "accept": State.ACCEPTED,
    "refuse": State.REFUSED,
    "bounce": State.BOUNCED,
    "neglect": State.NEGLECTED,
    "fail": State.FAILED,
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSender(_Strict):
    """An account; by default it lacks nothing and has let every application in."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    firstname: str = "Marie"
    lastname: str = "Dupont"
    company: str = "Étude Dupont"
    statut: str = "professionnel"
    address1: str = "13 rue du Moulin"
    zipcode: str = "75001"
    city: str = "PARIS"
    confirmed: bool = True
    terms: bool = True
    payment: bool = True
    payments: list[Payment] | None = None
    credential: Literal["none", "ordered", "held"] = "held"
    linked: bool = True
    otp_key: str | None = Field(default=None, pattern=r"^[A-Z2-7]{32}$")


class Changed(_Strict):
    """What becomes of an account; what is not given stays."""

    firstname: str | None = None
    lastname: str | None = None
    confirmed: bool | None = None
    terms: bool | None = None
    payments: list[Payment] | None = None
    credential: Literal["none", "ordered", "held"] | None = None


class Moment(_Strict):
    """An instant of the provider's clock."""

    now: AwareDatetime


class Seconds(_Strict):
    """How far the clock goes forward."""

    seconds: float = Field(ge=0, le=400 * 86400)


class NewConsent(_Strict):
    """What a recipient answered to a sender."""

    sender_id: int
    email: str
    state: Literal["accepted", "refused", "requested"] = "accepted"


class Action(_Strict):
    """How a recipient acts: when (now), and whether even against what happened before."""

    at: AwareDatetime | None = None
    force: bool = False
    lastname: str = "AUTRE"
    firstname: str = "Camille"
    company: str = ""


def admin(world: World, jobs: Jobs) -> FastAPI:
    """Return the admin API; it shows the keys of senders, they are the sandbox's."""
    app = application("Registered letters (sandbox), admin")
    _clock(app, world, jobs)
    _switches(app, world)
    _accounts(app, world)
    _keys(app, world)
    _letters(app, world, jobs)
    _reading(app, world)
    return app


def _clock(app: FastAPI, world: World, jobs: Jobs) -> None:
    @app.get("/__sandbox__/clock")
    def read() -> dict[str, datetime]:
        return {"now": world.clock.now()}

    @app.put("/__sandbox__/clock")
    def set_clock(moment: Moment) -> dict[str, datetime]:
        """Jump: what became due on the way runs now, dated when it was due."""
        with world.store.transaction():
            world.clock.set(moment.now)
        jobs.run_due()
        return read()

    @app.post("/__sandbox__/clock/advance")
    def advance(by: Seconds) -> dict[str, datetime]:
        jobs.advance(by.seconds)
        return read()


def _switches(app: FastAPI, world: World) -> None:
    @app.get("/__sandbox__/faults")
    def faults() -> Faults:
        return world.faults

    @app.put("/__sandbox__/faults")
    def break_down(given: Faults) -> Faults:
        """Replace the faults; {} ends them all."""
        world.faults = given
        return given

    @app.get("/__sandbox__/assumptions")
    def assumptions() -> Assumptions:
        return world.assumptions

    @app.put("/__sandbox__/assumptions")
    def assume(given: Assumptions) -> Assumptions:
        """Replace the switches; {} sets them all back."""
        world.assumptions = given
        return given

    @app.post("/__sandbox__/applications", status_code=201)
    def open_application(given: Application) -> Application:
        with world.store.transaction():
            for known in world.store.by(Application, "uuid", given.uuid):
                world.store.drop(known)
            return world.store.add(given)


def _accounts(app: FastAPI, world: World) -> None:
    @app.get("/__sandbox__/senders")
    def everyone() -> list[Sender]:
        return world.store.every(Sender)

    @app.post("/__sandbox__/senders", status_code=201)
    def create(new: NewSender) -> Sender:
        given = new.model_dump(exclude={"payment", "payments", "linked", "otp_key"})
        paying = new.payments if new.payments is not None else [_CARD, _SEPA] if new.payment else []
        tokens = [one.uuid for one in world.store.every(Application)] if new.linked else []
        key = {"otp_key": new.otp_key} if new.otp_key else {}
        made = Sender(**given, **key, payments=paying, linked=tokens, created=world.clock.now())
        try:
            with world.store.transaction():
                return senders.create(world, made)
        except senders.Taken as taken:
            raise HTTPException(409, "this address has an account") from taken

    @app.get("/__sandbox__/senders/{number}")
    def one(number: int) -> Sender:
        return found(world, Sender, number)

    @app.patch("/__sandbox__/senders/{number}")
    def change(number: int, given: Changed) -> Sender:
        with world.store.transaction():
            sender = found(world, Sender, number).model_copy(update=dict(given.model_dump(exclude_none=True)))
            if given.payments is not None:
                sender.payments = given.payments
            world.store.keep(sender)
        return sender


def _keys(app: FastAPI, world: World) -> None:
    @app.get("/__sandbox__/senders/{number}/otp")
    def otp(number: int) -> dict[str, Any]:
        code, remaining = senders.code(world, found(world, Sender, number))
        return {"code": code, "remaining": remaining}

    @app.post("/__sandbox__/senders/{number}/accept-access")
    def accept(number: int) -> Sender:
        with world.store.transaction():
            sender = found(world, Sender, number)
            if not senders.accept_access(world, sender):
                raise HTTPException(409, "nobody asked for access")
        return sender

    @app.post("/__sandbox__/senders/{number}/revoke-access")
    def revoke(number: int) -> Sender:
        with world.store.transaction():
            sender = found(world, Sender, number)
            sender.linked = []
            world.store.keep(sender)
        return sender


def _letters(app: FastAPI, world: World, jobs: Jobs) -> None:
    @app.get("/__sandbox__/letters")
    def letters(reference: str | None = None) -> list[Letter]:
        if reference is not None:
            return world.store.by(Letter, "ref_client", reference)
        return world.store.every(Letter)

    @app.get("/__sandbox__/letters/{number}")
    def letter(number: int) -> Letter:
        return found(world, Letter, number)

    @app.post("/__sandbox__/letters/{number}/{verb}")
    def act(number: int, verb: str, how: Action | None = None) -> Letter:
        try:
            with world.store.transaction():
                letter = found(world, Letter, number)
                _act(world, letter, verb, how or Action())
        except life.Conflict as conflict:
            raise HTTPException(409, f"a letter that is {letter.state} cannot {verb}") from conflict
        jobs.run_due()
        return found(world, Letter, number)


def _act(world: World, letter: Letter, verb: str, how: Action) -> None:
    if verb in _ENDS:
        life.end(world, letter, _ENDS[verb], how.at, force=how.force)
    elif verb == "notify":
        life.notify(world, letter, how.at)
    elif verb == "identify":
        life.identify(world, letter, how.at)
    elif verb == "release":
        life.release(world, letter)
    elif verb == "lapse":
        life.cancel(world, letter, State.LAPSED)
    elif verb == "request_change":
        life.request_change(world, letter, how.lastname, how.firstname, how.company)
    else:
        raise HTTPException(404, f"letters do not {verb}")


def _reading(app: FastAPI, world: World) -> None:
    @app.get("/__sandbox__/consents")
    def consented() -> list[Consent]:
        return world.store.every(Consent)

    @app.put("/__sandbox__/consents")
    def consent(new: NewConsent) -> Consent:
        with world.store.transaction():
            found(world, Sender, new.sender_id)
            one = consents.known(world, new.sender_id, new.email)
            if new.state == "requested":
                consents.request(world, one)
            else:
                consents.answer(world, one, new.state)
        return one

    @app.get("/__sandbox__/mails")
    def mails(to: str | None = None) -> list[Mail]:
        return world.store.every(Mail) if to is None else world.store.by(Mail, "email", to)

    @app.get("/__sandbox__/calls")
    def calls() -> dict[str, int]:
        """Count the calls per route since the process started, or since they were forgotten."""
        return dict(world.calls)

    @app.delete("/__sandbox__/world", status_code=204)
    def begin_again() -> None:
        with world.jobs:
            world.forget()

    @app.delete("/__sandbox__/calls", status_code=204)
    def forget() -> None:
        world.calls.clear()


def found(world: World, kind: type[R], number: int) -> R:
    """Return a record, or answer 404."""
    record = world.store.get(kind, number)
    if record is None:
        raise HTTPException(404, "unknown")
    return record
