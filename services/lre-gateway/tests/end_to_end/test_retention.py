"""What an office need not keep any more is destroyed in the real vault, by the real process, killed on the way."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.actor import Actor
from lre_gateway.application.retention import Retention
from lre_gateway.domain.following import Sighting
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.vocabulary import Status

LONG_AGO = datetime(2011, 3, 2, 9, 30, tzinfo=UTC)
PATIENCE_SECONDS = 120.0


def ended_long_ago(world: Any, office: UUID) -> tuple[Any, str, list[str]]:
    """Return a member of the staff, a letter of which the provider told an old end, and its proofs in the vault."""
    staff = world.staff(office)
    account = world.account(staff)
    (letter_id,) = world.left(staff, account, [world.recipient(staff)])
    letter = world.parts.store.get(Letter, UUID(letter_id))
    letter.tell(Sighting(ref="", status=Status.REFUSED, facts=((Status.REFUSED, LONG_AGO),)), world.clock())
    world.parts.store.save(letter, actor=Actor.system(office_id=office))
    proofs = [proof["version_id"] for proof in world.evidence(staff, letter_id).values()]
    assert len(proofs) >= 4
    assert world.download(staff, letter_id, proofs[0]).status_code == 200
    return staff, letter_id, proofs


def observed(world: Any, version_id: str) -> int:
    """Ask the vault as the journal does what the bucket holds of a version; return the status."""
    token = world.keys.signers["journal"].service_token("vault")
    url = f"{world.vault}/internal/documents/{version_id}/observation"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30).status_code


def is_gone(world: Any, staff: Any, letter_id: str, proofs: list[str]) -> None:
    """Assert that the files are destroyed, and that everything else is told as before."""
    assert {observed(world, one) for one in proofs} == {404}
    shown = world.letter(staff, letter_id)
    assert shown["state"] == "refused"
    assert shown["retention_ended_at"] <= shown["destroyed_at"]
    kept = world.evidence(staff, letter_id).values()
    assert sorted(proof["version_id"] for proof in kept) == sorted(proofs)
    refused = staff.post(f"/letters/{letter_id}/evidence/{proofs[0]}/downloads")
    assert (refused.status_code, refused.json()["code"]) == (410, "files-destroyed")
    told = [name for name, _ in world.events(letter_id)]
    assert (told.count("letter-retention-ended"), told.count("document-destroyed")) == (1, 1)


def test_a_moved_clock_ends_the_retention_and_the_vault_forgets(world: Any, office: UUID) -> None:
    staff, letter_id, proofs = ended_long_ago(world, office)
    parts = world.parts
    early, late = (
        Retention(
            store=parts.store,
            register=parts.register,
            settings=parts.choices,
            agenda=parts.agenda,
            vault=parts.vault,
            clock=lambda now=now: now,
        )
        for now in (datetime(2021, 3, 2, 9, 29, tzinfo=UTC), datetime(2021, 3, 2, 9, 30, tzinfo=UTC))
    )
    early.step()
    assert world.download(staff, letter_id, proofs[0]).status_code == 200
    while late.step():
        pass
    is_gone(world, staff, letter_id, proofs)
    (last,) = (one for one in parts.store.read(0, 1_000_000) if one.topic == "lre-gateway.document-destroyed")
    assert json.loads(last.entry)["type"].endswith(".document-destroyed"), "verifiers look for this name"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_process_is_killed_between_two_files_and_goes_on_when_it_is_started_again(
    world: Any, office: UUID, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    staff, letter_id, proofs = await asyncio.to_thread(ended_long_ago, world, office)
    world.simulator.put("assumptions")  # the process has the machine's clock
    armed = start(SCELLE_CRASHPOINT="letters.file-destroyed:2")
    assert await asyncio.to_thread(armed.wait, PATIENCE_SECONDS) == -signal.SIGKILL
    statuses = [observed(world, one) for one in proofs]
    assert 0 < statuses.count(404) < len(proofs) + 1
    assert world.letter(staff, letter_id)["destroyed_at"] is None
    second = start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while world.letter(staff, letter_id)["destroyed_at"] is None:
        assert time.monotonic() < deadline, "it never went on"
        await asyncio.sleep(0.1)
    is_gone(world, staff, letter_id, proofs)
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, PATIENCE_SECONDS) == 0
