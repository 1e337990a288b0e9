"""The simulator put together: the address that customers call, the admin address, and what happens by itself."""

from dataclasses import dataclass

from fastapi import FastAPI

from sandbox.ar24 import admin as admin_api
from sandbox.ar24.maileva import app as maileva
from sandbox.ar24.maileva import notices
from sandbox.ar24.papers.desk import Desk
from sandbox.ar24.skin import app as skin
from sandbox.ar24.skin import downloads, webhooks
from sandbox.ar24.truth import consents, life, senders
from sandbox.ar24.truth.jobs import Handler, Job, Jobs
from sandbox.ar24.truth.model import Letter, Sender, State
from sandbox.ar24.truth.scenario import scenario
from sandbox.ar24.truth.world import World
from sandbox.serving import application


@dataclass(frozen=True, slots=True)
class Simulator:
    """The two applications, and the jobs that somebody has to start."""

    public: FastAPI
    admin: FastAPI
    jobs: Jobs


def simulator(world: World) -> Simulator:
    """Build the simulator of a world."""
    jobs = Jobs(world, _HANDLERS, {"webhook": webhooks.deliver, "notice": notices.deliver})
    public = application("Registered letters (sandbox)")
    skin.mount(public, world)
    desk = Desk(world)
    downloads.mount(public, world, desk)
    maileva.serve(public, world, desk)
    return Simulator(public, admin_api.admin(world, jobs), jobs)


def _send(world: World, job: Job) -> None:
    letter = _letter(world, job)
    if letter.state is not State.WAITING:
        return
    acting = scenario(letter.email)
    if acting is not None and acting.verb == "fail":
        life.end(world, letter, State.FAILED)
    else:
        life.notify(world, letter)


def _act(world: World, job: Job) -> None:
    life.act(world, _letter(world, job), str(job.data["verb"]))


def _expire(world: World, job: Job) -> None:
    letter = _letter(world, job)
    if letter.state is State.SENT:
        life.end(world, letter, State.NEGLECTED)


def _lapse(world: World, job: Job) -> None:
    letter = _letter(world, job)
    if letter.state is State.TO_VALIDATE:
        life.cancel(world, letter, State.LAPSED)


def _credential(world: World, job: Job) -> None:
    sender = world.store.get(Sender, int(job.data["sender_id"]))
    if sender is not None and sender.credential == "ordered":
        senders.receive_key(world, sender)


def _consent_expires(world: World, job: Job) -> None:
    consents.expire(world, int(job.data["consent"]))


def _key_forgotten(world: World, job: Job) -> None:
    sender = world.sender(int(job.data["sender_id"]))
    sender.key_in_keeping = False
    world.store.keep(sender)


def _fact(world: World, job: Job) -> None:
    webhooks.announce(world, job)
    notices.announce(world, job)


def _letter(world: World, job: Job) -> Letter:
    letter = world.store.get(Letter, job.letter or 0)
    if letter is None:
        raise LookupError(f"letter {job.letter}")
    return letter


_HANDLERS: dict[str, Handler] = {
    "send": _send,
    "act": _act,
    "expire": _expire,
    "lapse": _lapse,
    "credential": _credential,
    "consent-expires": _consent_expires,
    "key-forgotten": _key_forgotten,
    "fact": _fact,
}
