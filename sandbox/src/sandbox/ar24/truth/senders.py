"""The accounts of senders: what lets them send, and the codes that stand for them."""

import hmac
import secrets
from datetime import datetime, timedelta

import pyotp

from sandbox.ar24.truth.model import Grant, Sender
from sandbox.ar24.truth.world import World

STEP = 30  # seconds that a code lasts


class Taken(Exception):
    """Somebody has an account with this e-mail address."""


class WrongCode(Exception):
    """The code is not the sender's, or the sender holds no key."""


def find(world: World, email: str) -> Sender | None:
    """Return the sender with this e-mail address."""
    found = world.store.by(Sender, "email", email)
    return found[0] if found else None


def create(world: World, sender: Sender) -> Sender:
    """Open an account.

    Raises:
        Taken: there is one with this e-mail address.

    """
    if find(world, sender.email) is not None:
        raise Taken
    return world.store.add(sender)


def ask_access(world: World, sender: Sender, token: str) -> None:
    """Mail the sender a link that lets the application act for them."""
    secret = sender.asked.setdefault(token, secrets.token_hex(16))
    world.store.keep(sender)
    link = f"{world.public_url}/fr/page/acceptrequest/{sender.id}-{secret}"
    text = "Une application souhaite avoir accès à votre compte. Pour l'autoriser, suivez le lien."
    world.mail(sender.email, "Demande d'accès à votre compte", text, link, sender_id=sender.id)


def accept_access(world: World, sender: Sender, secret: str | None = None) -> bool:
    """Follow the link of the mail, or of every such mail when no secret is given; say whether it opened anything."""
    opened = [token for token, one in sender.asked.items() if secret is None or hmac.compare_digest(one, secret)]
    for token in opened:
        del sender.asked[token]
        if token not in sender.linked:
            sender.linked.append(token)
    world.store.keep(sender)
    return bool(opened)


def order_key(world: World, sender: Sender) -> None:
    """Order the paper letter that holds the key; delivering it is the identity check."""
    sender.credential, sender.revoked = "ordered", False
    world.store.keep(sender)
    world.later("credential", world.assumptions.credential_delay_s, sender_id=sender.id)


def receive_key(world: World, sender: Sender) -> None:
    """Deliver the paper letter."""
    sender.credential = "held"
    world.store.keep(sender)


def code(world: World, sender: Sender) -> tuple[str, float]:
    """Return the code of the moment and the seconds that it still lasts."""
    now = _code_time(world).timestamp()
    return pyotp.TOTP(sender.otp_key).at(int(now)), STEP - now % STEP


def check_code(world: World, sender: Sender, given: str) -> None:
    """Let a right code stand for its sender.

    Raises:
        WrongCode: it is wrong, too old, or already used where it may be used once.

    """
    totp = pyotp.TOTP(sender.otp_key)
    right = totp.verify(given, for_time=_code_time(world), valid_window=world.assumptions.otp_window)
    used = not world.assumptions.otp_reuse and given == sender.last_code
    if sender.credential != "held" or not right or used:
        raise WrongCode
    sender.last_code = given
    world.store.keep(sender)


def grant(world: World, sender: Sender) -> Grant:
    """Let the sender be known for a while without another code."""
    expires = world.clock.now() + timedelta(seconds=world.assumptions.grant_s)
    return world.store.add(Grant(sender_id=sender.id, expires=expires))


def granted(world: World, sender: Sender, secret: str | None = None) -> bool:
    """Say whether this grant, or any grant when no secret is given, still stands for the sender."""
    kept = world.store.by(Grant, "sender_id", sender.id) if secret is None else world.store.by(Grant, "uuid", secret)
    now = world.clock.now()
    return any(one.sender_id == sender.id and one.expires > now for one in kept)


def used(world: World, sender: Sender, secret: str) -> bool:
    """Say whether this grant still stands for the sender, and count one use of it."""
    left = world.faults.grant_uses
    if left == 0 or not granted(world, sender, secret):
        return False
    if left is not None:
        world.faults = world.faults.model_copy(update={"grant_uses": left - 1})
    return True


def _code_time(world: World) -> datetime:
    # A person's telephone keeps real time, whatever time it is at the provider.
    return world.clock.now() if world.assumptions.otp_clock == "virtual" else world.clock.real()
