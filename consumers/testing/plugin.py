"""A pytest plugin with the fixture `local_aws`, which pytest loads by its entry point."""

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Ignore a warning that importing pulumi_aws itself causes."""
    config.addinivalue_line("filterwarnings", "ignore:aws.lambda/microvmsimage:DeprecationWarning")


@pytest.fixture(scope="session")
def local_aws() -> Iterator[Any]:
    """A local AWS for the tests of this run: `local_aws.client("sqs")`. It ends with the run.

    `consumers.testing.deploy(Path("."), local_aws, stack="dev")` runs a program on it, unchanged.
    """
    from consumers.local import emulator

    with emulator.local_aws() as running:
        yield running
