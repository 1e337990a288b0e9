"""Events of all services, held against the published contracts."""

import importlib
import pkgutil

import pytest
from contracts.registry import MODELS
from eventsourcing.domain import AggregateEvent
from eventstore.personal import personal_fields

SERVICES = ["identity", "dossier", "vault", "messaging", "lre-gateway"]


def event_classes(service: str) -> list[type[AggregateEvent]]:
    package = importlib.import_module(f"{service.replace('-', '_')}.domain")
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    found: dict[str, type[AggregateEvent]] = {}
    for module in modules:
        for aggregate in vars(module).values():
            if not isinstance(aggregate, type) or aggregate.__module__ != module.__name__:
                continue
            for name, value in vars(aggregate).items():
                # the library gives each aggregate an `Event` of its own, as the base of its events
                if isinstance(value, type) and issubclass(value, AggregateEvent) and name != "Event":
                    found[value.__qualname__] = value
    return list(found.values())


def topics(service: str) -> list[str]:
    return [str(getattr(event_class, "TOPIC", "")) for event_class in event_classes(service)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_says_its_name_itself(service: str) -> None:
    names = topics(service)
    assert names
    assert all(name.startswith(f"{service}.") for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_has_a_published_model_and_none_holds_a_personal_field(service: str) -> None:
    for event_class in event_classes(service):
        model = MODELS[event_class.TOPIC]
        assert not set(model.model_fields) & set(personal_fields(event_class)), event_class


@pytest.mark.parametrize("service", SERVICES)
def test_every_published_model_is_an_event_of_its_service(service: str) -> None:
    published = {topic for topic in MODELS if topic.startswith(f"{service}.")}
    assert published == set(topics(service))
