from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identity.domain.contact import email, masked, mobile, same_email
from identity.domain.office import crpcen
from identity.domain.refusals import CrpcenRefused, EmailRefused, MobileRefused

FRANCE = ("+33",)
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "0612340464")


@pytest.mark.bad_input("B29")
@pytest.mark.covers("L-36")
@pytest.mark.parametrize(
    "typed",
    ["0612340464", "06 12 34 04 64", "+33 6 12 34 04 64", "0033612340464", "06.12.34.04.64", FULL_WIDTH],
)
def test_a_mobile_number_is_written_one_way(typed: str) -> None:
    assert mobile(typed, FRANCE) == "+33612340464"


@pytest.mark.bad_input("B29")
@pytest.mark.covers("L-36")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "0142345678",  # a landline
        "+33 891 23 45 67",  # a premium number
        "+44 7911 123456",  # a country that is not served
        "06 12 34 04 64 p 99",  # an extension
        "06123404641",
        "sms:0612340464\r\nbcc",
        "0612340464" * 40,
    ],
)
def test_a_number_that_no_code_should_go_to_is_refused(typed: str) -> None:
    with pytest.raises(MobileRefused):
        mobile(typed, FRANCE)


def test_other_countries_can_be_served() -> None:
    assert mobile("+44 7911 123456", ("+33", "+44")) == "+447911123456"


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_refusal(typed: str) -> None:
    with suppress(MobileRefused):
        assert mobile(typed, FRANCE).startswith("+33")


@pytest.mark.parametrize(
    "typed",
    [
        "jeanne@example.org\r\nBcc: all@example.org",
        "jeanne@example.org, other@example.org",
        "<jeanne@example.org>",
        "Jeanne <jeanne@example.org>",
        '"jeanne dupont"@example.org',
        "jeanne@[127.0.0.1]",
        "jeanne@localhost",
        "jéanne@example.org",
        "@example.org",
        "jeanne",
        f"{'j' * 310}@example.org",
    ],
)
def test_an_address_that_is_none_or_hides_another_is_refused(typed: str) -> None:
    with pytest.raises(EmailRefused):
        email(typed)


@pytest.mark.bad_input("B30")
def test_a_look_alike_domain_shows_its_real_name() -> None:
    assert email("jeanne@еxample.org").startswith("jeanne@xn--")  # noqa: RUF001 - the first letter is Cyrillic


@pytest.mark.covers("L-48")
def test_letter_case_does_not_make_another_address() -> None:
    assert same_email(" Jeanne@Example.org ") == same_email("jeanne@example.org")


@pytest.mark.covers("L-49")
def test_only_the_last_four_digits_are_shown() -> None:
    assert masked("+33612340464") == "** ** ** 04 64"


@pytest.mark.parametrize("typed", ["", "7", "75 999", "75999; DROP", "é5999", "1" * 13])
def test_a_crpcen_is_letters_and_digits(typed: str) -> None:
    assert crpcen(" 2a001 ") == "2A001"
    with pytest.raises(CrpcenRefused):
        crpcen(typed)
