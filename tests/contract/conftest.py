"""What each service of the running platform says of itself."""

from typing import Any

import pytest
from testkit.fuzzing import PREFIXES
from testkit.stack import Platform

Document = dict[str, Any]


@pytest.fixture(scope="session")
def documents(platform: Platform) -> dict[str, Document]:
    """Return the OpenAPI document of each service, as the gateway gives it to everybody."""
    world = platform.world()
    try:
        return {service: world.call("GET", f"{prefix}/openapi.json").json() for service, prefix in PREFIXES.items()}
    finally:
        world.close()


@pytest.fixture(params=PREFIXES)
def document(documents: dict[str, Document], request: pytest.FixtureRequest) -> Document:
    return documents[request.param]
