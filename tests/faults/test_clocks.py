"""A machine whose clock is wrong, or is set while it works: nobody gets in who should not, and the order stays.

The clock that a process sees is set by libfaketime (Debian's package of that name), which tells it another time of day
and leaves alone how fast time passes. Every other process has the right time.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.tokens import Signer
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY
from launcher.parts import Module
from testkit.fault_report import Tally
from testkit.insider import Insider
from testkit.openings import Crowd
from testkit.oracle import one_history
from testkit.stack import Platform

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
HOUR = 3600.0
HALF_A_MINUTE = 30.0
LIFE = 600.0  # seconds of an access token
LEEWAY = 60.0  # seconds by which clocks may differ
ENOUGH = 5  # dossiers


def library() -> Path | None:
    """Return where libfaketime is on this machine."""
    return next((path for pattern in LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))), None)


pytestmark = pytest.mark.skipif(
    library() is None, reason="libfaketime is not on this machine: apt-get install faketime"
)


class Clock:
    """The time of day of one process; it is set by a file, which the process reads again each time it asks."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: float) -> None:
        """Let it be so much later than it is."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+f}\n")
        new.replace(self._file)

    def environment(self) -> Mapping[str, str]:
        """Return what a process needs to have this clock."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@contextmanager
def another(platform: Platform, service: str, seconds: float) -> Iterator[tuple[Module, Clock]]:
    """Run a second process of a service with a clock of its own."""
    clock = Clock(platform.folder.parent / f"clock-{service}-{uuid4()}")
    clock.set(seconds)
    with platform.second(service, clock.environment()) as part:
        yield part, clock


def token(insider: Insider, *, ended: float) -> str:
    """Return a token of the clerk as identity signed it when it was earlier, so that it ended some seconds ago."""
    clerk = insider.journey.clerk
    key = insider.platform.key_file("identity")
    signer = Signer(key, "identity", clock=lambda: time.time() - LIFE - ended)
    office, session = UUID(insider.office()), uuid4()
    return signer.access_token(
        person_id=UUID(clerk.id), kind="staff", session_id=session, office_id=office, role="collaborator"
    )


def asked(part: Module, token: str) -> int:
    """Ask one process for what only members of an office may see; return the status of the answer."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"http://127.0.0.1:{part.port}{DOSSIERS}/dossiers", headers=headers, trust_env=False).status_code


@pytest.mark.fault("F52")
def test_a_token_is_believed_by_no_clock_long_after_it_has_ended(linked: Insider) -> None:
    """A clock that is behind takes an ended token for one of the future; one that is ahead takes no good one.

    What a clock that is an hour behind does believe is a token that was given an hour ago: nothing tells it otherwise.
    """
    good, ended = token(linked, ended=-LIFE), [token(linked, ended=by) for by in (LEEWAY + 5, HOUR / 2, 2 * HOUR)]
    with another(linked.platform, "dossier", 0) as (part, clock):
        assert [asked(part, one) for one in (good, *ended)] == [200, 401, 401, 401]
        clock.set(HOUR)
        assert asked(part, good) == 401
        clock.set(-HOUR)
        assert [asked(part, one) for one in (good, *ended)] == [401, 401, 401, 401]
        clock.set(0)
        assert [asked(part, one) for one in (good, *ended)] == [200, 401, 401, 401]


@pytest.mark.fault("F52")
def test_a_code_ends_by_the_clock_of_the_database(linked: Insider) -> None:
    """Whatever the process thinks it is, a code of this minute is good once, and one of five minutes ago is not."""
    world = linked.world
    for client, off in zip(linked.journey.clients, (HOUR, -HOUR), strict=True):  # each number gets few codes in an hour
        with another(linked.platform, "identity", off) as (part, _):
            for late in (False, True):
                seen = world.texts_to(client.phone)
                with linked.platform.database("identity") as connection:
                    connection.execute("UPDATE identity.challenge SET created_at = created_at - interval '2 days'")
                body = {"email": client.email, "password": client.password}
                sent = world.call("POST", f"{IDENTITY}/sign-in/password", body=body).json()
                code = world.code_for(client.phone, seen)
                if late:
                    with linked.platform.database("identity") as connection:
                        ended = "UPDATE identity.challenge SET expires_at = clock_timestamp() WHERE id = %s"
                        connection.execute(ended, [sent["id"]])
                url = f"http://127.0.0.1:{part.port}{IDENTITY}/sign-in/codes/{sent['id']}/answer"
                answers = [httpx.post(url, json={"code": code}, trust_env=False).status_code for _ in range(2)]
                assert answers == ([401, 401] if late else [200, 401])


@pytest.mark.fault("F52")
def test_the_order_of_events_is_that_of_the_database(linked: Insider, tally: Tally) -> None:
    """A process whose clock jumps back and forth writes beside one whose clock is right; the journal stays intact."""
    with another(linked.platform, "dossier", 0) as (part, clock):
        with Crowd(linked) as right, Crowd(linked, gateway=f"http://127.0.0.1:{part.port}") as wrong:
            for off in (HALF_A_MINUTE, -HALF_A_MINUTE, 0):
                clock.set(off)
                right.wait_for(ENOUGH)
                wrong.wait_for(ENOUGH)
            clock.set(HOUR)
            right.wait_for(ENOUGH)
        assert set(wrong.answers) <= {HTTPStatus.CREATED, HTTPStatus.UNAUTHORIZED}
        linked.taken_in()
        right.settle(tally)
        wrong.settle(tally)
    one_history(linked)
