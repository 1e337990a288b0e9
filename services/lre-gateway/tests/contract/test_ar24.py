"""What only AR24 has: dated, signed calls and encrypted answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lre_gateway.adapters.ar24.client import Access, Ar24Client
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.application.provider import ContractBreach, NotSupported, OutcomeUnknown, ProviderAway, SenderNotReady
from lre_gateway.domain.vocabulary import Missing, Status

SKINS = ("ar24",)
TOKEN, PRIVATE_KEY = "contract-token", "contract-private-key"


@pytest.fixture
def dated(simulator: Any) -> Iterator[Any]:
    """Return what makes a provider whose clock is wrong by so many seconds, or whose key is another one."""
    clients: list[Ar24Client] = []

    def make(seconds: float = 0, private_key: str = PRIVATE_KEY, token: str = TOKEN) -> Ar24:
        def clock() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=seconds)

        access = Access(base_url=f"{simulator.url}/api", token=token, private_key=private_key)
        clients.append(Ar24Client(access, clock, pause=lambda _seconds: None))
        return Ar24(clients[-1], clock)

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize("seconds", [-660, 660])
def test_case_06_a_date_outside_the_window_executes_nothing(dated: Any, stage: Any, seconds: float) -> None:
    provider = dated(seconds)
    assert provider.health() == "down"
    with pytest.raises(ProviderAway):
        provider.submit(stage.order(), stage.granted())


def test_case_06_a_date_inside_the_window_is_good(dated: Any) -> None:
    assert dated(-540).health() == dated(540).health() == "up"


def test_case_01_a_wrong_key_or_token_executes_nothing(dated: Any, stage: Any) -> None:
    for provider in (dated(private_key="another"), dated(token="another")):
        with pytest.raises(ProviderAway):
            provider.submit(stage.order(), stage.granted())


@pytest.mark.parametrize("fault", ["wrong_iv", "truncated"])
def test_case_03_an_answer_that_cannot_be_read_is_a_breach(stage: Any, simulator: Any, fault: str) -> None:
    _, ref = stage.sent()
    simulator.faults(**{fault: 1})
    with pytest.raises(ContractBreach):
        stage.provider.get(ref)


def test_case_04_an_answer_in_clear_is_read(stage: Any, simulator: Any) -> None:
    _, ref = stage.sent()
    simulator.faults(clear_json=1)
    assert stage.provider.get(ref).ref == ref


@pytest.mark.covers("A-04")
def test_case_14_without_the_key_only_the_qualified_level_is_blocked(stage: Any, simulator: Any) -> None:
    made = simulator.sender(credential="none")
    assert stage.provider.sender(made["email"]).missing == {Missing.CREDENTIAL}
    stage.provider.order_credential(str(made["id"]))
    assert stage.provider.sender(made["email"]).missing == {Missing.CREDENTIAL}
    simulator.advance(4 * 86400)
    assert stage.provider.sender(made["email"]).missing == frozenset()


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ({"confirmed": False}, Missing.CONFIRMATION),
        ({"terms": False}, Missing.TERMS),
        ({"payments": []}, Missing.PAYMENT),
    ],
)
def test_case_11_a_sender_who_is_not_ready_is_told_what_is_missing_at_sending(
    stage: Any, simulator: Any, lacking: dict[str, Any], missing: Missing
) -> None:
    order, grant = stage.order(), stage.granted()
    simulator.change_sender(int(stage.account), **lacking)
    with pytest.raises(SenderNotReady) as caught:
        stage.provider.submit(order, grant)
    assert caught.value.missing == {missing}


def test_case_13_access_that_is_taken_back_says_that_the_link_is_missing(stage: Any, simulator: Any) -> None:
    order, grant = stage.order(), stage.granted()
    simulator.access(int(stage.account), "revoke")
    with pytest.raises(SenderNotReady) as caught:
        stage.provider.submit(order, grant)
    assert caught.value.missing == {Missing.LINK}


def test_one_upload_serves_several_letters(stage: Any, simulator: Any) -> None:
    order = stage.order()
    grant = stage.granted()
    other = stage.order(documents=order.documents)
    assert stage.provider.submit(order, grant).ref != stage.provider.submit(other, grant).ref
    (one,), (two,) = simulator.letters(order.reference), simulator.letters(other.reference)
    assert one["files"] == two["files"] != []


def test_a_status_that_lags_behind_its_dates_is_a_breach_and_the_dates_are_believed(stage: Any, simulator: Any) -> None:
    order, ref = stage.sent()
    simulator.advance(5)
    simulator.act(order.reference, "accept")
    simulator.faults(status_lags=True)
    seen = stage.provider.get(ref)
    assert (seen.status, seen.breach is not None) == (Status.ACKNOWLEDGED, True)


@pytest.mark.covers("A-59")
def test_a_draft_that_lapsed_says_so(stage: Any, simulator: Any) -> None:
    order, ref = stage.draft()
    simulator.act(order.reference, "lapse")
    assert stage.provider.get(ref).status is Status.AUTH_LAPSED


def test_a_letter_that_failed_says_so(stage: Any, simulator: Any) -> None:
    order, ref = stage.sent()
    simulator.act(order.reference, "fail")
    assert stage.provider.get(ref).status is Status.FAILED


def test_a_list_that_lags_proves_absence_wrongly_for_a_while_hence_the_quiet_period(stage: Any, simulator: Any) -> None:
    order, grant = stage.order(), stage.granted()
    simulator.faults(route="POST mail", cut_after_commit=1)
    with pytest.raises(OutcomeUnknown):
        stage.provider.submit(order, grant)
    simulator.faults(list_lag_s=300)
    assert stage.provider.find(stage.account, order.reference) is None
    simulator.advance(301)
    assert stage.provider.find(stage.account, order.reference) is not None


def test_an_account_of_the_first_years_answers_in_clear(simulator: Any, dated: Any) -> None:
    application = {"uuid": "clear-token", "private_key": "unused", "encrypted": False}
    simulator.admin.post("/__sandbox__/applications", json=application).raise_for_status()
    assert dated(token="clear-token", private_key="other").health() == "up"


def test_drafts_need_the_route_that_only_a_setting_confirms(dated: Any, stage: Any) -> None:
    with pytest.raises(NotSupported):
        dated().submit(stage.order(), None)
