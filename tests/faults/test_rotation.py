"""Every key is changed while people work: nobody notices, nothing is lost, and every bundle verifies."""

import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from eventstore import KeyRing
from launcher.files import write_private
from launcher.journey.deposits import DOSSIERS, Deposited, look
from launcher.journey.story import Journey
from launcher.journey.world import World, until
from launcher.rotating import WRAPPING
from proof.note import Note
from proof.policy import Policy
from proof.signing import signers
from testkit.insider import Insider, walking
from testkit.oracle import one_history
from testkit.people import People
from testkit.stack import Platform

DEPOSITED = 6  # steps of the journey: documents are in the vault, none is decided
WAITING = 7  # the step in which the office decides
PATIENCE = 300.0  # seconds; a busy machine starts a process in twenty


@pytest.fixture(scope="module")
def auditor(servers_folder: Path, samples: list[Path]) -> Iterator[Insider]:
    """Return an auditor of a platform whose keys nobody else needs, on which documents were deposited."""
    with walking(servers_folder / "rotated", samples, steps=DEPOSITED) as found:
        yield found


class Users(People):
    """People who read and open documents all the time, and never ask twice: what fails has failed."""

    def __init__(self, platform: Platform, journey: Journey) -> None:
        super().__init__()
        self._world = World.of(platform.summary)
        self._journey = journey
        self.done = 0
        self.failed: list[str] = []

    def __exit__(self, *given: object) -> None:
        super().__exit__(*given)
        self._world.close()

    def work(self) -> None:
        while not self.stop.wait(0.05):
            for kind, act in (("list", self._list), ("open", self._open), ("status", self._status)):
                try:
                    act()
                    self.done += 1
                except Exception as error:  # noqa: BLE001 - whatever went wrong, the test tells of it
                    self.failed.append(f"{kind}: {error!r}")

    def _list(self) -> None:
        self._ok("GET", f"{DOSSIERS}/dossiers/{self._journey.dossier}/requests", self._journey.clerk.token)

    def _status(self) -> None:
        self._ok("GET", "/api/journal/v1/status", self._journey.clerk.token)

    def _open(self) -> None:
        """Open a document: dossier signs a ticket, the vault believes it, unwraps the key and decrypts."""
        one: Deposited = self._journey.deposits[0]
        path = f"{DOSSIERS}/requests/{one.request_id}/versions/{one.version_id}/views"
        given = self._ok("POST", path, self._journey.clerk.token, HTTPStatus.CREATED).json()
        self._ok("GET", given["url"], given["ticket"])

    def _ok(self, method: str, path: str, token: str, expect: int = HTTPStatus.OK) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        url = path if path.startswith("http") else self._world.gateway + path
        answer = self._world.http.request(method, url, headers=headers)
        if answer.status_code != expect:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer


