"""The recipients of a sending, and the proofs of each."""

import re
from typing import Any

from sandbox.ar24.maileva import views
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.records import Sending
from sandbox.ar24.maileva.router import Ask
from sandbox.ar24.truth import consents
from sandbox.ar24.truth.model import Letter, Level, State
from sandbox.ar24.truth.world import World

EMAIL = re.compile(r"[\w][\w.+-]*@[\w-]{2,}([.][a-zA-Z]{2,}|[.][\w-]{2,}[.][a-zA-Z]{2,})+", re.ASCII)
_LINES = tuple(f"address_line_{number}" for number in range(1, 7))
_LINE, _NAME, _COMPANY = 38, 50, 38
_LEVELS = {views.LREQ: Level.QUALIFIED, views.ERE: Level.SIMPLE, views.LREL: Level.PAPER}
_MODES = {"REGISTERED_MAIL", "ELECTRONIC_NOTICE", "USE_CONSENT"}


def drawn(ask: Ask, sending: Sending) -> Letter:
    """Return the recipient that a call describes, not yet kept.

    Raises:
        Problem: something that is needed is absent or wrong.

    """
    given = dict(ask.body)
    if ask.product == views.ESTATE:
        return _estate(ask, sending, given)
    person = _addressed(given) if ask.product == views.LREL else _person(given, named=ask.product == views.LREQ)
    return _letter(ask, sending, _LEVELS[ask.product], given, person)


def _letter(ask: Ask, sending: Sending, level: Level, given: dict[str, Any], person: dict[str, Any]) -> Letter:
    return Letter(
        parent_id=sending.id,
        sender_id=sending.sender_id,
        application=ask.token,
        level=level,
        state=State.DRAFT,
        content=_text(sending.given, "message"),
        custom_name="",
        ref_client=str(given.get("custom_id") or sending.ref_client),
        ref_dossier=_text(sending.given, "custom_data"),
        price=ask.world.assumptions.price_ht,
        color=sending.given.get("color_printing", True) is True,
        duplex=sending.given.get("duplex_printing", True) is True,
        created=ask.world.clock.now(),
        extra=given,
        **person,
    )


def _person(given: dict[str, Any], *, named: bool) -> dict[str, Any]:
    email = _text(given, "email")
    if not EMAIL.fullmatch(email):
        raise Problem(400, "EMAIL_INVALID", "l'adresse e-mail est absente ou invalide")
    if given.get("legal_status") not in {"PROFESSIONAL", "INDIVIDUAL"}:
        raise Problem(400, "LEGAL_STATUS_INVALID", "legal_status : PROFESSIONAL ou INDIVIDUAL")
    for name, most in (("first_name", _NAME), ("last_name", _NAME), ("company", _COMPANY)):
        value = _text(given, name)
        if len(value) > most or (named and not value and name != "company"):
            raise Problem(400, f"{name.upper()}_INVALID", f"{name} : {most} caractères au plus")
    return {
        "email": email,
        "professional": given["legal_status"] == "PROFESSIONAL",
        "firstname": _text(given, "first_name"),
        "lastname": _text(given, "last_name"),
        "company": _text(given, "company"),
    }


def _addressed(given: dict[str, Any]) -> dict[str, Any]:
    lines = [_text(given, name) for name in _LINES]
    for number, line in enumerate(lines, 1):
        if len(line) > _LINE:
            raise Problem(400, f"ADDRESS_LINE_{number}_TOO_LONG", f"ligne {number} : {_LINE} caractères au plus")
    if not (lines[0] or lines[1]):
        raise Problem(400, "ADDRESS_LINE_1_REQUIRED", "la ligne 1 ou 2 est obligatoire")
    if not lines[5]:
        raise Problem(400, "ADDRESS_LINE_6_REQUIRED", "la ligne 6 est obligatoire")
    zipcode, _, city = lines[5].partition(" ")
    return {
        "lastname": lines[1] or lines[0],
        "company": lines[0] if lines[1] else "",
        "address1": lines[3],
        "address2": lines[2],
        "zipcode": zipcode,
        "city": city,
        "country": _text(given, "country_code") or "FR",
    }


def _estate(ask: Ask, sending: Sending, given: dict[str, Any]) -> Letter:
    mode = given.get("sending_mode")
    if mode not in _MODES:
        raise Problem(400, "SENDING_MODE_INVALID", "sending_mode : REGISTERED_MAIL, ELECTRONIC_NOTICE ou USE_CONSENT")
    notice, paper = given.get("electronic_notice_detail"), given.get("registered_mail_detail")
    person: dict[str, Any] = {}
    if mode in {"REGISTERED_MAIL", "USE_CONSENT"}:
        person |= _addressed(paper if isinstance(paper, dict) else {})
    if mode in {"ELECTRONIC_NOTICE", "USE_CONSENT"}:
        person |= _person(notice if isinstance(notice, dict) else {}, named=True)
    agreed = consents.of(ask.world, sending.sender_id, person.get("email", ""))
    by_mail = mode == "USE_CONSENT" and not (agreed and agreed.state == "accepted")
    final = "REGISTERED_MAIL" if mode == "REGISTERED_MAIL" or by_mail else "ELECTRONIC_NOTICE"
    level = Level.PAPER if final == "REGISTERED_MAIL" else Level.NOTICE
    return _letter(ask, sending, level, given | {"final_sending_mode": final}, person)


def faults(world: World, letter: Letter) -> list[tuple[str, str]]:
    """Return what the check of a draft finds wrong with a recipient."""
    found = []
    if letter.email.lower().endswith(".invalid"):
        found.append(("EMAIL_INVALID", f"{letter.uuid} : le domaine n'existe pas"))
    if letter.email and letter.email.lower() == world.sender(letter.sender_id).email.lower():
        found.append(("EMAIL_SAME_AS_SENDER", f"{letter.uuid} : l'adresse est celle de l'expéditeur"))
    return found


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value.strip() if isinstance(value, str) else ""
