"""What people see of notifications."""

from typing import Any
from uuid import uuid4

import pytest
from contracts.examples import CLIENT, COLLABORATOR, DOSSIER, NOTARY
from eventstore import rebuild
from messaging.entrypoints.http import DELIVERY, NOTIFICATION, DeliveryOut, NotificationOut


@pytest.mark.covers("L-60")
def test_my_notifications_are_listed_newest_first_and_counted_until_read(world: Any, api: Any, keys: Any) -> None:
    world.tell("dossier.document-deposited")
    world.tell("dossier.dossier-completed", subject=DOSSIER)
    mine = keys.bearer(COLLABORATOR)
    answer = api.get("/notifications", headers=mine).json()
    assert [item["template"] for item in answer["items"]] == ["dossier-completed", "document-deposited"]
    assert (answer["unread"], answer["next"]) == (2, None)
    first = answer["items"][0]["id"]
    for key in ("one", "one", "two"):
        headers = mine | {"Idempotency-Key": key}
        assert api.post(f"/notifications/{first}/reading", headers=headers).status_code == 204
    answer = api.get("/notifications", headers=mine).json()
    assert answer["unread"] == 1
    assert answer["items"][0]["read_at"]
    assert len(world.store.read(0, 100)) == 7  # four for the deposit, two for the completion, one read


def test_a_page_leads_to_the_next(world: Any, api: Any, keys: Any) -> None:
    for _ in range(5):
        world.tell("dossier.document-deposited")
    mine, cursor, seen = keys.bearer(NOTARY), None, []
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = api.get("/notifications", headers=mine, params=params).json()
        seen += [item["id"] for item in answer["items"]]
        if not (cursor := answer["next"]):
            break
    assert len(seen) == len(set(seen)) == 5


def test_what_is_not_mine_does_not_exist(world: Any, api: Any, keys: Any) -> None:
    world.tell("dossier.document-deposited")
    by_channel = {row["channel"]: row["id"] for row in world.rows() if row["person_id"] == COLLABORATOR}
    other = keys.bearer(NOTARY)
    assert api.get("/notifications", headers=keys.bearer(uuid4())).json()["items"] == []
    answers = [
        api.post(f"/notifications/{identifier}/reading", headers=headers)
        for identifier, headers in [
            (by_channel["in-app"], other),
            (by_channel["email"], keys.bearer(COLLABORATOR)),
            (uuid4(), other),
            ("not-an-id", other),
        ]
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert api.get("/notifications").status_code == 401


def test_marking_as_read_takes_no_body(world: Any, api: Any, keys: Any) -> None:
    world.tell("dossier.document-deposited")
    mine = keys.bearer(NOTARY)
    [notification] = api.get("/notifications", headers=mine).json()["items"]
    answer = api.post(f"/notifications/{notification['id']}/reading", headers=mine, json={"x": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "body-unexpected")
    assert api.get("/notifications", headers=mine).json()["unread"] == 1


def test_the_office_sees_whether_its_messages_arrived(world: Any, api: Any, keys: Any, mailbox: Any) -> None:
    mailbox.admin.put("/faults", json={"refuse": ["jeanne@example.org"]})
    world.tell("dossier.document-refused")
    world.sending.send_due()
    world.tell("dossier.document-deposited")
    answer = api.get("/deliveries", params={"dossier": str(DOSSIER)}, headers=keys.bearer(NOTARY)).json()
    found = [(item["person_id"], item["template"], item["state"], item["cause"]) for item in answer["items"]]
    assert sorted(found) == sorted(
        [
            (str(CLIENT), "document-refused", "failed", "address-refused"),
            (str(NOTARY), "document-deposited", "queued", None),
            (str(COLLABORATOR), "document-deposited", "queued", None),
        ]
    )


@pytest.mark.parametrize("who", ["a colleague without access", "another office", "a client"])
def test_deliveries_are_for_the_readers_of_the_dossier_only(world: Any, api: Any, keys: Any, who: str) -> None:
    world.tell("dossier.document-refused")
    headers = {
        "a colleague without access": keys.bearer(uuid4()),
        "another office": keys.bearer(NOTARY, office_id=uuid4()),
        "a client": keys.bearer(CLIENT, kind="client", office_id=None),
    }[who]
    answer = api.get("/deliveries", params={"dossier": str(DOSSIER)}, headers=headers)
    assert answer.status_code == (403 if who == "a client" else 404)


def test_the_feed_is_for_services_and_the_read_model_can_be_made_again(world: Any, api: Any, keys: Any) -> None:
    world.tell("dossier.document-deposited")
    world.sending.send_due()
    before = world.rows()
    rebuild(world.store)
    assert world.rows() == before
    internal = str(api.base_url).removesuffix("/api/messages/v1/") + "/internal/events"
    assert api.get(internal, headers=keys.bearer(NOTARY)).status_code == 401
    token = {"Authorization": f"Bearer {keys.service_token('journal')}"}
    items = api.get(internal, headers=token).json()["items"]
    assert [item["storeseq"] for item in items] == list(range(1, 7))
    assert items[0]["type"] == "messaging.notification-queued.v1"


def test_the_api_describes_itself_with_examples_that_hold(api: Any) -> None:
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    for name, example in (("NotificationOut", NOTIFICATION), ("DeliveryOut", DELIVERY)):
        shown = {member: value for member, value in example.items() if value is not None}  # a null is left out there
        assert schemas[name]["examples"] == [shown]
    assert NotificationOut.model_validate(NOTIFICATION).template == "document-deposited"
    assert DeliveryOut.model_validate(DELIVERY).state == "failed"
