"""Whatever stands in the files of a bundle, verification answers, and never says intact of what was not sealed."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof.archive import pack, unpack
from proof.canonical import canonical
from proof.policy import Policy, PolicyInvalid
from proof.report import Verdict
from proof.verify import verify

if TYPE_CHECKING:
    from conftest import Log

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
keys = st.sampled_from(["index", "payload", "salt", "ver", "ct_h", "format", "dossier", "files", "name", "data", "v"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner), max_leaves=8)
lines = st.lists(values.map(canonical), max_size=6).map(lambda parts: b"".join(part + b"\n" for part in parts))
contents = st.binary(max_size=80) | lines | values.map(canonical)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(st.data())
def test_any_content_of_any_file_gets_an_answer(log: "Log", data: st.DataObject) -> None:
    files = dict(unpack(log.bundle(2).encode()).files)
    name = data.draw(st.sampled_from(sorted(files)))
    content = data.draw(contents)
    verdict = verify(pack(files | {name: content}), log.trust()).verdict
    assert verdict is not Verdict.INTACT or content == files[name]


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer_as_a_policy(data: bytes) -> None:
    try:
        Policy.parse(data)
    except PolicyInvalid:
        return


@given(values)
def test_any_json_gets_an_answer_as_a_policy(value: object) -> None:
    shaped = {"format": "scelle-policy/1", "origin": "o", "log_keys": value}
    for text in (canonical(value), canonical(shaped), canonical(shaped | {"log_keys": [value]})):
        try:
            Policy.parse(text)
        except PolicyInvalid:
            continue
