"""What any provider keeps, told with the port alone: it runs on the simulator and on a provider's test platform."""

from typing import Any
from uuid import uuid4

import pytest
from lre_gateway.application.provider import AuthRefused, Hint, NotSupported, ProviderRejected, Rejection
from lre_gateway.domain.vocabulary import EvidenceKind, Level, Missing, Status

BEFORE_THE_END = {Status.IN_TRANSIT, Status.NOTIFIED}


def test_the_platform_answers(stage: Any) -> None:
    assert stage.provider.health() == "up"


def test_the_sender_is_found_by_account_and_by_address_and_is_ready(stage: Any) -> None:
    by_account, by_email = stage.provider.sender(stage.account), stage.provider.sender(stage.email)
    assert by_account == by_email
    assert (by_account.account, by_account.linked, by_account.missing) == (stage.account, True, frozenset())
    assert by_account.email == stage.email


def test_a_sender_whom_nobody_knows_is_not_linked(stage: Any) -> None:
    seen = stage.provider.sender(f"{uuid4().hex}@example.fr")
    assert (seen.linked, seen.missing, seen.account) == (False, {Missing.LINK}, "")


@pytest.mark.parametrize("code", ["000000", "12345", "1234567", "abcdef", ""])
def test_case_26_a_wrong_code_gives_no_grant(stage: Any, code: str) -> None:
    if code == stage.otp():
        code = "111111"
    with pytest.raises(AuthRefused):
        stage.provider.authenticate(stage.account, code)


def test_a_letter_is_sent_once_and_found_by_its_reference(stage: Any) -> None:
    order, ref = stage.sent()
    seen = stage.provider.get(ref)
    assert (seen.ref, seen.reference, seen.breach) == (ref, order.reference, None)
    assert seen.status in BEFORE_THE_END
    assert stage.provider.find(stage.account, order.reference).ref == ref
    assert [one.ref for one in stage.provider.get_many([ref, ref])] == [ref]


def test_case_32_a_letter_that_was_never_sent_is_proved_absent(stage: Any) -> None:
    assert stage.provider.find(stage.account, str(uuid4())) is None


def test_a_letter_without_anything_in_it_is_refused(stage: Any) -> None:
    empty = stage.order(text="", documents=())
    with pytest.raises(ProviderRejected):
        stage.provider.submit(empty, stage.granted())
    assert stage.provider.find(stage.account, empty.reference) is None


def test_case_21_an_empty_file_is_refused(stage: Any) -> None:
    with pytest.raises(ProviderRejected) as caught:
        stage.provider.upload(stage.account, "vide.pdf", "application/pdf", b"")
    assert caught.value.code is Rejection.FILE_EMPTY


def test_a_letter_that_does_not_exist_is_refused_and_left_out_of_many(stage: Any) -> None:
    _, ref = stage.sent()
    stranger = ref[: ref.find(":") + 1] + ("999999999" if ":" not in ref else str(uuid4()))
    with pytest.raises(ProviderRejected):
        stage.provider.get(stranger)
    assert [one.ref for one in stage.provider.get_many([stranger, ref])] == [ref]


def test_evidence_of_what_has_not_happened_is_not_there(stage: Any) -> None:
    _, ref = stage.sent()
    assert stage.provider.evidence(ref, EvidenceKind.RECEPTION) is None


def test_what_the_provider_cannot_do_says_so_instead_of_pretending(stage: Any) -> None:
    able = stage.provider.capabilities()
    for confirmed, call in (
        (able.payment_methods_api, lambda: stage.provider.payment_methods(stage.account)),
        (able.consent_api, lambda: stage.provider.consents(stage.account)),
        (able.recipient_change_api, lambda: stage.provider.answer_change("1", "1", True)),
    ):
        if not confirmed:
            with pytest.raises(NotSupported):
                call()
    for level in set(Level) - able.levels:
        with pytest.raises(NotSupported):
            stage.provider.submit(stage.order(level=level), stage.granted())


def test_case_46_a_call_that_says_anything_is_a_hint_at_most(stage: Any) -> None:
    forged = b'{"id_mail": "1; drop", "new_state": "AR", "resource_type": "x", "resource_location": "/sendings/../.."}'
    for body in (forged, b"", b"\xff", b"id_mail=", b"[]"):
        for hint in stage.provider.hints({"content-type": "application/json"}, body):
            assert isinstance(hint, Hint)
            assert hint.ref is None
