"""What is published, what is committed about it, and what may change."""

import json
import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from contracts import MODELS, VERSIONS, Envelope, Malformed, UnknownEvent, envelope_of, fact, published
from contracts.__main__ import differences, incompatibilities
from contracts.compatibility import breaking
from contracts.documents import HERE, asyncapi, name_of, schema
from contracts.examples import example

PERSONAL = re.compile(
    r"(^|_)(name|first_name|last_name|email|mail|phone|mobile|address|note|notes|title|label|reason|text|message|birth)($|_)"
)


def test_the_committed_documents_are_those_that_the_registry_makes() -> None:
    assert differences() == []
    assert incompatibilities() == []


@pytest.mark.parametrize("topic", MODELS)
def test_no_model_publishes_a_personal_field(topic: str) -> None:
    assert [name for name in MODELS[topic].model_fields if PERSONAL.search(name)] == []


@pytest.mark.parametrize("topic", MODELS)
def test_a_committed_example_is_read_by_the_present_model(topic: str) -> None:
    committed = (HERE / "examples" / f"{name_of(topic)}.json").read_bytes()
    envelope = Envelope.parse(committed)
    assert envelope == example(topic)
    assert (envelope.topic, envelope.version) == (topic, VERSIONS[topic])
    assert fact(envelope).model_dump(mode="json") == envelope.data


@pytest.mark.parametrize("topic", MODELS)
def test_an_event_with_more_fields_than_are_published_is_translated_without_them(topic: str) -> None:
    model = published(topic, {**example(topic).data, "first_name": "Ada"})
    assert "first_name" not in model.model_dump()


def test_only_optional_fields_may_be_added_to_a_schema() -> None:
    old = schema("dossier.document-refused")
    with_more = {**old, "properties": {**old["properties"], "colour": {"type": "string"}}}
    assert breaking(old, with_more) == []
    assert breaking(old, {**with_more, "required": [*old["required"], "colour"]}) == ["colour is now required"]
    assert breaking(with_more, old) == ["colour is gone"]
    retyped = {**old, "properties": {**old["properties"], "version_id": {"type": "integer"}}}
    assert breaking(old, retyped) == ["version_id changed"]
    assert "version_id may now be missing" in breaking(old, {**old, "required": []})


def test_an_envelope_survives_the_wire_and_leaves_out_what_it_does_not_know() -> None:
    envelope = example("identity.signed-out")
    body = envelope.json_bytes()
    assert Envelope.parse(body) == envelope
    assert "office" not in json.loads(body)
    assert envelope.bus_subject == "ev.identity.signed-out.none"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        example("vault.document-read").json_bytes().replace(b"vault:1:7", b"vault:1:8"),
        example("vault.document-read").json_bytes().replace(b'"producer":"vault"', b'"producer":"dossier"'),
        example("vault.document-read").json_bytes().replace(b'"1.0"', b'"0.3"'),
    ],
)
def test_bytes_that_are_no_envelope_are_refused_without_repeating_them(body: bytes) -> None:
    with pytest.raises(Malformed, match="not an envelope"):
        Envelope.parse(body)


def test_an_event_that_nobody_publishes_has_no_model() -> None:
    with pytest.raises(UnknownEvent):
        published("dossier.gossip", {})
    newer = example("dossier.document-refused").json_dict() | {"type": "dossier.document-refused.v9"}
    with pytest.raises(UnknownEvent):
        fact(Envelope.parse(newer))


def test_the_asyncapi_document_points_only_at_what_it_contains() -> None:
    document = asyncapi()

    def resolve(reference: str) -> object:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    references = re.findall(r'"\$ref": "(#/[^"]+)"', json.dumps(document))
    assert references
    assert all(resolve(reference) for reference in references)
    assert set(document["components"]["messages"]) == {name_of(topic) for topic in MODELS}


@dataclass(frozen=True)
class Stored:
    topic: str
    epoch: int
    entry: bytes
    plain: dict[str, object]


def test_a_stored_event_becomes_its_envelope_by_its_entry_and_its_plain_fields() -> None:
    wanted = example("dossier.document-requested", epoch=3)
    plain = {**wanted.data, "client_id": UUID(wanted.data["client_id"]), "timestamp": "2026"}
    assert envelope_of(Stored(wanted.topic, 3, wanted.proofentry.encode(), plain)) == wanted


def test_an_event_that_is_not_published_travels_without_data() -> None:
    entry = example("dossier.document-requested").proofentry.encode()
    envelope = envelope_of(Stored("dossier.whispered", 1, entry, {"client_id": "x"}))
    assert (envelope.type, envelope.data) == ("dossier.whispered.v0", {})


def test_bytes_that_are_no_entry_make_no_envelope() -> None:
    with pytest.raises(Malformed):
        envelope_of(Stored("dossier.whispered", 1, b'{"v":1}', {}))
