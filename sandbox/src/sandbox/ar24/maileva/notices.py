"""notification_center: subscriptions, and the notices posted under them; the qualified product has none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from sandbox.ar24.maileva import views
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.records import Notice, Sending, Subscription
from sandbox.ar24.maileva.router import Ask, Reply, Route, instant, paged
from sandbox.ar24.truth import outside
from sandbox.ar24.truth.jobs import Job
from sandbox.ar24.truth.model import Letter, State
from sandbox.ar24.truth.world import World

PRODUCT = "notification_center/v2"
WAITS = (10, 10, 20, 30, 50, 80, 130, 210, 340)  # minutes between two tries
_TIMEOUT = 10  # seconds; the provider's is not known
_CREATED, _OK = 201, 200
_DAYS = 30  # that notices are shown
_RESOURCES = {
    *("mail/v2/sendings", "mail/v2/recipients", "registered_mail/v4/sendings", "registered_mail/v4/recipients"),
    *("registered_mail/v2/sendings", "registered_mail/v2/recipients", "invoices/v1/sendings", "invoices/v1/recipients"),
}
_SENDINGS, _RECIPIENTS = f"{views.LREL}/sendings", f"{views.LREL}/recipients"
_RETURNED = [(_RECIPIENTS, "ON_UNDELIVERED_MAIL_RECEIVED"), (_RECIPIENTS, "ON_MAIN_DELIVERY_STATUS_UNDELIVERED")]
_EVENTS = {
    State.WAITING.value: [(_SENDINGS, "ON_STATUS_ACCEPTED")],
    State.SENT.value: [
        (_SENDINGS, "ON_STATUS_PROCESSED"),
        (_RECIPIENTS, "ON_DEPOSIT_PROOF_RECEIVED"),
        (_RECIPIENTS, "ON_CONTENT_PROOF_RECEIVED"),
        (_RECIPIENTS, "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION"),
    ],
    State.ACCEPTED.value: [
        (_RECIPIENTS, "ON_ACKNOWLEDGEMENT_OF_RECEIPT_RECEIVED"),
        (_RECIPIENTS, "ON_MAIN_DELIVERY_STATUS_DELIVERED"),
    ],
    State.REFUSED.value: _RETURNED,
    State.NEGLECTED.value: _RETURNED,
    State.BOUNCED.value: _RETURNED,
    State.FAILED.value: [(_SENDINGS, "ON_STATUS_REJECTED")],
}


def routes() -> list[Route]:
    """Return the operations on subscriptions and notices."""
    operations = {
        ("POST", "subscriptions"): subscribe,
        ("GET", "subscriptions"): subscriptions,
        ("GET", "subscriptions/{subscription}"): subscription,
        ("PATCH", "subscriptions/{subscription}"): change,
        ("DELETE", "subscriptions/{subscription}"): unsubscribe,
        ("GET", "notifications"): notices,
        ("GET", "notifications/{notice}"): notice,
        ("GET", "notifications/{notice}/content"): content,
        ("POST", "notifications/{notice}/retry"): retry,
    }
    return [Route(method, PRODUCT, template, handler) for (method, template), handler in operations.items()]


def subscribe(ask: Ask) -> Reply:
    """Subscribe an address to one kind of event."""
    if ask.text("resource_type", needed=True) not in _RESOURCES:
        raise Problem(400, "RESOURCE_TYPE_INVALID", "type de ressource inconnu")
    made = Subscription(
        application=ask.token,
        event_type=ask.text("event_type", needed=True),
        resource_type=ask.text("resource_type"),
        callback_url=_url(ask),
        authentication=ask.body.get("authentication") or {},
        created=ask.world.clock.now(),
    )
    ask.world.store.add(made)
    return Reply(201, _seen(made), f"{PRODUCT}/subscriptions/{made.uuid}")


def _url(ask: Ask) -> str:
    url = ask.text("callback_url", 2000, needed=True)
    if not url.startswith(("http://", "https://")):
        raise Problem(400, "CALLBACK_URL_INVALID", "adresse invalide")
    return url


def _one(ask: Ask) -> Subscription:
    found = ask.world.store.by(Subscription, "uuid", ask.path["subscription"])
    if not found or found[0].application != ask.token:
        raise Problem(404, "SUBSCRIPTION_NOT_FOUND", "abonnement inconnu")
    return found[0]


def _seen(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.uuid,
        "event_type": one.event_type,
        "resource_type": one.resource_type,
        "callback_url": one.callback_url,
    }


def subscriptions(ask: Ask) -> Reply:
    """List the subscriptions."""
    mine = [one for one in ask.world.store.every(Subscription) if one.application == ask.token]
    return paged(ask, "subscriptions", [_seen(one) for one in mine])


def subscription(ask: Ask) -> Reply:
    """Read a subscription."""
    return Reply(200, _seen(_one(ask)))


def change(ask: Ask) -> Reply:
    """Change where notices go and how one signs in there."""
    one = _one(ask)
    if "callback_url" in ask.body:
        one.callback_url = _url(ask)
    one.authentication = ask.body.get("authentication") or one.authentication
    ask.world.store.keep(one)
    return Reply(200, _seen(one))


def unsubscribe(ask: Ask) -> Reply:
    """End a subscription."""
    ask.world.store.drop(_one(ask))
    return Reply(204)


def _sent(ask: Ask) -> Notice:
    found = ask.world.store.by(Notice, "uuid", ask.path["notice"])
    if not found or found[0].application != ask.token:
        raise Problem(404, "NOTIFICATION_NOT_FOUND", "notification inconnue")
    return found[0]


def _told(world: World, one: Notice) -> dict[str, Any]:
    about = world.store.get(Subscription, one.parent_id)
    names = ("resource_type", "resource_id", "resource_custom_id", "resource_custom_data")
    return {
        "id": one.uuid,
        "subscription_id": about.uuid if about else None,
        "status": one.status,
        "attempt_count": one.attempts,
        "first_attempt_date": instant(one.first),
        "last_attempt_date": instant(one.last),
        "last_response_code": one.answered,
    } | {name: one.body[name] for name in names}


def notices(ask: Ask) -> Reply:
    """List the notices of the last 30 days."""
    since = ask.world.clock.now() - timedelta(days=_DAYS)
    mine = [one for one in ask.world.store.every(Notice) if one.application == ask.token]
    return paged(
        ask, "notifications", [_told(ask.world, one) for one in mine if one.first is None or one.first > since]
    )


def notice(ask: Ask) -> Reply:
    """Read a notice."""
    return Reply(200, _told(ask.world, _sent(ask)))


def content(ask: Ask) -> Reply:
    """Read what a notice says."""
    return Reply(200, _sent(ask).body)


def retry(ask: Ask) -> Reply:
    """Send a notice again."""
    one = _sent(ask)
    one.status = "PENDING"
    ask.world.store.keep(one)
    ask.world.later("notice", 0, notice=one.id, tries=0)
    return Reply(200, _told(ask.world, one))


def announce(world: World, job: Job) -> None:
    """Plan the notices of a fact, one per subscription to it."""
    letter = world.store.get(Letter, job.letter or 0)
    sending = world.store.get(Sending, letter.parent_id) if letter and letter.parent_id else None
    if letter is None or sending is None or sending.product != views.LREL or world.faults.webhook_missing:
        return
    for resource, event in _EVENTS.get(str(job.data["fact"]), []):
        whole = resource == _SENDINGS
        number = sending.uuid if whole else letter.uuid
        path = f"{_SENDINGS}/{sending.uuid}" if whole else f"{_SENDINGS}/{sending.uuid}/recipients/{number}"
        body = {
            "source": "api.maileva.com",
            "user_id": world.username,
            "client_id": sending.application,
            "event_type": event,
            "resource_type": resource,
            "event_date": instant(job.due),
            "event_location": "FR",
            "resource_id": number,
            "resource_location": f"{world.public_url}/maileva/{path}",
            "resource_custom_id": sending.ref_client if whole else letter.ref_client,
            "resource_custom_data": sending.given.get("custom_data") or "",
        }
        for one in world.store.every(Subscription):
            if (one.application, one.resource_type, one.event_type) == (sending.application, resource, event):
                made = world.store.add(Notice(parent_id=one.id, application=one.application, body=body))
                for _ in range(2 if world.faults.webhook_duplicate else 1):
                    world.later("notice", world.faults.webhook_late_s, notice=made.id, tries=0)


def deliver(world: World, job: Job) -> Callable[[], None]:
    """Try once; when it fails, plan the next try."""
    tried = int(job.data["tries"])
    one = world.store.get(Notice, int(job.data["notice"]))
    about = world.store.get(Subscription, one.parent_id) if one else None
    code = _posted(about, one.body) if one and about else None

    def planned() -> None:
        if one is None:
            return
        one.attempts += 1
        one.first, one.last, one.answered = one.first or job.due, job.due, code
        if code == _CREATED:
            one.status = "SENT"
        elif about is None or tried >= len(WAITS):
            one.status = "MAX_RETRY"
        else:
            due = job.due + timedelta(minutes=WAITS[tried])
            world.later("notice", due, notice=one.id, tries=tried + 1)
        world.store.keep(one)

    return planned


def _posted(about: Subscription, body: dict[str, Any]) -> int | None:
    basic, oauth = about.authentication.get("basic"), about.authentication.get("oauth2")
    try:
        with outside.client(_TIMEOUT) as customer:
            headers = {}
            if isinstance(oauth, dict):
                form = {name: str(oauth.get(name, "")) for name in ("grant_type", "client_id", "client_secret")}
                token = customer.post(str(oauth.get("oauth2_server", "")), data=form)
                if token.status_code != _OK:
                    return token.status_code
                headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
            if isinstance(basic, dict):
                customer.auth = httpx.BasicAuth(str(basic.get("login")), str(basic.get("password")))
            return customer.post(about.callback_url, json=body, headers=headers).status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError):
        return None
