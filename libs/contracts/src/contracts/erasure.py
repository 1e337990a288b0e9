"""What every service that knows persons says once it has erased one."""

from uuid import UUID

from contracts.published import Published


class KeysDestroyed(Published):
    """A service destroyed what opens its personal fields about an erased person."""

    person_id: UUID
    keys: int
    """1, or 0 where the service held no key of this person."""
