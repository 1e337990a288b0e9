"""Letters in every state, made by what really happens to them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from lre_gateway.domain.following import Sighting
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import EvidenceKind, HoldMode, Level, Status

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ALL = frozenset(EvidenceKind)
FILE = {
    "version_id": str(uuid4()),
    "role": "text",
    "size": 4_000,
    "sha256": "ab" * 32,
    "media_type": "application/pdf",
    "manifest_sha256": "cd" * 32,
    "a4": True,
}


class Letters:
    """Makes letters and tells what happened to them."""

    now = NOW

    def written(self, **changed: Any) -> Letter:
        facts: dict[str, Any] = {
            "office_id": uuid4(),
            "dossier_id": uuid4(),
            "batch_id": uuid4(),
            "sender_id": uuid4(),
            "recipient_id": uuid4(),
            "subject_id": uuid4(),
            "level": Level.QUALIFIED_LRE.value,
            "hold_mode": HoldMode.PROVIDER_DRAFT.value,
            "entity": None,
            "payment_method": None,
            "print": None,
            "documents": [FILE],
            "names": ["courrier.pdf"],
            "subject": "Mise en demeure",
            "dossier_reference": "2026-0142",
            "chars": 1_200,
            "markup": False,
            "fingerprint": "f" * 64,
            "prepared_by": uuid4(),
            "reissued_from": None,
            "at": NOW,
        }
        return Letter(**{**facts, **changed})

    def shows(
        self, letter: Letter, status: Status, *facts: tuple[Status, datetime], at: datetime | None = None
    ) -> None:
        letter.tell(Sighting(ref="174523", status=status, facts=facts, obtainable=ALL), at or NOW)

    def ready(self, **changed: Any) -> Letter:
        letter = self.written(**changed)
        letter.check([], [], NOW)
        return letter

    def started(self, **changed: Any) -> Letter:
        letter = self.ready(**changed)
        letter.start(NOW, name="Ada Durand", email="ada@example.fr", consent_id=uuid4())
        return letter

    def notified(self, at: datetime = NOW, **changed: Any) -> Letter:
        letter = self.started(**changed)
        letter.submitted("174523", Status.IN_TRANSIT, NOW, ALL)
        self.shows(letter, Status.NOTIFIED, (Status.NOTIFIED, at))
        return letter

    def in_state(self, state: State) -> Letter:
        """Return a letter that came to a state by legal steps; its past events are collected."""
        letter = _MADE[state](self)
        letter.collect_events()
        assert letter.state is state
        return letter


def _incompatible(make: Letters) -> Letter:
    letter = make.written()
    letter.check(["EMAIL_MISSING"], [], NOW)
    return letter


def _unknown(make: Letters) -> Letter:
    letter = make.started()
    letter.outcome_unknown("no-answer", NOW)
    return letter


def _submitted(status: Status) -> Callable[[Letters], Letter]:
    def made(make: Letters) -> Letter:
        letter = make.started()
        letter.submitted("174523", status, NOW, ALL)
        return letter

    return made


def _ended(status: Status) -> Callable[[Letters], Letter]:
    def made(make: Letters) -> Letter:
        letter = make.notified()
        make.shows(letter, status, (status, NOW + timedelta(days=1)))
        return letter

    return made


def _cancelled(make: Letters) -> Letter:
    letter = make.ready()
    letter.cancel(uuid4(), NOW)
    return letter


def _lapsed(make: Letters) -> Letter:
    letter = _submitted(Status.AWAITING_SENDER_AUTH)(make)
    make.shows(letter, Status.AUTH_LAPSED)
    return letter


_MADE: dict[State, Callable[[Letters], Letter]] = {
    State.DRAFT: lambda make: make.written(),
    State.INCOMPATIBLE: _incompatible,
    State.READY: lambda make: make.ready(),
    State.SUBMITTING: lambda make: make.started(),
    State.SUBMISSION_UNKNOWN: _unknown,
    State.AWAITING_SENDER_AUTH: _submitted(Status.AWAITING_SENDER_AUTH),
    State.IN_TRANSIT: _submitted(Status.IN_TRANSIT),
    State.NOTIFIED: lambda make: make.notified(),
    State.ACKNOWLEDGED: _ended(Status.ACKNOWLEDGED),
    State.REFUSED: _ended(Status.REFUSED),
    State.NOT_CLAIMED: _ended(Status.NOT_CLAIMED),
    State.BOUNCED: _ended(Status.BOUNCED),
    State.FAILED: _submitted(Status.FAILED),
    State.CANCELLED: _cancelled,
    State.AUTH_LAPSED: _lapsed,
}


@pytest.fixture
def letters() -> Letters:
    """Return the maker of letters."""
    return Letters()


def told(letter: Letter) -> list[tuple[str, dict[str, Any]]]:
    """Return the new events as names without the service, with what they say."""
    hidden = {"originator_id", "originator_version", "timestamp", "originator_topic", "office_id", "dossier_id"}
    return [
        (
            str(getattr(event, "TOPIC", "")).removeprefix("lre-gateway."),
            {name: value for name, value in vars(event).items() if name not in hidden | {"batch_id"}},
        )
        for event in letter.collect_events()
    ]


@pytest.fixture
def names() -> Callable[[Letter], list[str]]:
    """Return what gives the names of a letter's new events."""
    return lambda letter: [name for name, _ in told(letter)]


@pytest.fixture
def events() -> Callable[[Letter], list[tuple[str, dict[str, Any]]]]:
    """Return what gives a letter's new events."""
    return told


@pytest.fixture
def somebody() -> UUID:
    """Return the id of a person."""
    return uuid4()
