"""The life of a letter at the provider."""

from datetime import datetime, timedelta

from sandbox.ar24.truth.clock import PARIS, midnight_after
from sandbox.ar24.truth.model import Change, Letter, Level, State
from sandbox.ar24.truth.scenario import REVIEW, scenario
from sandbox.ar24.truth.world import World

_AFTER_CHANGE = 60  # seconds in which a recipient accepts once the new name is granted
_WINDOW_DAYS = 15


class Conflict(Exception):
    """The letter's state does not allow it."""


def post(world: World, letter: Letter, *, released: bool) -> Letter:
    """Take a letter in: it leaves at once, or waits for its sender."""
    letter.state = State.WAITING if released else State.TO_VALIDATE
    world.store.add(letter)
    if released:
        _released(world, letter)
    elif world.assumptions.draft_lifetime_s:
        world.later("lapse", world.assumptions.draft_lifetime_s, letter.id)
    return letter


def release(world: World, letter: Letter) -> None:
    """Let a letter go that waited for its sender.

    Raises:
        Conflict: it does not wait.

    """
    if letter.state not in {State.TO_VALIDATE, State.DRAFT}:
        raise Conflict
    letter.state = State.WAITING
    _released(world, letter)
    world.store.keep(letter)


def _released(world: World, letter: Letter) -> None:
    letter.released = world.clock.now()
    _fact(world, letter, "waiting", letter.released)
    world.store.keep(letter)
    world.later("send", world.assumptions.send_delay_s, letter.id)


def cancel(world: World, letter: Letter, state: State = State.CANCELLED) -> None:
    """Drop a letter that waits for its sender.

    Raises:
        Conflict: it does not wait.

    """
    if letter.state not in {State.TO_VALIDATE, State.DRAFT}:
        raise Conflict
    _end(world, letter, state, world.clock.now())


def notify(world: World, letter: Letter, at: datetime | None = None) -> None:
    """Tell the recipient; from here on the window runs.

    Raises:
        Conflict: the letter has not been released, or was sent.

    """
    if letter.state is not State.WAITING:
        raise Conflict
    letter.state, letter.sent = State.SENT, at or world.clock.now()
    letter.deadline = _deadline(world, letter, letter.sent)
    _fact(world, letter, "sent", letter.sent)
    world.store.keep(letter)
    world.later("expire", letter.deadline, letter.id)
    if letter.email:
        _tell_recipient(world, letter)
    _tell_sender(world, letter, "Preuve de dépôt et d'envoi")
    if (acting := scenario(letter.email)) is not None:
        world.later("act", letter.sent + timedelta(seconds=acting.delay), letter.id, verb=acting.verb)


def identify(world: World, letter: Letter, at: datetime | None = None) -> None:
    """Let the recipient prove who they are, and do nothing more yet.

    Raises:
        Conflict: the letter is not with its recipient.

    """
    if letter.state is not State.SENT:
        raise Conflict
    letter.identified = at or world.clock.now()
    world.store.keep(letter)


_DONE = {
    State.ACCEPTED: "Preuve de réception",
    State.REFUSED: "Preuve de refus",
    State.NEGLECTED: "Preuve de négligence",
    State.BOUNCED: "Preuve de non-remise",
}


def end(world: World, letter: Letter, state: State, at: datetime | None = None, *, force: bool = False) -> None:
    """End a letter that is with its recipient; `force` ends it again, in contradiction with its first end.

    Raises:
        Conflict: the letter is not with its recipient.

    """
    early = letter.state is State.WAITING and state in {State.FAILED, State.BOUNCED}
    if not (force or early or letter.state is State.SENT):
        raise Conflict
    at = at or world.clock.now()
    if state in {State.ACCEPTED, State.REFUSED}:
        letter.identified = letter.identified or at
    _end(world, letter, state, at)
    if state in _DONE:
        _tell_sender(world, letter, _DONE[state])


