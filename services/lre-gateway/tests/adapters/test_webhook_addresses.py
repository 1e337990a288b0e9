"""Addresses that a provider calls."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.webhooks import WebhookAddresses

ADDRESSES = WebhookAddresses("https://scelle.example/api/letters/v1", "ar24", b"k" * 32)


@given(st.uuids())
def test_an_address_leads_to_its_letter_and_to_no_other_provider(letter_id: UUID) -> None:
    secret = ADDRESSES.address(letter_id).rpartition("/")[2]
    assert ADDRESSES.letter("ar24", secret) == letter_id
    assert ADDRESSES.letter("maileva", secret) is None
    assert str(letter_id) not in ADDRESSES.address(letter_id)


@pytest.mark.parametrize("other", [{"key": b"l" * 32}, {"provider": "maileva"}])
def test_an_address_made_with_another_key_or_for_another_provider_is_none(other: dict[str, object]) -> None:
    facts = {"base_url": "", "provider": "ar24", "key": b"k" * 32} | other
    secret = WebhookAddresses(**facts).secret(uuid4())
    assert ADDRESSES.letter("ar24", secret) is None


@given(st.text(max_size=60))
def test_no_other_text_leads_anywhere(text: str) -> None:
    assert ADDRESSES.letter("ar24", text) is None


def test_the_key_is_never_shown() -> None:
    assert "kkkk" not in repr(ADDRESSES)
