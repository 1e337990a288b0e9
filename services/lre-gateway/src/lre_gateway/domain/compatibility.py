"""Whether a letter can leave: a pure function of what is known, with no call to anybody (lre.md 7, step 4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lre_gateway.domain.document import Document
from lre_gateway.domain.party import Party, Postal
from lre_gateway.domain.vocabulary import ConsentState, Kind, Level, Missing, Trade


class Problem(StrEnum):
    """Why a letter cannot leave; the last one is a warning only. A provider may have reasons of its own beside."""

    EMAIL_MISSING = "EMAIL_MISSING"
    EMAIL_INVALID = "EMAIL_INVALID"
    EMAIL_SAME_AS_SENDER = "EMAIL_SAME_AS_SENDER"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_REFUSED = "CONSENT_REFUSED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    OPTED_OUT = "OPTED_OUT"
    NAME_MISSING = "NAME_MISSING"
    COMPANY_MISSING = "COMPANY_MISSING"
    POSTAL_ADDRESS_INVALID = "POSTAL_ADDRESS_INVALID"
    NO_CONTENT = "NO_CONTENT"
    FILE_EMPTY = "FILE_EMPTY"
    TOTAL_TOO_BIG = "TOTAL_TOO_BIG"
    CONTENT_TOO_LONG = "CONTENT_TOO_LONG"
    FORBIDDEN_HTML = "FORBIDDEN_HTML"
    NOT_A4 = "NOT_A4"
    SENDER_NOT_LINKED = "SENDER_NOT_LINKED"
    SENDER_TERMS = "SENDER_TERMS"
    SENDER_NO_PAYMENT = "SENDER_NO_PAYMENT"
    SENDER_NO_CREDENTIAL = "SENDER_NO_CREDENTIAL"
    LEVEL_NOT_ALLOWED = "LEVEL_NOT_ALLOWED"
    DOSSIER_ARCHIVED = "DOSSIER_ARCHIVED"
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"


class About(StrEnum):
    """Whose record to open to mend it (A-44)."""

    RECIPIENT = "recipient"
    LETTER = "letter"
    SENDER = "sender"
    OFFICE = "office"


def about(problem: str) -> About:
    """Return what a problem is about; an unknown one, which only a provider names, is about the letter."""
    if problem.startswith("SENDER_"):
        return About.SENDER
    if problem == Problem.LEVEL_NOT_ALLOWED:
        return About.OFFICE
    return About.RECIPIENT if problem in _OF_THE_RECIPIENT else About.LETTER


_OF_THE_RECIPIENT = frozenset(list(Problem)[:10]) | {"RECIPIENT_INVALID"}

_MISSING: Mapping[Missing, Problem] = MappingProxyType(
    {
        Missing.LINK: Problem.SENDER_NOT_LINKED,
        Missing.CONFIRMATION: Problem.SENDER_NOT_LINKED,
        Missing.TERMS: Problem.SENDER_TERMS,
        Missing.PAYMENT: Problem.SENDER_NO_PAYMENT,
        Missing.CREDENTIAL: Problem.SENDER_NO_CREDENTIAL,
    }
)
_REFUSALS: Mapping[ConsentState, Problem] = MappingProxyType(
    {
        ConsentState.REFUSED: Problem.CONSENT_REFUSED,
        ConsentState.WITHDRAWN: Problem.CONSENT_MISSING,
        ConsentState.REQUESTED: Problem.CONSENT_MISSING,
        ConsentState.EXPIRED: Problem.CONSENT_EXPIRED,
    }
)
_EMAIL = re.compile(
    r"(?=.{3,254}$)(?=[^@]{1,64}@)[^\s@<>(),;:\\\"\[\]]+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]"
)
_FRENCH_POSTCODE = re.compile(r"\d{5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What all letters of a batch have in common: level, sender, office, dossier, what the provider can carry."""

    level: Level
    sender_email: str = field(repr=False)
    missing: frozenset[Missing]
    trade: Trade
    levels: frozenset[Level]
    max_total_bytes: int
    max_chars: int
    archived: bool = False
    """Their dossier is: nothing leaves from it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One letter."""

    party: Party
    documents: tuple[Document, ...]
    markup: bool
    chars: int
    twin: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found, in the order of the list above."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class Check:
    """The check of the letters of one batch: what they share is looked at once."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._shared = tuple(_of_sending(sending))
        self._sender_email = folded(sending.sender_email)

    def of(self, letter: Written) -> Verdict:
        """Return what is wrong with a letter, and what may be."""
        found = [*_of_recipient(letter.party, self._sending.level, self._sender_email), *self._of_files(letter)]
        return Verdict((*found, *self._shared), (Problem.POSSIBLE_DUPLICATE,) if letter.twin else ())

    def _of_files(self, letter: Written) -> list[Problem]:
        files, limits = letter.documents, self._sending
        found = [
            (not files, Problem.NO_CONTENT),
            (any(file.size == 0 for file in files), Problem.FILE_EMPTY),
            (sum(file.size for file in files) > limits.max_total_bytes, Problem.TOTAL_TOO_BIG),
            (letter.chars > limits.max_chars, Problem.CONTENT_TOO_LONG),
            (letter.markup, Problem.FORBIDDEN_HTML),
            (limits.level is Level.PAPER and not all(file.a4 for file in files), Problem.NOT_A4),
        ]
        return [problem for wrong, problem in found if wrong]


def _of_recipient(party: Party, level: Level, sender_email: str) -> list[Problem]:
    found = []
    if level is Level.PAPER:
        found += [] if _deliverable(party.postal) else [Problem.POSTAL_ADDRESS_INVALID]
    elif not party.email:
        found.append(Problem.EMAIL_MISSING)
    elif not valid_email(party.email):
        found.append(Problem.EMAIL_INVALID)
    elif folded(party.email) == sender_email:
        found.append(Problem.EMAIL_SAME_AS_SENDER)
    if level is Level.QUALIFIED_LRE and party.kind is Kind.INDIVIDUAL:
        found += _of_consent(party)
    if level is Level.COPRO_NOTICE and party.opted_out:
        found.append(Problem.OPTED_OUT)
    company = (party.company or "").strip()
    professional = party.kind is Kind.PROFESSIONAL
    named = (party.last_name or "").strip() and (party.first_name or "").strip()
    if not named and not (professional and level is Level.PAPER and company):
        found.append(Problem.NAME_MISSING)
    if professional and not company:
        found.append(Problem.COMPANY_MISSING)
    return found


def _of_consent(party: Party) -> list[Problem]:
    if party.consent is None:
        return [Problem.CONSENT_MISSING]
    if party.consent.state is ConsentState.ACCEPTED:
        return []
    return [_REFUSALS[party.consent.state]]


def _of_sending(sending: Sending) -> list[Problem]:
    lacks = {_MISSING[missing] for missing in sending.missing if _matters(missing, sending.level)}
    if sending.level not in sending.levels or (
        sending.level is Level.COPRO_NOTICE and sending.trade is not Trade.PROPERTY_MANAGER
    ):
        lacks.add(Problem.LEVEL_NOT_ALLOWED)
    if sending.archived:
        lacks.add(Problem.DOSSIER_ARCHIVED)
    return [problem for problem in Problem if problem in lacks]


def _matters(missing: Missing, level: Level) -> bool:
    return missing is not Missing.CREDENTIAL or level is Level.QUALIFIED_LRE


def _deliverable(postal: Postal | None) -> bool:
    if postal is None or not postal.line1.strip() or not postal.city.strip() or not postal.postcode.strip():
        return False
    if len(postal.country) != 2 or not postal.country.isalpha():  # noqa: PLR2004 - ISO 3166 alpha-2
        return False
    return postal.country.upper() != "FR" or bool(_FRENCH_POSTCODE.fullmatch(postal.postcode.strip()))


def valid_email(email: str) -> bool:
    """Tell whether a text can be an e-mail address: one @, a domain with a dot, nothing that mail servers refuse."""
    local = email.rpartition("@")[0]
    return bool(_EMAIL.fullmatch(email)) and not (local.startswith(".") or local.endswith(".") or ".." in local)


def folded(email: str) -> str:
    """Return an e-mail address as addresses are compared: no provider of mail tells upper from lower case."""
    return email.strip().casefold()
