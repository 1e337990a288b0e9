"""Sending a letter, and reading letters."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from sandbox.ar24.skin import views
from sandbox.ar24.skin.calls import Call, sender
from sandbox.ar24.skin.files import letter_of
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.skin.users import EMAIL, page
from sandbox.ar24.truth import life, senders
from sandbox.ar24.truth.clock import written
from sandbox.ar24.truth.model import File, Letter, Level, Sender, State
from sandbox.ar24.truth.world import World

_TAGS = {
    *("a", "b", "blockquote", "br", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li"),
    *("ol", "p", "pre", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    *("u", "ul"),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PROFESSIONAL = "professionnel"


class _Content(HTMLParser):
    """Looks for what may not be in a letter: other tags, scripts in attributes, images from elsewhere."""

    forbidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        script = any(name.startswith("on") or "javascript:" in value.lower() for name, value in given.items())
        far = tag == "img" and not given.get("src", "").startswith("data:image/")
        self.forbidden |= tag not in _TAGS or script or far


def send(world: World, call: Call) -> dict[str, Any]:
    """POST mail: take a letter in."""
    owner = sender(world, call)
    ready(owner)
    level = Level.QUALIFIED if call.flag("eidas") else Level.SIMPLE
    notice = world.assumptions.notice_parameter
    if notice and call.text(notice) == "syndic_n":
        level = Level.NOTICE
    letter = drawn(world, call, owner, level)
    check_recipient(call, owner)
    _check_group(call)
    check_content(world, letter)
    released = _authenticated(world, call, owner) if level is Level.QUALIFIED else True
    check_cap(world, call.token)
    life.post(world, letter, released=released)
    if not released:
        subject = "Un courrier attend votre validation"
        world.mail(owner.email, subject, letter.recipient, sender_id=owner.id)
    return views.mail(world, letter)


def ready(owner: Sender) -> None:
    """Refuse a sender who may not send yet."""
    if not owner.confirmed:
        raise Refused("user_account_not_confirmed")
    if not owner.terms:
        raise Refused("user_eula_not_accepted")
    if not (owner.firstname and owner.lastname):
        raise Refused("user_name_empty")
    if not owner.payments:
        raise Refused("user_no_payment")


def drawn(world: World, call: Call, owner: Sender, level: Level) -> Letter:
    """Return the letter that the parameters describe, not yet taken in.

    Raises:
        Refused: a file does not exist or is another sender's, or the way to pay is not the sender's.

    """
    payment = call.text("payment_slug") or owner.payments[0].slug
    if payment not in {one.slug for one in owner.payments}:
        raise Refused("user_no_payment")
    return Letter(
        sender_id=owner.id,
        application=call.token,
        level=level,
        state=State.TO_VALIDATE,
        professional=call.text("dest_statut") == _PROFESSIONAL,
        lastname=call.text("to_lastname"),
        firstname=call.text("to_firstname"),
        company=call.text("to_company"),
        email=call.text("to_email"),
        content=call.text("content"),
        files=_files(world, call, owner),
        ref_dossier=call.text("ref_dossier"),
        ref_client=call.text("ref_client"),
        ref_facturation=call.text("ref_facturation"),
        payment_slug=payment,
        webhook=call.text("webhook"),
        custom_name=call.text("custom_name_sender"),
        price=world.assumptions.price_ht,
        created=world.clock.now(),
    )


def _files(world: World, call: Call, owner: Sender) -> list[int]:
    numbers: list[int] = []
    for number in call.numbers("attachment"):
        file = None if number is None else world.store.get(File, number)
        if file is None:
            raise Refused("attachment_not_exists")
        if file.sender_id != owner.id:
            raise Refused("attachment_unavailable")
        numbers.append(file.id)
    return numbers


def check_recipient(call: Call, owner: Sender, *, electronic: bool = True) -> None:
    """Refuse a recipient who cannot be reached."""
    email = call.text("to_email")
    if electronic:
        if not email:
            raise Refused("missing_email")
        if not EMAIL.fullmatch(email):
            raise Refused("invalid_recipient")
        if email.lower().endswith(".invalid"):
            raise Refused("invalid_email")
        if email.lower() == owner.email.lower():
            raise Refused("same_sender_recipients_emails")
    if not call.text("to_lastname"):
        raise Refused("missing_lastname")
    if not call.text("to_firstname"):
        raise Refused("missing_firstname")
    if call.text("dest_statut") not in {"particulier", _PROFESSIONAL}:
        raise Refused("invalid_recipient")
    if call.text("dest_statut") == _PROFESSIONAL and not call.text("to_company"):
        raise Refused("missing_company")


def _check_group(call: Call) -> None:
    if call.text("id_group") not in {"", "0"}:
        raise Refused("group_not_exist")


def check_content(world: World, letter: Letter) -> None:
    """Refuse a letter that says nothing, too much, or what it may not."""
    if not letter.content and not letter.files:
        raise Refused("error_no_content_no_attachment")
    if len(letter.content) > world.assumptions.max_content_chars:
        raise Refused("content_exceeds_limit")
    parser = _Content()
    parser.feed(letter.content)
    if parser.forbidden:
        raise Refused("forbidden_html")
    sizes = [file.size for file in (world.store.get(File, one) for one in letter.files) if file is not None]
    if sum(sizes) > world.assumptions.max_total_bytes:
        raise Refused("attachment_too_big")


def _authenticated(world: World, call: Call, owner: Sender) -> bool:
    if call.text("otp") or call.text("auth_otp_hash"):
        authenticate(world, call, owner)
        return True
    draft = world.assumptions.unauth_eidas == "draft"
    if not draft or (world.assumptions.eidas_needs_key and owner.credential != "held"):
        raise Refused("authentication_missing")
    return False


def authenticate(world: World, call: Call, owner: Sender) -> None:
    """Check the code, or the hash that stands for one.

    Raises:
        Refused: it is wrong, or there is none.

    """
    if call.text("otp"):
        try:
            senders.check_code(world, owner, call.text("otp"))
        except senders.WrongCode as wrong:
            raise Refused("authentication_otp_invalid") from wrong
    elif call.text("auth_otp_hash"):
        if not senders.used(world, owner, call.text("auth_otp_hash")):
            raise Refused("authentication_otp_hash_invalid")
    else:
        raise Refused("authentication_missing")


def check_cap(world: World, token: str) -> None:
    """Refuse more letters in 24 hours than the test platform lets through."""
    cap = world.faults.send_cap
    if cap is None:
        return
    since = world.clock.now() - timedelta(days=1)
    recent = [one for one in world.store.every(Letter) if one.application == token and one.created > since]
    if len(recent) >= cap:
        raise Refused("send_cap_reached")


def info(world: World, call: Call) -> dict[str, Any]:
    """GET mail: one letter."""
    return views.mail(world, letter_of(world, call))


def listed(world: World, call: Call) -> list[dict[str, Any]]:
    """GET user/mail: the letters of a sender, or those with these numbers."""
    if call.arrays.get("mail"):
        found = [world.store.get(Letter, number) for number in call.numbers("mail") if number is not None]
        letters = [one for one in found if one is not None]
    else:
        letters = world.store.by(Letter, "sender_id", sender(world, call).id)
        hidden = world.clock.now() - timedelta(seconds=world.faults.list_lag_s)
        letters = [one for one in letters if one.created <= hidden]
    linked = {one: call.token in world.sender(one).linked for one in {letter.sender_id for letter in letters}}
    seen = [one for one in letters if linked[one.sender_id] and one.state in views.WORDS]
    if world.assumptions.list_filters:
        seen = _filtered(call, seen)
    return [views.mail(world, one) for one in seen]


def _filtered(call: Call, letters: list[Letter]) -> list[Letter]:
    status, reference = call.text("status"), call.text("ref_client")
    first, last = call.text("date_from"), call.text("date_to")
    days = {name: name if _DAY.fullmatch(name) else "" for name in (first, last)}
    kept = []
    for letter in letters:
        day = (written(letter.created) or "")[:10]
        if (
            status in {"", views.WORDS[letter.state]}
            and reference in {"", letter.ref_client}
            and (not days[first] or day >= first)
            and (not days[last] or day <= last)
        ):
            kept.append(letter)
    return page(call, kept)
