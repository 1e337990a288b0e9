"""Who agreed to receive electronic registered letters from whom."""

import uuid
from datetime import timedelta
from typing import Literal

from sandbox.ar24.truth.model import Consent
from sandbox.ar24.truth.world import World

REQUEST_DAYS = 7


def of(world: World, sender_id: int, email: str) -> Consent | None:
    """Return what is known of a recipient for a sender."""
    return next((one for one in world.store.by(Consent, "sender_id", sender_id) if one.email == email), None)


def known(world: World, sender_id: int, email: str) -> Consent:
    """Return what is known of a recipient for a sender, made now when nothing is."""
    found = of(world, sender_id, email)
    return found or world.store.add(Consent(sender_id=sender_id, email=email, at=world.clock.now()))


def request(world: World, consent: Consent, days: int = REQUEST_DAYS) -> str:
    """Ask the recipient, who has so many days to answer; return the number of the request."""
    now, number = world.clock.now(), str(uuid.uuid4())
    consent.state, consent.at, consent.expires = "requested", now, now + timedelta(days=days)
    consent.requests.append((number, days, now))
    world.store.keep(consent)
    world.later("consent-expires", consent.expires, consent=consent.id)
    link = f"{world.public_url}/fr/page/consentement/{consent.uuid}"
    world.mail(
        consent.email, "Demande de consentement", "Acceptez-vous de recevoir des courriers électroniques ?", link
    )
    return number


def answer(
    world: World,
    consent: Consent,
    state: Literal["accepted", "refused"],
    by: Literal["SENDER", "RECIPIENT"] = "RECIPIENT",
) -> str:
    """Record an answer; return its number."""
    now, number = world.clock.now(), str(uuid.uuid4())
    consent.state, consent.at, consent.expires, consent.declared_by = state, now, None, by
    consent.answers.append((number, state, by, now))
    world.store.keep(consent)
    return number


def expire(world: World, number: int) -> None:
    """Let a request lapse to which nobody answered in time."""
    consent = world.store.get(Consent, number)
    if consent is None or consent.state != "requested" or consent.expires is None:
        return
    if consent.expires <= world.clock.now():
        consent.state, consent.at = "expired", world.clock.now()
        world.store.keep(consent)
