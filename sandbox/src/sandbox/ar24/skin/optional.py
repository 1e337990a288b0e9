"""The calls that are known to exist and of which nobody has shown the name: each answers to its switch."""

from collections.abc import Callable
from typing import Any

from sandbox.ar24.skin import mails, views
from sandbox.ar24.skin.calls import Call, sender
from sandbox.ar24.skin.files import letter_of
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.skin.users import EMAIL, page
from sandbox.ar24.truth import consents, life
from sandbox.ar24.truth.model import Consent, Letter, Level
from sandbox.ar24.truth.world import World

Handler = Callable[[World, Call], Any]


def routes(world: World) -> dict[tuple[str, str], Handler]:
    """Return the calls that exist under the switches of the moment."""
    assumed = world.assumptions
    every: dict[tuple[str, str], Handler] = {
        ("POST", assumed.release_route): release,
        ("POST", assumed.cancel_route): cancel,
        ("POST", assumed.recipient_update_route): answer_update,
        ("GET", assumed.payment_route): payments,
        ("GET", assumed.consent_route): consented,
        ("POST", assumed.consent_route): request_consent,
        ("GET", assumed.consent_link_route): consent_link,
        ("POST", assumed.paper_route): send_paper,
    }
    return {(method, route.strip("/")): handler for (method, route), handler in every.items() if route.strip("/")}


def release(world: World, call: Call) -> dict[str, Any]:
    """Let the letters go that wait for their sender, with one code; a wrong code moves none."""
    owner = sender(world, call)
    mails.authenticate(world, call, owner)
    done: list[dict[str, Any]] = []
    for number in call.numbers("mail"):
        letter = None if number is None else world.store.get(Letter, number)
        if letter is None or letter.sender_id != owner.id:
            done.append({"id": number, "status": "ERROR", "slug": "missing_erm_id"})
            continue
        try:
            life.release(world, letter)
        except life.Conflict:
            done.append({"id": number, "status": "ERROR", "slug": "mail_not_to_valid"})
        else:
            done.append({"id": number, "status": "SUCCESS"})
    return {"mails": done}


def cancel(world: World, call: Call) -> dict[str, Any]:
    """Drop a letter that waits for its sender."""
    letter = letter_of(world, call)
    try:
        life.cancel(world, letter)
    except life.Conflict as late:
        raise Refused("mail_not_cancellable") from late
    return views.mail(world, letter)


def answer_update(world: World, call: Call) -> dict[str, Any]:
    """Accept or refuse that somebody with other papers receives the letter."""
    letter = letter_of(world, call)
    try:
        life.answer_change(world, letter, call.number("id_recipient_update") or 0, accept=call.flag("accept"))
    except life.Conflict as unknown:
        raise Refused("recipient_update_not_exist") from unknown
    return views.mail(world, letter)


def payments(world: World, call: Call) -> dict[str, Any]:
    """List the ways to pay of a sender."""
    return {"payments": [views.payment(one) for one in sender(world, call).payments]}


def consented(world: World, call: Call) -> dict[str, Any]:
    """List what recipients answered to a sender."""
    mine = world.store.by(Consent, "sender_id", sender(world, call).id)
    asked = [one for one in mine if one.state != "none"]
    return {"consents": [views.consent(world, one) for one in page(call, asked)]}


def request_consent(world: World, call: Call) -> dict[str, Any]:
    """Ask a recipient."""
    owner = sender(world, call)
    if not call.text("email"):
        raise Refused("missing_email")
    if not EMAIL.fullmatch(call.text("email")):
        raise Refused("invalid_recipient")
    one = consents.known(world, owner.id, call.text("email"))
    one.lastname, one.firstname = call.text("lastname"), call.text("firstname")
    consents.request(world, one)
    return views.consent(world, one)


def consent_link(world: World, call: Call) -> dict[str, Any]:
    """Return the page where anybody may consent to receive letters of this sender."""
    return {"link": f"{world.public_url}/fr/page/consentement/expediteur/{sender(world, call).uuid}"}


def send_paper(world: World, call: Call) -> dict[str, Any]:
    """Take in a letter that is printed and posted."""
    owner = sender(world, call)
    mails.ready(owner)
    mails.check_recipient(call, owner, electronic=False)
    for name in ("address1", "zipcode", "city"):
        if not call.text(name):
            raise Refused("missing_address" if name == "address1" else f"missing_{name}")
    letter = mails.drawn(world, call, owner, Level.PAPER)
    for name in ("address1", "address2", "zipcode", "city"):
        setattr(letter, name, call.text(name))
    letter.country = call.text("country") or "FR"
    letter.color, letter.duplex = call.flag("color"), call.flag("duplex")
    mails.check_content(world, letter)
    mails.check_cap(world, call.token)
    life.post(world, letter, released=True)
    return views.mail(world, letter)
