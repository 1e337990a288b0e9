"""An operator sees inside: one deposit, followed from the browser to the checkpoint, and numbers of everything."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from chassis.metrics import DURATION, REQUESTS, TASKS
from launcher.journey.deposits import DOSSIERS
from launcher.journey.world import until
from testkit.collector import Collector, Span

PATIENCE = 60.0


@dataclass
class Followed:
    """A deposit under a trace that the browser began, and the spans that told of it."""

    collector: Collector
    trace: str
    browser: str
    word: str
    version: str = ""
    spans: list[Span] = field(default_factory=list)

    def one(self, service: str, name: str, parent: str) -> Span:
        """Return the only span of this name under another, once it came."""
        found: list[Span] = []

        def came() -> bool:
            self.spans = self.collector.spans(self.trace)
            found[:] = [
                one
                for one in self.spans
                if (one.service, one.trace, one.parent) == (service, self.trace, parent) and one.name.startswith(name)
            ]
            return bool(found)

        until(came, f"{name} of {service} under {parent}", PATIENCE)
        (span,) = found
        return span

    def linked(self, name: str, to: Span) -> Span:
        """Return a span of another trace that is linked to one of this."""
        found: list[Span] = []

        def came() -> bool:
            self.spans = self.collector.spans(self.trace)
            found[:] = [one for one in self.spans if one.name == name and (to.trace, to.id) in one.links]
            return bool(found)

        until(came, f"{name} linked to {to.name}", PATIENCE)
        return found[0]


@pytest.fixture(scope="module")
def followed(desk: Any, collector: Collector) -> Followed:
    trace, browser, word = secrets.token_hex(16), secrets.token_hex(8), f"canari{secrets.token_hex(6)}"
    tale = Followed(collector, trace, browser, word)
    own = {"traceparent": f"00-{trace}-{browser}-01"}
    request = next(desk.requests)
    send: Callable[..., Any] = desk.send
    body = {"name": f"{word}.pdf", "size": len(desk.pdf), "sha256": hashlib.sha256(desk.pdf).hexdigest()}
    answer = send("POST", f"{DOSSIERS}/requests/{request}/deposits?{word}={word}", desk.client, json=body, headers=own)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    put = send("PUT", given["upload_url"], given["ticket"], content=desk.pdf, headers=own)
    assert put.status_code == 201, put.text
    send("GET", f"{DOSSIERS}/{word}", desk.client, headers=own)
    desk.seen(given)
    tale.version = given["version_id"]
    return tale


def test_a_deposit_is_followed_from_the_browser_to_the_checkpoint(followed: Followed) -> None:
    asked = followed.one("dossier", f"POST {DOSSIERS}/requests/", followed.browser)
    assert asked.facts["http.response.status_code"] == 201
    put = followed.one("vault", "PUT /api/vault/v1/", followed.browser)
    stored = followed.one("vault", "publish vault.document-stored", put.id)
    assert stored.facts["scelle.event.type"].startswith("vault.document-stored.")
    taken = followed.one("dossier", "process vault.document-stored", stored.id)
    deposited = followed.one("dossier", "publish dossier.document-deposited", taken.id)
    told = followed.one("messaging", "process dossier.document-deposited", deposited.id)
    assert told.facts["messaging.message.id"] == deposited.facts["messaging.message.id"]
    leaf = followed.one("journal", "process dossier.document-deposited", deposited.id)
    appended = followed.linked("append leaves", leaf)
    first, last = (appended.facts[name].rpartition(":") for name in ("scelle.first", "scelle.last"))
    number = int(leaf.facts["messaging.message.id"].rpartition(":")[2])
    assert int(first[2]) <= number <= int(last[2])
    signed = followed.linked("sign checkpoint", taken)  # the leaf of what dossier recorded names this span
    assert (signed.service, appended.service) == ("journal", "journal")


def test_spans_hold_nothing_that_was_typed(followed: Followed) -> None:
    followed.one("dossier", "GET", followed.browser)
    named = [span for span in followed.spans if span.trace == followed.trace]
    assert {span.service for span in named} >= {"dossier", "vault", "messaging", "journal"}
    assert not any(followed.word in f"{span.name} {span.facts}" for span in followed.spans)
    assert not any(followed.word.encode() in body for _, body in followed.collector.received)


def test_every_service_tells_its_numbers(followed: Followed, collector: Collector) -> None:
    bus = {name for name in TASKS if not name.startswith("inbox_")}

    def all_came() -> bool:
        found = collector.metrics()
        return all({*REQUESTS, *bus} <= set(found.get(name, ())) for name in ("identity", "dossier", "vault"))

    until(all_came, "metrics of the services", PATIENCE)
    until(lambda: "journal_witness_quorum" in collector.metrics().get("journal", {}), "those of the journal", PATIENCE)
    found = collector.metrics()
    assert {labels["producer"] for labels in found["dossier"]["inbox_lag_events"]} >= {"identity", "vault"}
    assert {labels["producer"] for labels in found["dossier"]["inbox_parked_messages"]} >= {"identity", "vault"}
    assert found["journal"]["journal_checkpoint_age_seconds"]
    assert found["messaging"]["messaging_emails_waiting"]
    assert {labels["what"] for labels in found["lre-gateway"]["lre_letters_waiting"]} >= {"ready", "code"}
    asked = [labels["route"] for labels in found["dossier"][DURATION]]
    assert f"{DOSSIERS}/requests/{{request_id}}/deposits" in asked
    assert not any(followed.version in route or followed.word in route for route in asked)