def _end(world: World, letter: Letter, state: State, at: datetime) -> None:
    letter.state = state
    letter.ended = letter.ended or at
    letter.ends[state] = at
    _fact(world, letter, state.value, at)
    world.store.keep(letter)


def request_change(world: World, letter: Letter, lastname: str, firstname: str, company: str = "") -> Change:
    """Let somebody with other papers ask for the letter; it stays with its recipient.

    Raises:
        Conflict: the letter is not with its recipient.

    """
    if letter.state is not State.SENT:
        raise Conflict
    number = letter.id * 10 + len(letter.changes) + 1
    now = world.clock.now()
    change = Change(id=number, at=now, lastname=lastname, firstname=firstname, company=company)
    letter.changes.append(change)
    _fact(world, letter, "change-requested", now)
    world.store.keep(letter)
    text = f"{firstname} {lastname} demande à recevoir le courrier adressé à {letter.recipient}."
    sender = world.sender(letter.sender_id)
    world.mail(sender.email, "Demande de modification du destinataire", text, sender_id=sender.id)
    return change


def answer_change(world: World, letter: Letter, number: int, *, accept: bool) -> None:
    """Answer who asked for the letter; a granted one receives it a minute later.

    Raises:
        Conflict: nobody asks, or the letter has ended.

    """
    change = next((one for one in letter.changes if one.id == number and one.accepted is None), None)
    if change is None or letter.state is not State.SENT:
        raise Conflict
    change.accepted = accept
    if accept:
        letter.lastname, letter.firstname, letter.company = change.lastname, change.firstname, change.company
        world.later("act", _AFTER_CHANGE, letter.id, verb="accept")
    world.store.keep(letter)


def act(world: World, letter: Letter, verb: str) -> None:
    """Do what the scenario of the recipient says; nothing when the letter has ended meanwhile."""
    if letter.state is not State.SENT:
        return
    if verb in {"accept", "refuse", "bounce"}:
        state = {"accept": State.ACCEPTED, "refuse": State.REFUSED, "bounce": State.BOUNCED}[verb]
        end(world, letter, state)
    elif verb == "identify":
        identify(world, letter)
        world.later("act", REVIEW, letter.id, verb="accept")
    elif verb == "change":
        request_change(world, letter, "AUTRE", "Camille")


def _deadline(world: World, letter: Letter, sent: datetime) -> datetime:
    if letter.level is Level.NOTICE:
        return midnight_after(sent, world.assumptions.notice_days)
    if world.assumptions.negligence == "15x24h+1h":
        return sent + timedelta(days=_WINDOW_DAYS, hours=1)
    return midnight_after(sent, _WINDOW_DAYS)


def _fact(world: World, letter: Letter, name: str, at: datetime) -> None:
    letter.facts.append((name, at))
    if letter.webhook or letter.parent_id is not None:
        world.later("fact", world.clock.now(), letter.id, fact=name)


def _tell_recipient(world: World, letter: Letter) -> None:
    before = _day(letter.deadline) if letter.deadline else ""
    link = f"{world.public_url}/fr/page/courrier/{letter.uuid}"
    if letter.level is Level.NOTICE:
        name = letter.custom_name or world.sender(letter.sender_id).name
        world.mail(letter.email, f"{letter.recipient}, un avis électronique de {name}", "Consulter mon avis", link)
        return
    subject = f"{letter.recipient}, vous avez un courrier recommandé à ouvrir avant le {before}"
    if letter.level is Level.SIMPLE:
        subject = f"{letter.recipient}, vous avez un courrier suivi à ouvrir avant le {before}"
    text = "Un de vos contacts vous a fait parvenir un courrier. Son identité vous sera révélée à la lecture."
    world.mail(letter.email, subject, text, link)


def _tell_sender(world: World, letter: Letter, subject: str) -> None:
    sender = world.sender(letter.sender_id)
    text = f"{subject} : {letter.email} {letter.recipient}"
    world.mail(sender.email, text, text, sender_id=sender.id)


def _day(deadline: datetime) -> str:
    return f"{deadline.astimezone(PARIS):%d/%m/%Y}"
