"""Talking with providers: their errors as refusals, their sightings as what letters follow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from lre_gateway.application.provider import (
    NotSupported,
    OutcomeUnknown,
    Provider,
    ProviderAway,
    ProviderError,
    ProviderRejected,
    SenderNotReady,
    Snapshot,
)
from lre_gateway.domain.following import Change, Sighting
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.refusals import ProviderCannot, ProviderRefuses, ProviderSilent, SenderAway
from lre_gateway.domain.vocabulary import Status

Providers = Mapping[str, Provider]
"""By name; a sender says which one it is an account of."""


@contextmanager
def asking() -> Iterator[None]:
    """Turn what a provider raises into a refusal that the person who asked can act on."""
    try:
        yield
    except (ProviderAway, OutcomeUnknown) as error:
        raise ProviderSilent from error
    except NotSupported as error:
        raise ProviderCannot(capability=error.capability) from error
    except ProviderRejected as error:
        raise ProviderRefuses(cause=error.code.value) from error
    except SenderNotReady as error:
        raise SenderAway(missing=sorted(error.missing)) from error
    except ProviderError as error:
        raise ProviderSilent from error


def follow(letter: Letter, snapshot: Snapshot, provider: Provider, now: datetime) -> None:
    """Let a letter follow what its provider shows of it."""
    letter.tell(
        Sighting(
            ref=snapshot.ref,
            status=snapshot.status,
            facts=tuple((fact.status, fact.at) for fact in snapshot.facts),
            obtainable=provider.capabilities().evidence_kinds,
            shown=frozenset(snapshot.evidence),
        ),
        now,
    )
    if snapshot.status is Status.UNRECOGNIZED:
        letter.unrecognized(snapshot.raw_status, now)
    for change in snapshot.changes:
        letter.change_asked(
            Change(id=change.id, last_name=change.last_name, first_name=change.first_name, company=change.company),
            change.at,
        )
    if snapshot.breach:
        letter.breach(snapshot.breach, now)
    letter.priced(snapshot.price, snapshot.payment_method, now)
