"""Drafts that wait at the provider for the sender's code.

The route is not confirmed by the provider: while `routes.Unconfirmed` does not name it, no draft is ever left there.
"""

from collections.abc import Iterator, Sequence

from lre_gateway.adapters.ar24 import listing
from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.status_map import snapshot
from lre_gateway.adapters.provider_http import Effect, problem_of
from lre_gateway.application.provider import (
    AuthRefused,
    Grant,
    GrantExpired,
    OutcomeUnknown,
    ProviderError,
    ProviderRejected,
    Released,
)
from lre_gateway.domain.vocabulary import Status

SLICE = 50
"""Letters per call."""

NOT_RELEASED = frozenset({Status.AWAITING_SENDER_AUTH, Status.AUTH_LAPSED, Status.CANCELLED})


def released(client: Ar24Client, route: str, account: str, refs: Sequence[str], grant: Grant) -> tuple[Released, ...]:
    """Release drafts and read each again: what the provider then shows is the answer.

    Raises:
        AuthRefused, GrantExpired: nothing moved.

    """
    answers: list[Released] = []
    for first in range(0, len(refs), SLICE):
        asked = refs[first : first + SLICE]
        failure: ProviderError | None = None
        try:
            numbered = {f"mail[{number}]": ref for number, ref in enumerate(asked)}
            client.post(route, {"id_user": account, "auth_otp_hash": grant.secret, **numbered}, Effect.ONCE)
        except (AuthRefused, GrantExpired) as error:
            if not any(answer.outcome == "released" for answer in answers):
                raise
            failure = error
        except ProviderError as error:
            failure = error
        answers += _looked_up(client, asked, failure)
        if failure is not None and not isinstance(failure, ProviderRejected):
            rest = refs[first + SLICE :]
            return (*answers, *(Released(ref=ref, outcome="refused", problem=_problem(failure)) for ref in rest))
    return tuple(answers)


def _looked_up(client: Ar24Client, refs: Sequence[str], failure: ProviderError | None) -> Iterator[Released]:
    try:
        found = {seen.ref: seen.status for seen in map(snapshot, listing.by_number(client, refs))}
    except ProviderError:
        found = {}
    for ref in refs:
        status = found.get(ref, Status.UNRECOGNIZED)
        lost = status is Status.AWAITING_SENDER_AUTH and isinstance(failure, OutcomeUnknown)
        if lost or status is Status.UNRECOGNIZED:
            yield Released(ref=ref, outcome="unknown", problem=_problem(failure))
        elif status in NOT_RELEASED:
            yield Released(ref=ref, outcome="refused", problem=_problem(failure))
        else:
            yield Released(ref=ref, outcome="released")


def _problem(failure: ProviderError | None) -> str:
    return "not-released" if failure is None else problem_of(failure)
