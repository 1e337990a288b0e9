"""Deposits whose sender or storage fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chassis.actor import Actor
from vault.application.deposits import Deposits
from vault.application.filing import Filing
from vault.domain.refusals import DepositTooSlow


def test_a_sender_who_falls_silent_is_not_waited_for(vault: Any) -> None:
    ticket, parts = vault.ticket(), vault.parts
    deposits = Deposits(
        filing=Filing(parts.store, parts.documents, parts.keys, 1 << 30, scans_itself=True),
        documents=parts.documents,
        keys=parts.keys,
        objects=parts.objects,
        threads=parts.threads,
        places=asyncio.Semaphore(1),
        idle_seconds=0.1,
    )

    async def silent() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7"
        await asyncio.sleep(3600)

    with pytest.raises(DepositTooSlow):
        asyncio.run(deposits.deposit(Actor.system(), ticket, None, silent()))
    assert (vault.events(), vault.kept(), vault.keys_held()) == ([], [], 0)


def test_while_the_storage_is_away_a_deposit_is_refused_and_can_be_repeated(vault: Any, free_port: int) -> None:
    ticket, content = vault.ticket(), b"%PDF-1.7\n" + bytes(range(256)) * 20
    away = vault.settings.model_copy(update={"s3_endpoint": f"127.0.0.1:{free_port}"})
    with vault.served(away) as address, httpx.Client(base_url=f"{address}/api/vault/v1", trust_env=False) as http:
        answer = http.put(f"/documents/{ticket.version_id}/content", content=content, headers=vault.bearer(ticket))
        assert (answer.status_code, answer.json()["code"]) == (503, "storage-away")
    assert vault.events() == []
    assert vault.put(ticket, content).status_code == 201
    assert vault.get(ticket).content == content
