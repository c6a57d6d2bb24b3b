"""Pulumi programs, unchanged, on the local AWS."""

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from consumers.evaluate.program import create, deploy
from consumers.evaluate.results import Deployment, Registration
from consumers.local.emulator import LocalAws
from consumers.resource_table import Aws

ROOT = Path(__file__).parents[2]
HEAD = "import json, pulumi\nimport pulumi_aws as aws\n"
Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Writes a project: its program, and more files by their names."""

    def writer(program: str, config: str = "", **files: str) -> Path:
        head = f"name: hands\nruntime: python\n{textwrap.dedent(config)}"
        for name, text in {"Pulumi.yaml": head, "__main__.py": program, **files}.items():
            text = textwrap.dedent(text)
            (tmp_path / name).write_text(f"{HEAD}{text}" if name == "__main__.py" else text)
        return tmp_path

    return writer


def names(deployment: Deployment) -> list[str]:
    return [made.name for made in deployment.resources]


def test_a_program_creates_its_resources_and_exports_their_outputs(aws: LocalAws, project: Project) -> None:
    folder = project("""
        dead = aws.sqs.Queue("dead", message_retention_seconds=1209600)
        redrive = dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3}))
        queue = aws.sqs.Queue("queue", redrive_policy=redrive, tags={"consumer": "hands"})
        pulumi.export("url", queue.url)
        pulumi.export("id", queue.id)
        pulumi.export("nested", {"numbers": [1, 2.5], "arns": [queue.arn, dead.arn]})
    """)
    deployment = deploy(folder, aws)
    dead, queue = deployment.resources
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])["Attributes"]
    assert list(deployment.exports) == ["id", "nested", "url"]
    assert deployment.exports["url"] == deployment.exports["id"] == queue.id
    assert deployment.exports["nested"] == {"numbers": [1, 2.5], "arns": [attributes["QueueArn"], dead.outputs["arn"]]}
    assert json.loads(attributes["RedrivePolicy"]) == {"deadLetterTargetArn": dead.outputs["arn"], "maxReceiveCount": 3}
    assert [(made.type, made.name) for made in deployment.resources] == [
        ("aws:sqs/queue:Queue", "dead"),
        ("aws:sqs/queue:Queue", "queue"),
    ]


def test_a_resource_is_created_after_those_that_it_depends_on(aws: LocalAws, project: Project) -> None:
    folder = project("""
        class Group(pulumi.ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("hands:index:Group", name, {}, opts)
                self.queue = aws.sqs.Queue(f"{name}-queue", opts=pulumi.ResourceOptions(parent=self))
                self.register_outputs({})

        first = Group("first")
        second = aws.sqs.Queue("second", opts=pulumi.ResourceOptions(depends_on=[first]))
        aws.sqs.Queue("third", opts=pulumi.ResourceOptions(depends_on=[second]))
    """)
    begun_and_ready: list[str] = []

    def provision(aws: Aws, registration: Registration) -> tuple[str, dict[str, Any]]:
        begun_and_ready.append(registration.name)
        created = create(aws, registration)
        begun_and_ready.append(registration.name)
        return created

    deploy(folder, aws, provision=provision)
    assert begun_and_ready == ["first-queue", "first-queue", "second", "second", "third", "third"]


def test_children_of_different_parents_may_share_a_name(aws: LocalAws, project: Project) -> None:
    folder = project("""
        def component(kind, name, parent=None):
            return pulumi.ComponentResource(f"hands:index:{kind}", name, {}, pulumi.ResourceOptions(parent=parent))

        for outer in ("A", "B"):
            inner = component("Inner", "inner", component(outer, "outer"))
            queue = aws.sqs.Queue("queue", opts=pulumi.ResourceOptions(parent=inner))
            pulumi.export(outer, queue.urn)
    """)
    assert deploy(folder, aws).exports == {
        kind: f"urn:pulumi:dev::hands::hands:index:{kind}$hands:index:Inner$aws:sqs/queue:Queue::queue" for kind in "AB"
    }


def test_a_program_sees_its_stack_project_and_configuration(aws: LocalAws, project: Project) -> None:
    config = """
        config:
          size: {type: integer, default: 3}
          limit: {type: string}
    """
    stack = """
        config:
          hands:limit: from the stack
          hands:filters: {body: [1, {a: b}]}
    """
    program = """
        config = pulumi.Config()
        pulumi.export("config", [config.require_int("size"), config.get("limit"), config.get_object("filters")])
        pulumi.export("where", [pulumi.get_stack(), pulumi.get_project(), pulumi.get_organization(), aws.config.region])
        pulumi.export("main", __name__)
        pulumi.export("folder", pulumi.get_root_directory())
    """
    folder = project(program, config, **{"Pulumi.test.yaml": stack})
    assert deploy(folder, aws, stack="test").exports == {
        "config": [3, "from the stack", {"body": [1, {"a": "b"}]}],
        "where": ["test", "hands", "organization", "us-east-1"],
        "main": "__main__",
        "folder": str(folder),
    }


def test_default_tags_of_stack_and_provider_are_on_every_resource(aws: LocalAws, project: Project) -> None:
    program = """
        own = aws.Provider("own", region="us-east-1", default_tags={"tags": {"team": "cards"}})
        pulumi.export("default", aws.sqs.Queue("a", tags={"name": "a"}).tags_all)
        pulumi.export("own", aws.sqs.Queue("b", opts=pulumi.ResourceOptions(provider=own)).tags_all)
    """
    stack = """
        config:
          aws:defaultTags:
            tags: {environment: dev}
    """
    exports = deploy(project(program, **{"Pulumi.dev.yaml": stack}), aws).exports
    assert exports == {"default": {"environment": "dev", "name": "a"}, "own": {"team": "cards"}}


def test_a_program_can_look_up_existing_resources(aws: LocalAws, project: Project, name: str) -> None:
    url = aws.client("sqs").create_queue(QueueName=name, Attributes={"DelaySeconds": "7"})["QueueUrl"]
    folder = project(f"""
        pulumi.export("delay", aws.sqs.Queue.get("there", "{url}").delay_seconds)
        pulumi.export("arn", aws.sqs.Queue("imported", opts=pulumi.ResourceOptions(import_="{url}")).arn)
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("region", aws.get_region_output().region)
    """)
    deployment = deploy(folder, aws)
    assert deployment.resources == []
    assert deployment.exports == {
        "delay": 7,
        "arn": f"arn:aws:sqs:us-east-1:000000000000:{name}",
        "account": "000000000000",
        "region": "us-east-1",
    }


def test_a_program_may_have_an_asynchronous_entry_point(aws: LocalAws, project: Project) -> None:
    folder = project("""
        import asyncio

        async def main():
            await asyncio.sleep(0)
            return {"answer": 42}

        pulumi.run(main)
    """)
    assert deploy(folder, aws).exports == {"answer": 42}


def test_a_program_runs_in_its_folder_and_leaves_the_interpreter_as_it_was(aws: LocalAws, project: Project) -> None:
    folder = project("raise SystemExit('not this one')", "main: infra/\n")
    (folder / "infra").mkdir()
    program = "import os, pulumi, sys, helper_of_hands\n"
    program += "pulumi.export('all', [helper_of_hands.VALUE, os.getcwd(), sys.argv])\n"
    (folder / "infra" / "__main__.py").write_text(program)
    before = (Path.cwd(), list(sys.path), list(sys.argv), set(sys.modules))
    for value in ("one", "another"):
        (folder / "infra" / "helper_of_hands.py").write_text(f"VALUE = {value!r}")
        main = str(folder / "infra" / "__main__.py")
        assert deploy(folder, aws).exports == {"all": [value, str(folder / "infra"), [main]]}
    assert (Path.cwd(), sys.path, sys.argv) == before[:3]
    assert "helper_of_hands" not in sys.modules
    assert sys.modules.keys() >= before[3]
    assert (pulumi.runtime.get_root_resource(), pulumi.Config("aws").get("region")) == (None, None)
