"""What a dossier allows."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from dossier.domain.dossier import Dossier
from dossier.domain.refusals import ClientAlreadyAdded, DossierArchivedAlready

CREATOR, COLLEAGUE, CLIENT = uuid4(), uuid4(), uuid4()


def a_dossier(**changes: Any) -> Dossier:
    facts: dict[str, Any] = {
        "office_id": uuid4(),
        "number": "2026-1",
        "deed_type": "vente",
        "title": "Vente Durand",
        "note": None,
        "whole_office": False,
        "member_ids": [],
        "opened_by": CREATOR,
    }
    dossier = Dossier(**{**facts, **changes})
    dossier.collect_events()
    return dossier


def topics(dossier: Dossier) -> list[str]:
    return [event.TOPIC for event in dossier.collect_events()]  # type: ignore[attr-defined]


@pytest.mark.covers("L-27")
@pytest.mark.parametrize(
    ("whole_office", "members", "seen"), [(True, [], True), (False, [COLLEAGUE], True), (False, [], False)]
)
def test_a_dossier_is_open_to_the_office_or_to_those_chosen(
    *, whole_office: bool, members: list[UUID], seen: bool
) -> None:
    dossier = a_dossier(whole_office=whole_office, member_ids=[str(member) for member in members])
    assert dossier.may_be_seen_by(COLLEAGUE) is seen
    assert dossier.may_be_seen_by(CREATOR)


@pytest.mark.covers("L-30")
def test_who_may_see_it_changes_but_never_without_its_creator() -> None:
    dossier = a_dossier(whole_office=True)
    dossier.change_access(whole_office=False, member_ids=[COLLEAGUE])
    assert topics(dossier) == ["dossier.access-changed"]
    assert dossier.may_be_seen_by(COLLEAGUE)
    assert dossier.may_be_seen_by(CREATOR)
    assert not dossier.may_be_seen_by(uuid4())


@pytest.mark.covers("L-37")
def test_several_clients_take_part_each_once() -> None:
    dossier = a_dossier()
    dossier.add_client(CLIENT)
    dossier.add_client(uuid4())
    with pytest.raises(ClientAlreadyAdded):
        dossier.add_client(CLIENT)
    assert topics(dossier) == ["dossier.client-added", "dossier.client-added"]


@pytest.mark.covers("L-45")
def test_an_edit_that_changes_nothing_is_no_event() -> None:
    dossier = a_dossier()
    dossier.edit(number="2026-1", title="Vente Durand", deed_type="vente", note=None)
    assert topics(dossier) == []
    dossier.edit(number="2026-1", title="Vente Durand", deed_type="vente", note="Rappeler")
    assert (topics(dossier), dossier.note) == (["dossier.dossier-edited"], "Rappeler")


@pytest.mark.covers("L-69")
def test_an_archived_dossier_changes_no_more() -> None:
    dossier = a_dossier()
    dossier.archive()
    changes = [
        dossier.archive,
        lambda: dossier.add_client(CLIENT),
        lambda: dossier.change_access(whole_office=True, member_ids=[]),
        lambda: dossier.edit(number="2", title=None, deed_type="vente", note=None),
    ]
    for change in changes:
        with pytest.raises(DossierArchivedAlready):
            change()
    assert topics(dossier) == ["dossier.dossier-archived"]
