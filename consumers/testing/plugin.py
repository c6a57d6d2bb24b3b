"""A pytest plugin with the fixtures `local_aws` and `working_copy`, which pytest loads by its entry point."""

from collections.abc import Iterator
from typing import Any

import pytest

from consumers.testing import WorkingCopies


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


@pytest.fixture
def working_copy(request: pytest.FixtureRequest) -> WorkingCopies:
    """The handlers of the program above this test: `working_copy("orders").failures("order.json")`."""
    from consumers.escaping import visible
    from consumers.operations.log_lines import readable

    def report(log: list[str]) -> None:
        request.node.add_report_section("call", "log of the handler", visible("\n".join(map(readable, log))))

    return WorkingCopies(request.path.parent, report)
