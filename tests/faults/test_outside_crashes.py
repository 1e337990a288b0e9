"""A service dies after somebody outside took what it sent, and before it says so: a mail server, a provider."""

import secrets
from typing import Any

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.letters import TEXT, Addressee, Mailing
from launcher.journey.people import IDENTITY, new_client
from launcher.journey.story import Journey
from launcher.journey.world import until
from testkit.crashing import armed, died
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.oracle import one_history
from testkit.stack import Platform

pytestmark = pytest.mark.timeout(900 + 240 * ROUNDS)


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    return Insider(platform, walked)


def mails(auditor: Insider, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = auditor.world.http.get(
        f"{auditor.world.mail}/messages", params={"to": address}
    ).json()
    return found


def invited(auditor: Insider) -> str:
    """Ask a new client for a document, for which an invitation is sent; return its address."""
    call, clerk = auditor.world.call, auditor.journey.clerk.token
    client = new_client("Odile", "Perrin", secrets.token_hex(4))
    body = {name: getattr(client, name) for name in ("first_name", "last_name", "email", "phone")}
    person = call("POST", f"{IDENTITY}/clients", 201, token=clerk, body=body).json()["id"]
    path = f"{DOSSIERS}/dossiers/{auditor.another_dossier(secrets.token_hex(4))}/clients"
    call("POST", path, 204, token=clerk, body={"client_id": person})
    call("POST", f"{path}/{person}/requests", 201, token=clerk, body={"others": ["Attestation"]})
    return client.email


def waiting(platform: Platform) -> int:
    """Return how many mails are not said to be sent."""
    with platform.database("messaging") as connection:
        query = b"SELECT count(*) FROM read.notification WHERE state = 'queued' AND channel = 'email'"
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.fault("F19")
def test_the_mailer_dies_after_the_server_took_a_message(auditor: Insider, tally: Tally) -> None:
    """It is sent again with the same Message-ID, by which programs of readers know it; never not at all."""
    for _ in range(ROUNDS):
        auditor.journey.renew_tokens()
        with armed(auditor.platform, "messaging", "messaging.after-smtp") as process:
            address = invited(auditor)
            assert died(process)
        until(lambda: waiting(auditor.platform) == 0, "every mail to be sent", 240)
        received = mails(auditor, address)
        assert 1 <= len(received) <= 2
        tally.compare(1, {address}, {(mail["message_id"], address): address for mail in received}.values())
    one_history(auditor)


@pytest.mark.fault("F20")
def test_the_gateway_dies_after_the_provider_took_a_letter(auditor: Insider, tally: Tally) -> None:
    """Nobody knows whether it left: it is searched by our reference, found, and not sent a second time."""
    journey = auditor.journey
    former = journey.mailing
    assert former is not None
    for round_ in range(ROUNDS):
        journey.renew_tokens()
        mailing = Mailing(auditor.world, journey.clerk, journey.dossier, former.sender, former.account)
        address = f"never.{journey.run}{round_}{secrets.token_hex(2)}@destinataires.example"
        report = mailing.prepare(
            mailing.add([Addressee("Luc", "Petit", address, "not-claimed")]), "Congé pour vendre", TEXT
        )
        assert report["compatible"] == 1
        mailing.send()
        code = mailing.code()
        with armed(auditor.platform, "lre-gateway", "letters.after-provider") as process:
            body = {"letter_ids": mailing.letters, "code": code}
            token, url = journey.clerk.token, f"{auditor.world.gateway}/api/letters/v1/releases"
            with pytest.raises(httpx.HTTPError):
                auditor.world.http.post(url, headers={"Authorization": f"Bearer {token}"}, json=body).raise_for_status()
            assert died(process)
        mailing.wait_for("notified")
        held = [one for one in mailing.provider("GET", "/letters") if address in str(one)]
        tally.compare(1, {address}, [address] * len(held))
    one_history(auditor)
