from typing import Any

LREQ, LREL = "electronic_qualified_registered_mail/v1", "registered_mail/v4"


def subscribed(maileva: Any, listener: Any, event: str) -> str:
    body = {
        "resource_type": "registered_mail/v4/recipients",
        "event_type": event,
        "callback_url": listener.url,
        "authentication": {"basic": {"login": "l", "password": "p"}},
    }
    made = maileva.call("POST", "notification_center/v2/subscriptions", json=body)
    assert made.status_code == 201
    return str(made.json()["id"])


def test_a_subscriber_is_told_once_and_answers_201(ar24: Any, maileva: Any, listener: Any) -> None:
    listener.status = 201
    number = subscribed(maileva, listener, "ON_DEPOSIT_PROOF_RECEIVED")
    path = maileva.drafted(LREL)
    maileva.call("POST", f"{path}/submit")
    ar24.advance(86400)
    [body] = listener.json()
    assert (body["event_type"], body["resource_custom_id"]) == ("ON_DEPOSIT_PROOF_RECEIVED", "L-1")
    assert body["resource_id"] == maileva.recipient(path)["id"]
    assert [one["Authorization"] for one in listener.headers] == ["Basic bDpw"]
    [told] = maileva.call("GET", "notification_center/v2/notifications").json()["notifications"]
    assert (told["status"], told["attempt_count"], told["last_response_code"]) == ("SENT", 1, 201)
    content = maileva.call("GET", f"notification_center/v2/notifications/{told['id']}/content").json()
    assert content == body
    assert maileva.call("POST", f"notification_center/v2/notifications/{told['id']}/retry").status_code == 200
    ar24.advance(1)
    assert len(listener.bodies) == 2
    assert maileva.call("DELETE", f"notification_center/v2/subscriptions/{number}").status_code == 204


def test_a_subscriber_who_answers_otherwise_is_tried_ten_times(ar24: Any, maileva: Any, listener: Any) -> None:
    subscribed(maileva, listener, "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION")
    listener.status = 200
    maileva.call("POST", f"{maileva.drafted(LREL)}/submit")
    ar24.advance(60)
    assert len(listener.bodies) == 1
    ar24.advance(20 * 60)
    assert len(listener.bodies) == 3
    ar24.advance(2 * 86400)
    assert len(listener.bodies) == 10
    assert (
        maileva.call("GET", "notification_center/v2/notifications").json()["notifications"][0]["status"] == "MAX_RETRY"
    )


def test_the_qualified_product_tells_nobody(ar24: Any, maileva: Any, listener: Any) -> None:
    subscribed(maileva, listener, "ON_DEPOSIT_PROOF_RECEIVED")
    sender = maileva.sender()
    maileva.authenticate(sender)
    maileva.call("POST", f"{maileva.drafted(LREQ, sender)}/submit")
    ar24.advance(86400)
    assert listener.bodies == []
    wrong = {"resource_type": f"{LREQ}/sendings", "event_type": "ON_STATUS_ACCEPTED", "callback_url": "http://x/"}
    refused = maileva.call("POST", "notification_center/v2/subscriptions", json=wrong)
    assert maileva.code(refused) == (400, "RESOURCE_TYPE_INVALID")
