"""What the tests on the local AWS share. One local AWS serves them all: use the fixture `name` for what you create."""

import re
import uuid
from collections.abc import Iterator

import pytest

from consumers.local.emulator import LocalAws, local_aws


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """A local AWS, the same one for every test of the run."""
    with local_aws() as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that is this test's own, and valid for a queue, a function, a role and a stack."""
    test = re.sub(r"\W+", "-", request.node.name).strip("-")
    return f"{test[:30]}-{uuid.uuid4().hex[:8]}"
