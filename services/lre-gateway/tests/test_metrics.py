"""How many letters wait, told to operators."""

from typing import Any
from uuid import UUID

from lre_gateway.readmodel.metrics import LETTERS, readings


def test_letters_that_wait_are_counted_by_what_they_wait_for(world: Any, office: UUID) -> None:
    read = readings(world.parts.store)

    def told() -> dict[str, float]:
        return {labels.get("what", name): value for name, value, labels in read()}

    calm = told()
    assert {name for name, _, _ in read()} == set(LETTERS)
    staff = world.staff(office)
    account = world.account(staff)
    letters = world.sends(staff, account, [world.recipient(staff)])
    assert (told()["code"] - calm["code"], told()["ready"]) == (len(letters), 0)
