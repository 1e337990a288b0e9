"""The mail server is away, puts off, or refuses: a message leaves late and once, or the office sees that it did not."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.story import MESSAGES
from launcher.journey.world import until
from messaging.application.sending import ATTEMPTS, pause_after
from testkit.fault_report import Tally
from testkit.insider import Insider
from testkit.linking import LinkedPlatform

SIX_HOURS = 6 * 3600.0
Deliveries = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def sandbox(linked: Insider) -> Iterator[Callable[..., None]]:
    """Return what tells the mail server how to behave."""
    admin = linked.platform.summary["sandbox"]["mail"]

    def behave(**faults: object) -> None:
        httpx.put(f"{admin}/faults", json=faults, trust_env=False).raise_for_status()

    yield behave
    behave()


def asked(linked: Insider) -> str:
    """Ask a client for one more document, of which an e-mail tells; return its name."""
    journey, label = linked.journey, f"Pièce {uuid4().hex[:8]}"
    path = f"{DOSSIERS}/dossiers/{journey.dossier}/clients/{journey.clients[0].id}/requests"
    body = {"document_types": [], "others": [label]}
    linked.world.call("POST", path, 201, token=journey.clerk.token, body=body)
    return label


@pytest.fixture
def deliveries(linked: Insider) -> Deliveries:
    """Return what tells which e-mails about the dossier the office sees, and where they stand."""
    path = f"{MESSAGES}/deliveries?dossier={linked.journey.dossier}&limit=100"

    def read() -> list[dict[str, Any]]:
        token = linked.journey.clerk.token
        found: list[dict[str, Any]] = linked.world.call("GET", path, token=token).json()["items"]
        return found

    return read


def caught(linked: Insider) -> list[str]:
    """Return the id of every message that the client has received."""
    url, client = f"{linked.world.mail}/messages", linked.journey.clients[0]
    found = linked.world.http.get(url, params={"to": client.email}).json()
    return [one["message_id"] for one in found]


def new(deliveries: Deliveries, before: set[str], state: str) -> dict[str, Any] | None:
    """Return the delivery that was not there before, once it stands so."""
    return next((one for one in deliveries() if one["id"] not in before and one["state"] == state), None)


@pytest.mark.fault("F47")
@pytest.mark.parametrize("how", ["refuses connections", "is cut off", "puts off"])
def test_a_message_waits_for_the_mail_server(
    linked: Insider, network: LinkedPlatform, deliveries: Deliveries, sandbox: Callable[..., None], how: str
) -> None:
    """It is queued, tried again later and later, and arrives once."""
    link, before, letters = network.link("messaging", "smtp"), {one["id"] for one in deliveries()}, caught(linked)
    if how == "puts off":
        sandbox(greylist=2)
        asked(linked)
    else:
        with link.suffering(down=how == "refuses connections", silent=how == "is cut off"):
            taken = link.passed
            asked(linked)
            waiting = until(lambda: new(deliveries, before, "queued"), "a message that waits")
            if how == "is cut off":
                until(lambda: link.passed > taken, "an attempt")
            else:
                until(lambda: attempts(linked, waiting["id"]) > 1, "a second attempt")
            assert caught(linked) == letters
    sent = until(lambda: new(deliveries, before, "sent"), "the message to leave")
    arrived = [one for one in caught(linked) if one not in letters]
    assert [one.split("@")[0].strip("<") for one in arrived] == [sent["id"]]


def attempts(linked: Insider, notification: str) -> int:
    with linked.platform.database("messaging") as connection:
        query = "SELECT attempts FROM messaging.attempt WHERE notification_id = %s"
        row = connection.execute(query, [notification]).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.fault("F47")
def test_a_mail_server_may_be_away_for_longer_than_six_hours() -> None:
    assert sum(pause_after(attempt) for attempt in range(1, ATTEMPTS)) > 4 * SIX_HOURS


@pytest.mark.fault("F47")
def test_a_message_that_is_refused_is_shown_to_the_office_and_recorded(
    linked: Insider, deliveries: Deliveries, sandbox: Callable[..., None], tally: Tally
) -> None:
    before, letters = {one["id"] for one in deliveries()}, caught(linked)
    sandbox(refuse=[linked.journey.clients[0].email])
    asked(linked)
    failed = until(lambda: new(deliveries, before, "failed"), "a message that was refused")
    assert failed["cause"] == "address-refused"
    assert caught(linked) == letters
    linked.taken_in()
    with linked.platform.database("journal") as connection:
        query = "SELECT count(*) FROM journal.entry WHERE type = 'messaging.notification-failed' AND agg = %s"
        row = connection.execute(query, [failed["id"]]).fetchone()
    tally.compare(1, {failed["id"]}, [failed["id"]] * (int(row[0]) if row else 0))
