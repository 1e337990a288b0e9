"""What the provider really posts to us, read by the adapter: hints, and the letter read again says the rest."""

from collections import Counter
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import Addressee, Hint, PostalAddress
from lre_gateway.domain.vocabulary import Kind, Level, Status
from testkit.serving import serving

SECONDS = 30
PAPER = "registered_mail/v4"


class Hook:
    """An address that is called, and remembers how."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.enough = Event()
        self.wanted = 1

    async def take(self, request: Request) -> Response:
        self.calls.append((dict(request.headers), await request.body()))
        if len(self.calls) >= self.wanted:
            self.enough.set()
        return Response(status_code=201 if "user_id" in str(self.calls[-1][1]) else 200)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made, app = Hook(), FastAPI()
    app.add_api_route("/hook/{secret}", made.take, methods=["POST"])
    with serving(app) as url:
        made.url = f"{url}/hook/unguessable"
        yield made


@pytest.mark.parametrize("skin", ["ar24"])
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.fault("F51")
def test_case_47_calls_are_hints_of_one_letter_whatever_their_order(
    stage: Any, simulator: Any, hook: Hook, *, as_json: bool
) -> None:
    simulator.assume(webhook_json=as_json)
    simulator.faults(webhook_duplicate=True, webhook_reorder=True)
    hook.wanted = 6  # three facts, each told twice
    order, ref = stage.sent(webhook_url=hook.url)
    simulator.advance(5)
    simulator.act(order.reference, "accept")
    simulator.advance(120)
    assert hook.enough.wait(SECONDS)
    hints = Counter(hint for headers, body in hook.calls for hint in stage.provider.hints(headers, body))
    assert set(hints) == {Hint(ref=ref, kind="letter")}
    assert stage.provider.get(ref).status is Status.ACKNOWLEDGED


@pytest.mark.parametrize("skin", ["ar24"])
@pytest.mark.fault("F50")
def test_case_47_without_any_call_the_letter_says_the_same(stage: Any, simulator: Any, hook: Hook) -> None:
    simulator.faults(webhook_missing=True)
    order, ref = stage.sent(webhook_url=hook.url)
    simulator.advance(5)
    simulator.act(order.reference, "refuse")
    assert stage.provider.get(ref).status is Status.REFUSED
    assert hook.calls == []


@pytest.mark.parametrize("skin", ["maileva"])
def test_case_48_the_notification_centre_names_the_sending_of_paper(stage: Any, simulator: Any, hook: Hook) -> None:
    client = stage.provider._client
    for kind, event in (("sendings", "ON_STATUS_ACCEPTED"), ("recipients", "ON_MAIN_DELIVERY_STATUS_DELIVERED")):
        wanted = {"resource_type": f"{PAPER}/{kind}", "event_type": event, "callback_url": hook.url}
        client.post("/notification_center/v2/subscriptions", Effect.ONCE, wanted)
    hook.wanted = 2
    postal = PostalAddress(line1="3 rue Haute", postcode="69001", city="LYON")
    owner = Addressee(kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email=stage.to, postal=postal)
    order = stage.order(level=Level.PAPER, recipient=owner, text="")
    ref = stage.provider.submit(order, None).ref
    simulator.advance(86_400)
    simulator.act(order.reference, "accept")
    simulator.advance(60)
    assert hook.enough.wait(SECONDS)
    hints = {hint for headers, body in hook.calls for hint in stage.provider.hints(headers, body)}
    assert hints == {Hint(ref=ref, kind="letter")}
    assert stage.provider.get(ref).status is Status.ACKNOWLEDGED
