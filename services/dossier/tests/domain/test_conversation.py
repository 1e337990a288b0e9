"""What a client and the office write to each other: events in, call, events out."""

from uuid import UUID, uuid4

import pytest
from dossier.domain.conversation import Conversation, Purpose, Side
from dossier.domain.refusals import MessageEmpty

DOSSIER, OFFICE, CLIENT, NOTARY = uuid4(), uuid4(), uuid4(), uuid4()
FIRST, SECOND, THIRD = uuid4(), uuid4(), uuid4()


def a_conversation(*posts: tuple[UUID, Side]) -> Conversation:
    conversation = Conversation(dossier_id=DOSSIER, office_id=OFFICE, client_id=CLIENT)
    for post_id, side in posts:
        conversation.post(post_id, side, NOTARY if side is Side.OFFICE else CLIENT, text="Bonjour")
    conversation.collect_events()
    return conversation


def read(conversation: Conversation) -> list[list[str]]:
    return [event.post_ids for event in conversation.collect_events() if isinstance(event, Conversation.Read)]


@pytest.mark.covers("S-21")
def test_a_message_waits_for_the_other_side_until_it_is_read() -> None:
    conversation = a_conversation()
    conversation.post(FIRST, Side.CLIENT, CLIENT, text="Un rendez-vous ?", purpose=Purpose.APPOINTMENT)
    assert conversation.unread == {FIRST: Side.OFFICE}
    conversation.read(Side.OFFICE, NOTARY, FIRST)
    assert conversation.unread == {}


def test_a_side_reads_what_was_written_to_it_up_to_the_last_it_saw() -> None:
    conversation = a_conversation((FIRST, Side.CLIENT), (SECOND, Side.OFFICE), (THIRD, Side.CLIENT))
    conversation.read(Side.OFFICE, NOTARY, FIRST)
    assert read(conversation) == [[str(FIRST)]]
    conversation.read(Side.OFFICE, NOTARY, FIRST)
    conversation.read(Side.OFFICE, NOTARY, uuid4())
    assert read(conversation) == []
    conversation.read(Side.OFFICE, NOTARY, THIRD)
    assert read(conversation) == [[str(THIRD)]]
    assert conversation.unread == {SECOND: Side.CLIENT}


@pytest.mark.parametrize("text", ["", " \n ", "\u3164", "\u202e"])
def test_nobody_is_told_of_a_message_without_words(text: str) -> None:
    with pytest.raises(MessageEmpty):
        a_conversation().post(FIRST, Side.CLIENT, CLIENT, text=text)
