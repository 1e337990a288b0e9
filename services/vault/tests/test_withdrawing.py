"""What a client takes back: bytes, key and copy are gone, and the history says so."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from chassis.tokens import Ticket
from eventstore import rebuild
from launcher.samples import make_samples
from vault.adapters.copies import PostgresCopyQueue
from vault.adapters.renderer import ProcessRenderer
from vault.application.converting import Converting
from vault.application.destroying import Destroying


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = make_samples(tmp_path_factory.mktemp("samples"))
    return next(path for path in samples if path.suffix == ".png").read_bytes()


@pytest.fixture
def copied(vault: Any, picture: bytes) -> Callable[[], Ticket]:
    """Return what deposits a picture and waits for its PDF copy."""
    parts = vault.parts
    converting = Converting(
        store=parts.store,
        queue=PostgresCopyQueue(parts.store),
        opener=parts.opener,
        keys=parts.keys,
        objects=parts.objects,
        renderer=ProcessRenderer(),
        threads=parts.threads,
    )

    def deposited() -> Ticket:
        ticket: Ticket = vault.ticket(picture)
        assert vault.put(ticket, picture).status_code == 201
        assert asyncio.run(converting.convert_due()) == 1
        assert vault.told("vault.copy-stored") == 1
        return ticket

    return deposited


def test_bytes_and_key_of_what_is_taken_back_are_gone_once_and_for_all(vault: Any) -> None:
    ticket, other = vault.ticket(), vault.ticket()
    assert [vault.put(one).status_code for one in (ticket, other)] == [201, 201]
    assert [vault.delete(replace(ticket, action="destroy")).status_code for _ in range(2)] == [204, 204]
    assert vault.get(ticket).status_code == 404
    assert vault.get(other).status_code == 200
    assert vault.keys_held() == 1
    assert vault.told("vault.document-withdrawn") == 1
    rebuild(vault.parts.store)
    assert [vault.get(one).status_code for one in (ticket, other)] == [404, 200]


def test_the_copy_of_a_picture_goes_with_it(vault: Any, copied: Callable[[], Ticket]) -> None:
    ticket = copied()
    assert vault.delete(replace(ticket, action="destroy")).status_code == 204
    assert (vault.kept(), vault.keys_held()) == ([], 0)
    assert vault.told("vault.document-withdrawn") == 2


def test_a_copy_that_was_made_at_that_moment_goes_later(vault: Any, copied: Callable[[], Ticket]) -> None:
    ticket, parts = copied(), vault.parts
    document = parts.documents.find(ticket.version_id)
    with parts.store.connection() as connection:  # as if the copy had come after the end of its picture
        connection.execute("DELETE FROM read.document WHERE id = %s", (document.id,))
    destroying = Destroying(parts.store, parts.keys, parts.objects, parts.documents)
    assert [destroying.destroy_orphans() for _ in range(2)] == [1, 0]
    assert all(name.startswith(document.object_key) for name in vault.kept())
    assert vault.keys_held() == 1


def test_only_the_place_where_it_is_filed_has_it_destroyed(vault: Any) -> None:
    ticket = vault.ticket()
    vault.put(ticket)
    ending = replace(ticket, action="destroy")
    foreign = [{"office_id": uuid4()}, {"request_id": uuid4()}, {"owner_id": uuid4()}, {"dossier_id": uuid4()}]
    assert {vault.delete(replace(ending, **other)).status_code for other in foreign} == {404}
    assert vault.delete(replace(ending, issuer="lre-gateway")).status_code == 404
    assert vault.delete(replace(ending, actor_id=None)).status_code == 401
    assert vault.get(ticket).status_code == 200


def test_what_a_page_without_a_script_sends_is_digested_here(vault: Any) -> None:
    """Such a page cannot tell the digest; the receipt does, and the same again changes nothing."""
    ticket = replace(vault.ticket(), sha256="")
    receipts = [vault.put(ticket) for _ in range(2)]
    assert [answer.status_code for answer in receipts] == [201, 201]
    assert receipts[0].json()["sha256"] == vault.ticket().sha256
    assert receipts[0].json() == receipts[1].json()
    assert vault.stored() == 1
    assert vault.put(replace(ticket, size=ticket.size + 1)).status_code == 400
