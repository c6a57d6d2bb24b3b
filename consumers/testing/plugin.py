"""Fixtures that pytest finds by itself where this distribution is installed."""

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Keep quiet about what pulumi_aws says at its own import, which no program can help."""
    config.addinivalue_line("filterwarnings", "ignore:aws.lambda/microvmsimage:DeprecationWarning")


@pytest.fixture(scope="session")
def local_aws() -> Iterator[Any]:
    """A local AWS for the tests of this run: `local_aws.client("sqs")`. It is gone afterwards.

    `consumers.testing.deploy(Path("."), local_aws, stack="dev")` runs a program on it, unchanged.
    """
    from consumers.local import emulator

    with emulator.local_aws() as running:
        yield running
