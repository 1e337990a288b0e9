from uuid import uuid4

import pytest
from identity.domain.membership import Membership, Role, State
from identity.domain.refusals import AlreadyDecided, OwnMembership

PERSON, OFFICE, NOTARY = uuid4(), uuid4(), uuid4()


def a_request(role: Role = Role.COLLABORATOR) -> Membership:
    membership = Membership(person_id=PERSON, office_id=OFFICE, role=role)
    membership.collect_events()
    return membership


@pytest.mark.covers("L-20")
def test_a_notary_declares_the_membership() -> None:
    membership = a_request()
    membership.approve(NOTARY)
    (approved,) = membership.collect_events()
    assert isinstance(approved, Membership.Approved)
    assert (approved.person_id, approved.office_id, approved.role) == (PERSON, OFFICE, "collaborator")
    assert approved.approved_by == NOTARY
    assert membership.state is State.APPROVED


def test_a_refusal_says_by_whom() -> None:
    membership = a_request()
    membership.refuse(NOTARY)
    (refused,) = membership.collect_events()
    assert isinstance(refused, Membership.Refused)
    assert refused.refused_by == NOTARY


@pytest.mark.parametrize("first", ["approve", "refuse"])
@pytest.mark.parametrize("second", ["approve", "refuse"])
def test_what_is_decided_stays_decided(first: str, second: str) -> None:
    membership = a_request()
    getattr(membership, first)(NOTARY)
    with pytest.raises(AlreadyDecided):
        getattr(membership, second)(NOTARY)


def test_nobody_decides_on_their_own_membership() -> None:
    membership = a_request(Role.COMPLIANCE)
    with pytest.raises(OwnMembership):
        membership.approve(PERSON)
    assert not membership.collect_events()


def test_the_provider_vouches_for_notaries_only() -> None:
    notary = a_request(Role.NOTARY)
    notary.assert_notary()
    (approved,) = notary.collect_events()
    assert approved.approved_by is None
    with pytest.raises(AlreadyDecided):
        a_request(Role.COLLABORATOR).assert_notary()
