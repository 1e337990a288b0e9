"""A service dies while it erases a person: the key is gone at once, and the erasure is said by all, once."""

import secrets
from functools import partial
from typing import cast

import pytest
from launcher.journey.people import IDENTITY, new_client
from launcher.journey.story import Journey
from launcher.journey.world import until
from proof.leaf import parse_leaf
from proof.record import Record
from testkit.crashing import armed, died
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.oracle import one_history
from testkit.stack import Platform

SERVICES = ("identity", "dossier", "vault", "messaging")

pytestmark = pytest.mark.timeout(900 + 240 * ROUNDS)


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    return Insider(platform, walked)


def known(auditor: Insider) -> str:
    """Make a client whom the office knows and who is in no dossier; return their id."""
    client = new_client("Odile", "Perrin", f"oubli-{secrets.token_hex(4)}")
    body = {name: getattr(client, name) for name in ("first_name", "last_name", "email", "phone")}
    made = auditor.world.call("POST", f"{IDENTITY}/clients", 201, token=auditor.journey.clerk.token, body=body)
    return str(made.json()["id"])


def told(auditor: Insider, person: str) -> list[str]:
    """Return the person as often as the journal holds their erasure."""
    leaves = [cast("Record", parse_leaf(leaf)) for leaf in auditor.leaves() if b'"kind":"erasure"' in leaf]
    return [person for leaf in leaves if leaf.body["person"] == person]


@pytest.mark.fault("F9")
def test_a_service_dies_between_the_end_of_a_key_and_its_event(auditor: Insider, tally: Tally) -> None:
    for _ in range(ROUNDS):
        auditor.journey.renew_tokens()
        for service in SERVICES:
            person = known(auditor)
            path, body = f"{IDENTITY}/persons/{person}/erasure", {"basis": "subject-request"}
            with armed(auditor.platform, service, "eventstore.key-destroyed") as process:
                auditor.world.request("POST", path, token=auditor.journey.notary.token, body=body)
                assert died(process)
                assert destroyed(auditor.platform, service, person)
            tally.compare(1, {person}, until(partial(told, auditor, person), "the record of the erasure"))
    assert auditor.platform.parked() == {}
    one_history(auditor)


def destroyed(platform: Platform, service: str, person: str) -> bool:
    """Tell whether a service holds no key of a person, and will make none."""
    with platform.database(service) as connection:
        query = "SELECT wrapped IS NULL FROM ledger.subject_key WHERE subject = %s"
        return connection.execute(query, [person]).fetchone() == (True,)
