"""Requests made up from each OpenAPI document, sent to the running platform as its people would: a short run.

`make fuzz-api` goes on for longer, with every boundary and sequences, on a platform of its own.
"""

import pytest
from launcher.journey.people import become_signed_in
from launcher.journey.story import Journey
from testkit.fuzzing import PREFIXES, Cast, Finding, Plan, Tally, run

pytestmark = pytest.mark.timeout(900)
MOST = Plan(examples=3)
OTHERS = Plan(examples=1, examples_of_the_document=False)
ALSO = {"a client", "a reader", "nobody"}
HARMLESS = {"a stranger", "nobody"}


@pytest.fixture(scope="module")
def cast(walked: Journey) -> Cast:
    return Cast(walked)


@pytest.mark.bad_input("B21")
@pytest.mark.bad_input("B27")
@pytest.mark.parametrize("service", PREFIXES)
def test_no_made_up_request_gets_an_answer_that_is_not_announced(cast: Cast, service: str) -> None:
    tally, found = Tally(), list[Finding]()
    first, *others = cast.parts(service)
    found += run(cast, service, first, MOST, tally)
    for part in others:
        if part.name in ALSO:
            found += run(cast, service, part, OTHERS, tally)
    assert list(map(str, found)) == []
    assert tally.succeeded > 0  # the requests got past the first checks


@pytest.mark.parametrize("service", ["identity", "dossier"])
def test_what_ends_something_refuses_those_who_may_not(cast: Cast, service: str) -> None:
    found = list[Finding]()
    for part in cast.parts(service):
        if part.name in HARMLESS:
            found += run(cast, service, part, MOST, last=True)
    become_signed_in(cast.journey.world, cast.journey.stranger)
    assert list(map(str, found)) == []
