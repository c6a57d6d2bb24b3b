"""Fixtures on one local AWS that all tests share: name what you create with the fixture `name`."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import attachable
import dead_letters
import quick_clients
from attachable import MakeConsumer
from consumers.evaluate.program import deploy
from consumers.evaluate.results import Deployment
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import attaching, held_lease, lasting_calls, pausing
from consumers.operations.discovery import Consumer
from consumers.resource_table import Values, find
from dead_letters import Dead
from deployed_consumers import use_only
from deployed_program import DeployedProgram
from on_local_aws import short
from resource_examples import MAPPING, Create
from trials import Trials
from ui_page import PageProject, running_browser
from up_project import UpProject

quick_clients.install()


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


@pytest.fixture
def create(aws: LocalAws, name: str) -> Create:
    """Creates a resource through the table of resource types, with the test's own name as its logical name."""

    def create_resource(token: str, inputs: Values, logical_name: str = name) -> tuple[str, Values]:
        return find(token, logical_name).create(aws, logical_name, inputs)

    return create_resource


@pytest.fixture
def stack(aws: LocalAws, tmp_path: Path) -> UpProject:
    """The stack `dev` of a project that `consumers up` deploys."""
    return UpProject(tmp_path, aws)


@pytest.fixture
def program(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[DeployedProgram]:
    """A program with one consumer, which stops polling after the test."""
    program = DeployedProgram(aws, tmp_path, name)
    yield program
    program.stop_polling()


@pytest.fixture
def deployed(aws: LocalAws, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Deploys a program whose consumers have their handler in the folder `function`.

    Its mappings are deleted after the test: their pollers would slow down the tests after it.
    """
    deployments: list[Deployment] = []

    def run(program: str, handler: str = "def handle(event, context): ...\n") -> Deployment:
        (tmp_path / "function").mkdir(exist_ok=True)
        (tmp_path / "function" / "handler.py").write_text(handler)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(program)
        deployments.append(deploy(tmp_path, aws, stack="test"))
        return deployments[-1]

    yield run
    for mapping in [made.id for one in deployments for made in one.resources if made.type == MAPPING]:
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=mapping)


@pytest.fixture
def account(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of somebody who works on AWS, in an empty folder: the local AWS is in AWS's place."""
    use_only(aws, monkeypatch, tmp_path)


@pytest.fixture
def dead(aws: LocalAws, name: str, account: None) -> Iterator[Dead]:
    """A consumer of this test's own, with an empty dead-letter queue."""
    consumer = dead_letters.consumer(aws, short(name))
    yield consumer
    consumer.delete()


@pytest.fixture
def fifo(aws: LocalAws, name: str, account: None) -> Iterator[Dead]:
    """The same with FIFO queues."""
    consumer = dead_letters.consumer(aws, short(name), fifo=True)
    yield consumer
    consumer.delete()


@pytest.fixture(scope="module")
def browser(shop: PageProject) -> Iterator[Browser]:
    """A headless Chromium. While it runs, this thread can run no other event loop, so the shop is deployed before."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageProject]:
    """A project on a local AWS of its own, for the page of `consumers ui`."""
    project = PageProject(tmp_path_factory.mktemp("shop"))
    yield project
    project.end()


@pytest.fixture
def make_consumer(aws: LocalAws, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeConsumer]:
    """Makes a consumer to attach to, soon; its function handles nothing as long as it is paused."""
    monkeypatch.setattr(pausing, "POLL", 0.05)
    monkeypatch.setattr(held_lease, "SETTLE", 0.3)
    monkeypatch.setattr(attaching, "LONG_POLL", 1)
    monkeypatch.setattr(lasting_calls, "FIRST_PAUSE", 0.05)
    with ExitStack() as made:

        def make(**settings: Any) -> Consumer:
            context: AbstractContextManager[Consumer] = attachable.consumer(aws, short(name), **settings)
            return made.enter_context(context)

        yield make


@pytest.fixture
def trials(dead: Dead, tmp_path: Path) -> Trials:
    return Trials(dead, tmp_path)


@pytest.fixture
def ordered(fifo: Dead, tmp_path: Path) -> Trials:
    return Trials(fifo, tmp_path)
