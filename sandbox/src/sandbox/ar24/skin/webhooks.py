"""What AR24 posts to the address given with a letter: every 15 minutes, 48 times at most, until the answer is 200."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from sandbox.ar24.skin import views
from sandbox.ar24.truth import outside
from sandbox.ar24.truth.jobs import Job
from sandbox.ar24.truth.model import Letter, State
from sandbox.ar24.truth.world import World

TRIES = 48
EVERY = 15 * 60  # seconds
_FIRST_TIMEOUT, _FIRST_TRIES = 2.5, 9
_TIMEOUTS = (4.5, 6.5, 8.5, 11.0)  # seconds, of the tries after those; the last one stands for the rest
_REORDERED = 90  # seconds by which every other notice is late
_OK = 200
_PROOFS = {"sent": "proof_ev_url", **{state.value: url for state, url, _ in views.ENDS.values()}}


def announce(world: World, job: Job) -> None:
    """Plan the notice of a fact."""
    letter = world.store.get(Letter, job.letter or 0)
    faults = world.faults
    fact = str(job.data["fact"])
    if letter is None or not letter.webhook or faults.webhook_missing or fact == State.CANCELLED.value:
        return
    late = faults.webhook_late_s
    if faults.webhook_reorder and len(letter.facts) % 2:
        late += _REORDERED
    for _ in range(2 if faults.webhook_duplicate else 1):
        world.later("webhook", late, letter.id, url=letter.webhook, body=_body(world, letter, fact), tries=0)


def _body(world: World, letter: Letter, fact: str) -> dict[str, Any]:
    word = "recipient_update" if fact == "change-requested" else views.WORDS[State(fact)]
    dates = views.dated(world, letter)
    body = {"id_mail": letter.id, "new_state": word, "proof_url": dates.get(_PROOFS.get(fact, "")) or ""}
    names = ("ts_ev_date", "view_date", "negligence_date", "refused_date", "bounced_date")
    return body | {name: dates[name] for name in names if dates[name]}


def timeout(tried: int) -> float:
    """Return how many seconds the answer to the next try is waited for."""
    if tried < _FIRST_TRIES:
        return _FIRST_TIMEOUT
    return _TIMEOUTS[min(tried - _FIRST_TRIES, len(_TIMEOUTS) - 1)]


def deliver(world: World, job: Job) -> Callable[[], None]:
    """Try once; when it fails, plan the next try."""
    tried = int(job.data["tries"])
    done = _posted(str(job.data["url"]), job.data["body"], timeout(tried), as_json=world.assumptions.webhook_json)

    def planned() -> None:
        if not done and tried + 1 < TRIES:
            due = job.due + timedelta(seconds=EVERY)
            world.later("webhook", due, job.letter, **job.data | {"tries": tried + 1})

    return planned


def _posted(url: str, body: dict[str, Any], seconds: float, *, as_json: bool) -> bool:
    form = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}} if as_json else {"data": body}
    try:
        with outside.client(seconds) as customer:
            return customer.post(url, **form).status_code == _OK
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
