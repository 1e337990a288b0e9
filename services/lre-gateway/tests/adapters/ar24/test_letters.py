"""Letters as the provider shows them, in neutral words."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.adapters.ar24.status_map import EVIDENCE, FACTS, snapshot
from lre_gateway.application.provider import (
    Addressee,
    AuthRefused,
    ContractBreach,
    DocRef,
    Fact,
    Grant,
    GrantExpired,
    NotSupported,
    Order,
    OutcomeUnknown,
    ProviderRejected,
    Released,
)
from lre_gateway.domain.vocabulary import EvidenceKind, Kind, Level, Status
from structlog.testing import capture_logs

SENT, END = "2026-01-10 10:00:00", "2026-01-12 11:30:00"
SENT_AT, END_AT = datetime(2026, 1, 10, 9, tzinfo=UTC), datetime(2026, 1, 12, 10, 30, tzinfo=UTC)
GRANT = Grant(secret="hash-of-the-code", expires_at=datetime(2026, 1, 15, 10, tzinfo=UTC))
ENDS = [
    ("AR", "view_date", Status.ACKNOWLEDGED),
    ("refused", "refused_date", Status.REFUSED),
    ("negligence", "negligence_date", Status.NOT_CLAIMED),
    ("bounced", "bounced_date", Status.BOUNCED),
]


def letter(**fields: Any) -> dict[str, Any]:
    return {"id": 123, "ref_client": "letter-1", "status": "sent", "ts_ev_date": SENT, **fields}


def answer(result: Any) -> httpx.Response:
    return httpx.Response(200, json={"status": "SUCCESS", "result": result})


def refused(slug: str) -> httpx.Response:
    return httpx.Response(200, json={"status": "ERROR", "slug": slug, "message": ""})


def order(**fields: Any) -> Order:
    recipient = Addressee(kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email="zoe@example.fr")
    given = {"reference": "letter-1", "level": Level.QUALIFIED_LRE, "sender_account": "5", "text": "Bonjour"}
    return Order(**{**given, "recipient": recipient, **fields})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("to_valid", Status.AWAITING_SENDER_AUTH),
        ("waiting", Status.IN_TRANSIT),
        ("not_valided", Status.AUTH_LAPSED),
        ("error", Status.FAILED),
    ],
)
def test_a_word_without_a_date_is_a_status_without_a_fact(word: str, status: Status) -> None:
    seen = snapshot({"id": "7", "status": word, "ts_ev_date": None, "view_date": ""})
    assert (seen.status, seen.facts, seen.breach, seen.ref, seen.raw_status) == (status, (), None, "7", word)


@pytest.mark.parametrize(("word", "date", "status"), ENDS)
def test_case_34_each_end_has_its_date_and_so_has_the_sending(word: str, date: str, status: Status) -> None:
    seen = snapshot(letter(status=word, **{date: END}))
    assert seen.facts == (Fact(status=Status.NOTIFIED, at=SENT_AT), Fact(status=status, at=END_AT))
    assert (seen.status, seen.breach) == (status, None)


def test_when_word_and_dates_disagree_the_dates_are_believed_and_somebody_is_told() -> None:
    lagging = snapshot(letter(status="sent", view_date=END))
    early = snapshot(letter(status="AR"))
    undated = snapshot({"id": 1, "status": "AR"})
    assert (lagging.status, early.status, undated.status) == (Status.ACKNOWLEDGED, Status.NOTIFIED, Status.IN_TRANSIT)
    assert all(seen.breach for seen in (lagging, early, undated))


def test_case_42_two_ends_are_shown_both_and_the_first_one_counts() -> None:
    seen = snapshot(letter(status="AR", view_date="2026-01-13 10:00:00", negligence_date=END))
    assert seen.status is Status.NOT_CLAIMED
    assert {fact.status for fact in seen.facts} == {Status.NOTIFIED, Status.ACKNOWLEDGED, Status.NOT_CLAIMED}
    assert seen.breach


def test_case_43_an_unknown_word_is_unrecognized_and_kept() -> None:
    seen = snapshot(letter(status="gone_fishing"))
    assert (seen.status, seen.raw_status, seen.breach) == (Status.UNRECOGNIZED, "gone_fishing", None)


def test_a_failed_sending_is_told_by_its_flag_too() -> None:
    assert snapshot({"id": 1, "status": "waiting", "send_fail": 1}).status is Status.FAILED


def test_a_date_that_cannot_be_read_is_told_and_not_guessed() -> None:
    seen = snapshot(letter(view_date="yesterday", status="AR"))
    assert (seen.facts, seen.status) == ((Fact(status=Status.NOTIFIED, at=SENT_AT),), Status.NOTIFIED)
    assert seen.breach == "a date of the letter cannot be read"


def test_what_can_be_fetched_is_what_has_an_address() -> None:
    seen = snapshot(letter(proof_ev_url="https://x/ev", zip="https://x/zip", pdf_content=None, proof_ar_url=""))
    assert seen.evidence == (EvidenceKind.DEPOSIT_AND_SENDING, EvidenceKind.FULL_ARCHIVE)


def test_case_39_who_asks_for_the_letter_under_another_name_is_shown() -> None:
    asked = {"id_recipient_update": 9, "date": END, "lastname": "Autre", "firstname": "Camille", "company": ""}
    (change,) = snapshot(letter(update=[asked, {"date": END}, None])).changes
    assert (change.id, change.at, change.last_name, change.first_name) == ("9", END_AT, "Autre", "Camille")
    assert change.company is None


def test_price_payment_and_recipient_are_read() -> None:
    seen = snapshot(letter(price_ht="3.99", payment_slug="stripe-47146", to_email="zoe@example.fr", new_field=[1]))
    assert (seen.price, seen.payment_method, seen.recipient_email) == (
        Decimal("3.99"),
        "stripe-47146",
        "zoe@example.fr",
    )
    assert snapshot(letter(price_ht="NaN")).price is snapshot(letter(price_ht=None)).price is None


@pytest.mark.parametrize("wrong", [None, [], "letter", {}, {"id": ""}])
def test_what_is_no_letter_is_a_breach(wrong: Any) -> None:
    with pytest.raises(ContractBreach):
        snapshot(wrong)


def _anything() -> st.SearchStrategy[Any]:
    plain = st.none() | st.text(max_size=20) | st.integers() | st.just(SENT) | st.sampled_from(["AR", "sent"])
    return plain | st.lists(plain | st.dictionaries(st.text(max_size=9), plain))


NAMES = [
    *(name for name, _ in FACTS),
    *(name for name, _ in EVIDENCE.values()),
    "status",
    "update",
    "price_ht",
    "send_fail",
]


@given(st.dictionaries(st.sampled_from(NAMES), _anything()))
def test_any_letter_with_a_number_is_read_without_a_failure(fields: dict[str, Any]) -> None:
    seen = snapshot({"id": 7, **fields})
    assert seen.ref == "7"
    assert len(seen.evidence) == sum(bool(fields.get(name)) for name, _ in EVIDENCE.values())


@pytest.mark.covers("A-72")
def test_an_order_is_written_in_the_fields_of_the_provider(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [answer(letter(status="waiting", ts_ev_date=None))]
    documents = (DocRef(id="51", sha256="0" * 64), DocRef(id="52", sha256="1" * 64))
    done = ar24.submit(
        order(documents=documents, webhook_url="https://office.example/hook", payment_method="stripe-1"), GRANT
    )
    assert (done.ref, done.status) == ("123", Status.IN_TRANSIT)
    sent = dict(httpx.QueryParams(scripted.calls[0].content.decode()))
    assert {name: value for name, value in sent.items() if name not in {"token", "date"}} == {
        "id_user": "5",
        "eidas": "1",
        "to_lastname": "Martin",
        "to_firstname": "Zoé",
        "to_email": "zoe@example.fr",
        "dest_statut": "particulier",
        "content": "Bonjour",
        "ref_client": "letter-1",
        "payment_slug": "stripe-1",
        "webhook": "https://office.example/hook",
        "auth_otp_hash": "hash-of-the-code",
        "attachment[0]": "51",
        "attachment[1]": "52",
    }


def test_a_letter_that_is_taken_but_not_understood_is_unknown(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [answer({"letter": 1})]
    with pytest.raises(OutcomeUnknown):
        ar24.submit(order(), GRANT)
    scripted.script = [answer(letter(ref_client="another"))]
    with pytest.raises(OutcomeUnknown):
        ar24.submit(order(), GRANT)


@pytest.mark.parametrize("held", [hashlib.sha1(b"other", usedforsecurity=False).hexdigest(), ""])
def test_other_bytes_at_the_provider_are_a_warning_and_stop_nothing(ar24: Ar24, scripted: Any, held: str) -> None:
    scripted.script = [answer({"file_id": "51"}), answer(letter(attachments_details=[{"id": 51, "hash_sha1": held}]))]
    document = ar24.upload("5", "acte.pdf", "application/pdf", b"%PDF-1.7")
    with capture_logs() as logs:
        assert ar24.submit(order(documents=(document,)), GRANT).ref == "123"
    assert [entry["event"] for entry in logs] == (["attachment-hash-differs"] if held else [])
    scripted.script = [answer(letter(attachments_details=["51", None, {}])), answer(letter(attachments_details={}))]
    assert ar24.submit(order(), GRANT).ref == ar24.submit(order(), GRANT).ref


@pytest.mark.parametrize("level", [Level.SIMPLE_ERDS, Level.COPRO_NOTICE, Level.PAPER])
def test_a_level_that_is_not_confirmed_is_not_sent(client: Any, clock: Any, scripted: Any, level: Level) -> None:
    ar24 = Ar24(client, clock)
    with pytest.raises(NotSupported):
        ar24.submit(order(level=level), GRANT)
    assert scripted.calls == []


def test_without_a_confirmed_route_no_draft_is_left_at_the_provider(client: Any, clock: Any, scripted: Any) -> None:
    ar24 = Ar24(client, clock)
    assert not ar24.capabilities().drafts_at_provider
    with pytest.raises(NotSupported):
        ar24.submit(order(), None)
    with pytest.raises(NotSupported):
        ar24.release("5", ["123"], GRANT)
    assert scripted.calls == []


def test_many_letters_are_read_fifty_at_a_time_and_strangers_are_left_out(ar24: Ar24, scripted: Any) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        numbers = [value for name, value in request.url.params.items() if name.startswith("mail[")]
        return answer([letter(id=int(number)) for number in numbers if number != "7"] + [letter(id=9999)])

    scripted.script = [page]
    seen = ar24.get_many([str(number) for number in range(1, 121)] + ["3"])
    assert len(scripted.calls) == 3
    assert {one.ref for one in seen} == {str(number) for number in range(1, 121)} - {"7"}


def test_case_31_a_letter_is_found_by_our_reference_on_any_page(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [
        answer([letter(id=number, ref_client=f"other-{number}") for number in range(100)]),
        answer({"mails": [letter(id=200)]}),
    ]
    found = ar24.find("5", "letter-1")
    assert found is not None
    assert found.ref == "200"
    assert [dict(call.url.params)["start"] for call in scripted.calls] == ["0", "100"]


def test_case_32_absence_is_proved_by_the_empty_page_alone(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [answer([letter(ref_client="other")]), answer([])]
    assert ar24.find("5", "letter-1") is None
    assert len(scripted.calls) == 2


def test_case_33_a_list_that_repeats_itself_or_never_ends_proves_nothing(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [answer([letter(ref_client="other")])]
    with pytest.raises(ContractBreach):
        ar24.find("5", "letter-1")
    assert len(scripted.calls) == 2
    numbers = iter(range(10_000))
    scripted.script = [lambda _request: answer([letter(id=next(numbers) + 1, ref_client="other")])]
    with pytest.raises(OutcomeUnknown):
        ar24.find("5", "letter-1")


def test_case_25_a_release_is_told_by_what_the_letters_show_afterwards(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [
        answer({}),
        answer([letter(id=1, status="waiting", ts_ev_date=None), letter(id=2, status="to_valid", ts_ev_date=None)]),
    ]
    assert ar24.release("5", ["1", "2", "3"], GRANT) == (
        Released(ref="1", outcome="released"),
        Released(ref="2", outcome="refused", problem="not-released"),
        Released(ref="3", outcome="unknown", problem="not-released"),
    )


def test_case_28_a_grant_that_ends_between_two_slices_keeps_what_was_released(ar24: Ar24, scripted: Any) -> None:
    numbers = [str(number) for number in range(1, 121)]
    scripted.script = [
        answer({}),
        answer([letter(id=int(number), status="waiting", ts_ev_date=None) for number in numbers[:50]]),
        refused("authentication_otp_hash_invalid"),
        answer([letter(id=int(number), status="to_valid", ts_ev_date=None) for number in numbers[50:100]]),
    ]
    released = ar24.release("5", numbers, GRANT)
    assert [one.ref for one in released] == numbers
    assert [one.outcome for one in released] == ["released"] * 50 + ["refused"] * 70
    assert {one.problem for one in released[50:]} == {"code-needed"}


@pytest.mark.parametrize(
    ("slug", "raised"),
    [("authentication_otp_invalid", AuthRefused), ("authentication_otp_hash_invalid", GrantExpired)],
)
def test_case_26_a_refused_code_moves_nothing_and_is_told_as_such(
    ar24: Ar24, scripted: Any, slug: str, raised: type[Exception]
) -> None:
    scripted.script = [refused(slug)]
    with pytest.raises(raised):
        ar24.release("5", ["1", "2"], GRANT)
    assert len(scripted.calls) == 1


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("2026-01-15 10:40:00", 40),
        ("2026-01-15 13:00:00", 60),
        ("2019-10-07 10:00:00", 60),
        (None, 60),
        ("soon", 60),
    ],
)
def test_case_28_a_grant_ends_when_the_provider_says_and_within_an_hour(
    ar24: Ar24, scripted: Any, clock: Any, said: str | None, minutes: int
) -> None:
    scripted.script = [answer({"hash": "abc", "expiration_date": said})]
    grant = ar24.authenticate("5", "123456")
    assert (grant.secret, grant.expires_at - clock.now) == ("abc", timedelta(minutes=minutes))


def test_a_lost_answer_to_a_release_is_known_for_those_that_moved(ar24: Ar24, scripted: Any) -> None:
    scripted.script = [
        httpx.ReadTimeout("lost"),
        answer([letter(id=1, status="waiting", ts_ev_date=None), letter(id=2, status="to_valid", ts_ev_date=None)]),
    ]
    assert [one.outcome for one in ar24.release("5", ["1", "2"], GRANT)] == ["released", "unknown"]


@pytest.mark.parametrize(("content", "code"), [(b"", "FILE_EMPTY"), (b"x", None)])
def test_case_21_an_empty_file_is_refused_before_any_call(
    ar24: Ar24, scripted: Any, content: bytes, code: str | None
) -> None:
    scripted.script = [answer({"file_id": 51})]
    if code is None:
        assert ar24.upload("5", "a.pdf", "application/pdf", content).id == "51"
        return
    with pytest.raises(ProviderRejected, match=code):
        ar24.upload("5", "a.pdf", "application/pdf", content)
    assert scripted.calls == []
