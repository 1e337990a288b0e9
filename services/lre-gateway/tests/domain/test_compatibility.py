"""What keeps a letter from leaving: every code, by level, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from lre_gateway.domain.compatibility import About, Check, Problem, Sending, Written, about, folded, valid_email
from lre_gateway.domain.document import Document, Role
from lre_gateway.domain.duplicates import fingerprint
from lre_gateway.domain.markup import forbidden
from lre_gateway.domain.party import Consent, Party, Postal
from lre_gateway.domain.vocabulary import ConsentState, Kind, Level, Missing, Trade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LIMIT = 256 * 1024 * 1024
ELECTRONIC = [Level.QUALIFIED_LRE, Level.SIMPLE_ERDS, Level.COPRO_NOTICE]
FILE = Document(
    version_id=uuid4(), role=Role.TEXT, size=4_000, sha256="ab" * 32, media_type="application/pdf", a4=True
)  # fmt: skip
ADDRESS = Postal(line1="1 rue de la Paix", postcode="75002", city="Paris")


def consent(state: ConsentState) -> Consent:
    return Consent(id=uuid4(), state=state, source="provider", at=NOW)


ADA = Party(
    kind=Kind.INDIVIDUAL,
    last_name="Durand",
    first_name="Ada",
    email="ada.durand@example.fr",
    postal=ADDRESS,
    consent=consent(ConsentState.ACCEPTED),
)
FIRM = replace(ADA, kind=Kind.PROFESSIONAL, company="Durand et fils", consent=None)
SENDING = Sending(
    level=Level.QUALIFIED_LRE,
    sender_email="etude@example.fr",
    missing=frozenset(),
    trade=Trade.PROPERTY_MANAGER,
    levels=frozenset(Level),
    max_total_bytes=LIMIT,
    max_chars=20_000,
)
LETTER = Written(party=ADA, documents=(FILE,), markup=False, chars=1_200, twin=False)


def problems(level: Level = Level.QUALIFIED_LRE, sending: Sending = SENDING, **changed: Any) -> list[str]:
    return list(Check(replace(sending, level=level)).of(replace(LETTER, **changed)).problems)


@pytest.mark.parametrize("level", Level)
def test_a_letter_with_everything_it_needs_can_leave(level: Level) -> None:
    assert problems(level) == []
    assert problems(level, party=FIRM) == []


@pytest.mark.parametrize("level", ELECTRONIC)
@pytest.mark.parametrize(
    ("email", "code"),
    [
        (None, "EMAIL_MISSING"),
        ("", "EMAIL_MISSING"),
        ("durand", "EMAIL_INVALID"),
        ("ada@durand", "EMAIL_INVALID"),
        ("ada @example.fr", "EMAIL_INVALID"),
        ("ada@example.fr, jean@example.fr", "EMAIL_INVALID"),
        (" Etude@EXAMPLE.fr ".strip(), "EMAIL_SAME_AS_SENDER"),
    ],
)
def test_an_electronic_letter_needs_an_address_of_its_own(level: Level, email: str | None, code: str) -> None:
    assert problems(level, party=replace(ADA, email=email)) == [code]


def test_paper_needs_no_email_and_no_consent() -> None:
    assert problems(Level.PAPER, party=replace(ADA, email=None, consent=None)) == []


@pytest.mark.covers("A-13", "A-23")
@pytest.mark.parametrize(
    ("state", "code"),
    [
        (None, "CONSENT_MISSING"),
        (ConsentState.WITHDRAWN, "CONSENT_MISSING"),
        (ConsentState.REQUESTED, "CONSENT_MISSING"),
        (ConsentState.REFUSED, "CONSENT_REFUSED"),
        (ConsentState.EXPIRED, "CONSENT_EXPIRED"),
    ],
)
def test_a_qualified_letter_to_an_individual_needs_a_consent_that_stands(state: ConsentState | None, code: str) -> None:
    party = replace(ADA, consent=None if state is None else consent(state))
    assert problems(party=party) == [code]
    assert problems(Level.SIMPLE_ERDS, party=party) == []


@pytest.mark.parametrize("state", [None, *ConsentState])
def test_case_18_a_professional_needs_no_consent_but_a_company(state: ConsentState | None) -> None:
    party = replace(FIRM, consent=None if state is None else consent(state))
    assert problems(party=party) == []
    assert problems(party=replace(party, company=None)) == ["COMPANY_MISSING"]
    assert problems(party=replace(party, company="  ")) == ["COMPANY_MISSING"]


@pytest.mark.covers("A-35", "A-40")
def test_case_19_a_notice_needs_no_consent_respects_who_opted_out_and_is_for_property_managers() -> None:
    assert problems(Level.COPRO_NOTICE, party=replace(ADA, consent=None)) == []
    assert problems(Level.COPRO_NOTICE, party=replace(ADA, opted_out=True)) == ["OPTED_OUT"]
    assert problems(Level.QUALIFIED_LRE, party=replace(ADA, opted_out=True)) == []
    for trade in (Trade.LAWYER, Trade.NOTARY):
        assert problems(Level.COPRO_NOTICE, replace(SENDING, trade=trade)) == ["LEVEL_NOT_ALLOWED"]
        assert problems(Level.QUALIFIED_LRE, replace(SENDING, trade=trade)) == []


@pytest.mark.parametrize("level", Level)
def test_a_level_that_the_provider_does_not_carry_is_not_allowed(level: Level) -> None:
    assert problems(level, replace(SENDING, levels=frozenset(Level) - {level})) == ["LEVEL_NOT_ALLOWED"]


@pytest.mark.parametrize("field", ["last_name", "first_name"])
@pytest.mark.parametrize("missing", [None, "", "  "])
def test_both_names_are_needed_except_for_a_company_on_paper(field: str, missing: str | None) -> None:
    assert problems(party=replace(ADA, **{field: missing})) == ["NAME_MISSING"]
    assert problems(party=replace(FIRM, **{field: missing})) == ["NAME_MISSING"]
    assert problems(Level.PAPER, party=replace(FIRM, **{field: missing})) == []


def test_an_erased_person_can_be_sent_nothing() -> None:
    erased = Party(kind=Kind.INDIVIDUAL, consent=ADA.consent)
    assert problems(party=erased) == ["EMAIL_MISSING", "NAME_MISSING"]
    assert problems(Level.PAPER, party=erased) == ["POSTAL_ADDRESS_INVALID", "NAME_MISSING"]


@pytest.mark.covers("A-41")
@pytest.mark.parametrize(
    ("postal", "valid"),
    [
        (None, False),
        (ADDRESS, True),
        (replace(ADDRESS, line1=" "), False),
        (replace(ADDRESS, city=""), False),
        (replace(ADDRESS, postcode="7500"), False),
        (replace(ADDRESS, postcode="1050", country="BE"), True),
        (replace(ADDRESS, country="France"), False),
        (replace(ADDRESS, country=""), False),
    ],
)
def test_only_paper_looks_at_the_postal_address(postal: Postal | None, *, valid: bool) -> None:
    party = replace(ADA, postal=postal)
    assert problems(Level.PAPER, party=party) == ([] if valid else ["POSTAL_ADDRESS_INVALID"])
    assert all(problems(level, party=party) == [] for level in ELECTRONIC)


def test_case_21_the_limit_counts_all_files_of_a_letter_together() -> None:
    half = replace(FILE, size=LIMIT // 2)
    assert problems(documents=(half, half)) == []
    assert problems(documents=(half, half, replace(FILE, size=1))) == ["TOTAL_TOO_BIG"]


def test_case_21_an_empty_file_is_refused_and_so_is_a_letter_without_any() -> None:
    assert problems(documents=(FILE, replace(FILE, size=0))) == ["FILE_EMPTY"]
    assert problems(documents=()) == ["NO_CONTENT"]


def test_a_text_too_long_or_with_forbidden_marks_is_refused() -> None:
    assert problems(chars=20_000) == []
    assert problems(chars=20_001) == ["CONTENT_TOO_LONG"]
    assert problems(markup=True) == ["FORBIDDEN_HTML"]


@pytest.mark.covers("A-34")
@pytest.mark.parametrize("a4", [False, None])
def test_only_paper_wants_pages_of_a4_that_somebody_looked_at(a4: bool | None) -> None:  # noqa: FBT001 - three values
    documents = (FILE, replace(FILE, a4=a4))
    assert problems(Level.PAPER, documents=documents) == ["NOT_A4"]
    assert problems(documents=documents) == []


@pytest.mark.covers("A-25")
@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (Missing.LINK, "SENDER_NOT_LINKED"),
        (Missing.CONFIRMATION, "SENDER_NOT_LINKED"),
        (Missing.TERMS, "SENDER_TERMS"),
        (Missing.PAYMENT, "SENDER_NO_PAYMENT"),
        (Missing.CREDENTIAL, "SENDER_NO_CREDENTIAL"),
    ],
)
def test_case_11_each_thing_that_a_sender_lacks_has_its_own_code(missing: Missing, code: str) -> None:
    assert problems(sending=replace(SENDING, missing=frozenset({missing}))) == [code]


@pytest.mark.parametrize("level", Level)
def test_case_14_a_sender_without_a_key_cannot_send_at_the_qualified_level_only(level: Level) -> None:
    sending = replace(SENDING, missing=frozenset({Missing.CREDENTIAL}))
    assert problems(level, sending) == (["SENDER_NO_CREDENTIAL"] if level is Level.QUALIFIED_LRE else [])


def test_everything_wrong_is_said_at_once_in_the_order_of_the_list() -> None:
    sending = replace(SENDING, missing=frozenset(Missing), levels=frozenset[Level]())
    found = problems(sending=sending, party=Party(kind=Kind.PROFESSIONAL), documents=(), markup=True, chars=30_000)
    assert found == [
        "EMAIL_MISSING",
        "NAME_MISSING",
        "COMPANY_MISSING",
        "NO_CONTENT",
        "CONTENT_TOO_LONG",
        "FORBIDDEN_HTML",
        "SENDER_NOT_LINKED",
        "SENDER_TERMS",
        "SENDER_NO_PAYMENT",
        "SENDER_NO_CREDENTIAL",
        "LEVEL_NOT_ALLOWED",
    ]


def test_case_24_a_twin_is_a_warning_and_keeps_nothing_back() -> None:
    verdict = Check(SENDING).of(replace(LETTER, twin=True))
    assert (verdict.problems, verdict.warnings) == ((), (Problem.POSSIBLE_DUPLICATE,))


def test_case_24_twins_say_the_same_to_the_same_person_in_whatever_order() -> None:
    ada, jean = uuid4(), uuid4()
    assert fingerprint(ada, ["aa", "bb"]) == fingerprint(ada, ["bb", "aa"])
    assert len({fingerprint(ada, ["aa"]), fingerprint(ada, ["aa", "aa"]), fingerprint(jean, ["aa"])}) == 3


@pytest.mark.covers("A-43", "A-44")
def test_every_code_says_whose_record_mends_it() -> None:
    found = {problem: about(problem) for problem in Problem}
    assert [code for code, whose in found.items() if whose is About.RECIPIENT] == list(Problem)[:10]
    assert [code for code, whose in found.items() if whose is About.OFFICE] == [Problem.LEVEL_NOT_ALLOWED]
    assert all(whose is About.SENDER for code, whose in found.items() if code.startswith("SENDER_"))
    assert about("FILE_UNKNOWN") is About.LETTER


@pytest.mark.parametrize(
    ("email", "valid"),
    [
        ("ada@example.fr", True),
        ("ada.durand+lre@mail.example.co.uk", True),
        ("é.durand@exämple.fr", True),
        ("o'hara@example.fr", True),
        (".ada@example.fr", False),
        ("ada.@example.fr", False),
        ("ada..durand@example.fr", False),
        ("ada@-example.fr", False),
        ("ada@example.f", False),
        ("ada@example..fr", False),
        ("ada@@example.fr", False),
        ("ada@192.168.1.1", False),
        ("a" * 65 + "@example.fr", False),
        ("a@" + "b" * 250 + ".fr", False),
        ("ada@example.fr\n", False),
    ],
)
def test_addresses_that_can_be_and_that_cannot(email: str, *, valid: bool) -> None:
    assert valid_email(email) is valid


def test_addresses_are_compared_without_case_and_blanks() -> None:
    assert folded(" Ada@Example.FR ") == folded("ada@example.fr")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Monsieur, le loyer < 500 € et > 300 €", False),
        ("<p>Bonjour <b>Madame</b>,<br/>\n<ul><li>un</li></ul></p>", False),
        ("<script>alert(1)</script>", True),
        ("<p onclick='x'>Bonjour</p>", True),
        ("<IMG src=x>", True),
        ("<!-- caché -->", True),
        ("<?xml?>", True),
        ("</ table >", True),
    ],
)
def test_marks_that_a_text_may_carry(text: str, *, refused: bool) -> None:
    assert forbidden(text) is refused
