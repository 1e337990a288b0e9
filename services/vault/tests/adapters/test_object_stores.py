"""How every store of objects behaves; run on each adapter there is."""

import hashlib
import os
from typing import Any

import pytest
from vault.adapters.s3 import S3Address, S3ObjectStore
from vault.application.ports import ObjectMissing
from vault.domain.refusals import StorageAway


@pytest.fixture(params=["s3"])
def store(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue({"s3": "objects"}[request.param])


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [0, 1, 5 << 20, (8 << 20) + 169])
def test_what_is_put_comes_back(store: Any, size: int) -> None:
    data = os.urandom(size)
    store.put("folder/one", memoryview(data), digest(data))
    assert store.get("folder/one", size) == data


def test_bytes_that_do_not_have_the_announced_hash_are_not_stored(store: Any) -> None:
    with pytest.raises(StorageAway):
        store.put("folder/one", b"data", digest(b"other"))
    with pytest.raises(ObjectMissing):
        store.get("folder/one", 10)


def test_an_object_is_replaced_whole(store: Any) -> None:
    for data in (b"a long first", b"short"):
        store.put("folder/one", data, digest(data))
    assert store.get("folder/one", 100) == b"short"


def test_no_more_is_read_than_one_byte_over_the_limit(store: Any) -> None:
    store.put("folder/one", bytes(1000), digest(bytes(1000)))
    assert len(store.get("folder/one", 10)) == 11


def test_names_are_listed_by_prefix_and_removed(store: Any) -> None:
    for name in ("aa/00000", "aa/manifest", "ab/00000"):
        store.put(name, b"x", digest(b"x"))
    assert sorted(store.names("aa/")) == ["aa/00000", "aa/manifest"]
    store.remove(["aa/00000", "aa/manifest", "aa/none"])
    assert store.names("") == ["ab/00000"]
    store.remove([])


def test_a_server_that_is_away_is_said_to_be_away(free_port: int) -> None:
    store = S3ObjectStore(S3Address(f"127.0.0.1:{free_port}", "key", "secret", "bucket", secure=False))
    for call in (
        lambda: store.put("a", b"x", digest(b"x")),
        lambda: store.get("a", 1),
        lambda: store.names(""),
        lambda: store.remove(["a"]),
    ):
        with pytest.raises(StorageAway):
            call()


def test_a_wrong_key_is_refused(s3: Any) -> None:
    store = S3ObjectStore(S3Address(s3.access.endpoint, s3.access.access_key, "wrong", s3.name, secure=False))
    with pytest.raises(StorageAway):
        store.put("a", b"x", digest(b"x"))
