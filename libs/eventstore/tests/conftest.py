"""A store with the parcels of testkit, on a database of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventstore import Store
from launcher.ports import free_ports
from testkit.openbao import OpenBaoServer, openbao_server
from testkit.parcels import Sample, Someone


@pytest.fixture
def sample(database_url: str, tmp_path: Path) -> Sample:
    return Sample(database_url, tmp_path)


@pytest.fixture
def store(sample: Sample) -> Iterator[Store]:
    opened = sample.open()
    yield opened
    opened.close()


@pytest.fixture
def someone() -> Someone:
    return Someone()


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBaoServer]:
    with openbao_server(tmp_path_factory.mktemp("openbao"), free_ports(1)[0]) as server:
        yield server
