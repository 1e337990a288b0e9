"""Offices exist because an operator registers them."""

from contextlib import suppress
from uuid import UUID

from chassis.actor import Actor
from eventstore import Changed, Missing, Store

from identity.domain.office import Office, crpcen


def register_office(store: Store, number: str, name: str) -> UUID:
    """Register the office with this CRPCEN, once; return its id.

    Raises:
        CrpcenRefused: it is not one.

    """
    number = crpcen(number)
    try:
        return store.get(Office, Office.create_id(number)).id
    except Missing:
        office = Office(crpcen=number, name=name)
    with suppress(Changed):  # another process may register it in this moment
        store.save(office, actor=Actor.system(office_id=office.id))
    return office.id
