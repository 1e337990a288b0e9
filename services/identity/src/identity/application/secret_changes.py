"""A secret changes with its event: prepared, named by the event, and then in force; never one without the other."""

import sys

from chassis.actor import Actor
from eventstore import Store

from identity.domain.person import Person


def put_in_force(store: Store, person: Person, actor: Actor) -> None:
    """Record the event that names what was prepared. Raises Changed if another one came between.

    The person was loaded before anything was prepared: so two changes at once never both go through.
    """
    sys.audit("scelle.crashpoint", "identity.secret-prepared")
    store.save(person, actor=actor)