def scelle(platform: Platform, *words: str, code: int = 0) -> str:
    """Carry out a command as the operator does; return what it says."""
    command = [sys.executable, "-m", "launcher", "keys", *words, "--data", str(platform.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def signed_by(platform: Platform) -> set[str]:
    """Return the keys of the policy that signed the last state."""
    policy = Policy.parse(platform.policy.read_bytes())
    with platform.database("journal") as connection:
        query = b"SELECT note FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
        row = connection.execute(query).fetchone()
    assert row
    return {key.vkey for key in signers(Note.parse(bytes(row[0])), [one.key for one in policy.log_keys])}


def vkeys(platform: Platform) -> list[str]:
    return [one.key.vkey for one in Policy.parse(platform.policy.read_bytes()).log_keys]


def is_published(world: World, number: int) -> bool:
    """Tell whether identity shows its key of this number to whoever verifies."""
    keys = world.call("GET", "/.well-known/jwks.json").json()["keys"]
    return f"identity-{number}" in {key["kid"] for key in keys}


def verdicts(auditor: Insider, *bundles: bytes, policy: bytes) -> list[str]:
    return [auditor.opinion(bundle, policy=policy).verdict for bundle in bundles]


@pytest.mark.fault("F8", "F56")
def test_every_key_is_rotated_under_a_running_journey_and_no_request_fails(auditor: Insider) -> None:
    platform, journey, world = auditor.platform, auditor.journey, auditor.world
    before, first_policy, first_keys = auditor.intact(), auditor.policy, vkeys(platform)
    journey.renew_tokens()
    with Users(platform, journey) as users:
        scelle(platform, "rotate", "tokens", "--after", "5")
        until(lambda: is_published(world, 2), "the next key to be published")
        until(lambda: kid_of_fresh_token(journey) == "identity-2", "identity to sign with its new key", PATIENCE)
        assert "may be carried until" in scelle(platform, "retire", "tokens", code=1)
        scelle(platform, "rotate", "master")
        journey.steps[WAITING - 1]()
        told = scelle(platform, "retire", "master")
        assert [line for line in told.splitlines() if "destroyed version 1" in line], told
        assert "former keys are destroyed" in scelle(platform, "rotate", "offices")
        scelle(platform, "rotate", "log")
        auditor.policy = both = platform.policy.read_bytes()
        until(lambda: signed_by(platform) == set(vkeys(platform)), "both pairs of keys to sign", PATIENCE)
        assert len(vkeys(platform)) == len({*first_keys, *vkeys(platform)}) == 4
        across = auditor.intact()
        assert verdicts(auditor, before, across, policy=first_policy) == ["intact", "intact"]
        journey.steps[WAITING]()
        scelle(platform, "retire", "log")
        until(lambda: not signed_by(platform) & set(first_keys), "the new pair to sign alone", PATIENCE)
        after = auditor.intact()
        assert platform.policy.read_bytes() == both
        assert verdicts(auditor, before, across, after, policy=both) == ["intact"] * 3
        assert verdicts(auditor, after, policy=first_policy) == ["tampered"], "who trusts the former keys alone is told"
        for step in journey.steps[WAITING + 1 :]:
            step()
    assert users.failed == []
    assert users.done > 0
    everything_is_under_version_two(platform)
    one_history(auditor)


def kid_of_fresh_token(journey: Journey) -> Any:
    journey.renew_tokens()
    return jwt.get_unverified_header(journey.clerk.token)["kid"]


def everything_is_under_version_two(platform: Platform) -> None:
    for service in WRAPPING:
        text = (platform.folder / "secrets" / f"{service}-master.key").read_text()
        assert [line.partition(" ")[0] for line in text.splitlines()] == ["2"]


def test_former_token_keys_are_kept_as_long_as_their_tokens_live_and_can_be_given_up_at_once(auditor: Insider) -> None:
    platform, journey, world = auditor.platform, auditor.journey, auditor.world
    journey.renew_tokens()
    carried = journey.clerk.token
    scelle(platform, "rotate", "tokens", "--after", "1")
    number = int(jwt.get_unverified_header(carried)["kid"].rpartition("-")[2]) + 1
    until(lambda: kid_of_fresh_token(journey) == f"identity-{number}", "identity to sign with its new key", PATIENCE)
    path = f"{DOSSIERS}/dossiers/{journey.dossier}"
    world.call("GET", path, token=carried)
    assert "may be carried until" in scelle(platform, "retire", "tokens", code=1)
    scelle(platform, "retire", "tokens", "--now")
    until(lambda: world.request("GET", path, token=carried).status_code == HTTPStatus.UNAUTHORIZED, "the end", PATIENCE)
    world.call("GET", path, token=journey.clerk.token)
    look(world, journey.clerk.token, journey.deposits[0], "views")


def test_a_master_key_that_wraps_something_is_not_destroyed(auditor: Insider) -> None:
    """A version is made and nothing is rewrapped, as after a crash between the two."""
    platform = auditor.platform
    path = platform.folder / "secrets" / "vault-master.key"
    write_private(path, KeyRing.parse(path.read_text()).rotated().encode())
    assert "still wraps keys" in scelle(platform, "retire", "master", code=1)
    auditor.journey.renew_tokens()
    look(auditor.world, auditor.journey.clerk.token, auditor.journey.deposits[0], "views")
    scelle(platform, "rewrap")
    scelle(platform, "retire", "master")
    look(auditor.world, auditor.journey.clerk.token, auditor.journey.deposits[0], "views")
