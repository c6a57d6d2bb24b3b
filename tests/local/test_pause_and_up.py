"""What the next deployment does with a pause, and with code that it did not deploy."""

import io
import json
import zipfile
from dataclasses import dataclass

import pytest

from consumers.local import background
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from consumers.operations.details import CODE_TAG
from consumers.operations.discovery import Consumer, find_one
from consumers.operations.leases import TAG, Lease
from consumers.operations.pausing import Wait, pause
from consumers.operations.status import Status, read
from deployed_consumers import run
from up_project import CONSUMER, HANDLER, UpProject, done

LEASE = Lease(1738324800.0, 1738328400.0, "jane@laptop")


@dataclass(frozen=True)
class Deployed:
    """The consumer `hands` in a stack of this test's own."""

    project: UpProject
    stack: str

    def up(self, arguments: str = "") -> dict[str, str]:
        """Deploy it with these arguments too, and return what was done."""
        program = CONSUMER.format(timeout=10).replace("source=", f"{arguments}source=")
        return done(self.project.up(program, self.stack))

    @property
    def hands(self) -> Consumer:
        return find_one(self.project.aws.client, "hands", self.stack)

    @property
    def mapping(self) -> str:
        return self.hands.mappings[0]["State"]

    @property
    def tags(self) -> dict[str, str]:
        return self.project.aws.client("lambda").list_tags(Resource=self.hands.function_arn)["Tags"]

    def status(self) -> Status:
        [one] = read(self.project.aws.client, [self.hands])
        return one

    def pause(self) -> None:
        pause(self.project.aws.client, self.hands, LEASE, Wait(5))


@pytest.fixture
def deployed(stack: UpProject, name: str) -> Deployed:
    made = Deployed(stack, name)
    made.up()
    return made


CHANGES = {"nothing": "", "the mapping": "batch_size=3, ", "tags": "tags={'team': 'a'}, "}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_pause_outlives_the_next_up(deployed: Deployed, changed: str) -> None:
    deployed.pause()
    steps = deployed.up(CHANGES[changed])
    assert ("hands-mapping" in steps) == bool(CHANGES[changed])
    assert (deployed.mapping, deployed.tags[TAG]) == ("Disabled", LEASE.tag)


def test_an_up_that_changes_enabled_enables_the_mapping_of_a_paused_consumer(aws: LocalAws, deployed: Deployed) -> None:
    deployed.up("mapping={'enabled': False}, ")
    aws.client("lambda").tag_resource(Resource=deployed.hands.function_arn, Tags={TAG: LEASE.tag})
    assert deployed.up() == {"hands-mapping": "updated"}
    assert deployed.mapping == "Enabled"
    assert "hands is marked as paused" in deployed.status().advice[0]


def test_a_replaced_function_is_no_longer_marked_as_paused(deployed: Deployed, name: str) -> None:
    deployed.pause()
    assert deployed.up(f"function={{'name': '{name}'}}, ")["hands-function"] == "replaced"
    assert (deployed.mapping, TAG in deployed.tags) == ("Disabled", False)


def test_check_shows_a_pause_only_on_the_aws_that_it_is_told(
    deployed: Deployed, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in aws_environment(aws).items():
        monkeypatch.setenv(variable, value)
    check = ["check", "--project", str(deployed.project.folder), "--stack", deployed.stack]
    assert "pause" not in run(*check).stdout
    deployed.pause()
    result = run(*check)
    assert result.exit_code == 0
    assert "Pauses are those on AWS account 000000000000, us-east-1" in result.stderr
    warning = f"  warning: it is paused {LEASE}: `pulumi up` leaves it paused, and `pulumi up --refresh` ends the pause"
    assert warning in result.stdout.splitlines()
    assert json.loads(run(*check, "--json").stdout)[0]["pause"] == LEASE.as_data()
    monkeypatch.delenv("AWS_ENDPOINT_URL")  # the project's own local AWS does not run
    assert json.loads(run(*check, "--json", region=None).stdout)[0]["pause"] is None
    monkeypatch.setattr(background, "find", lambda project: aws)  # pyright: ignore
    assert json.loads(run(*check, "--json", region=None).stdout)[0]["pause"] == LEASE.as_data()


def test_code_that_was_not_deployed_is_a_line_until_the_next_change_of_the_code(
    aws: LocalAws, deployed: Deployed
) -> None:
    assert deployed.tags[CODE_TAG] == deployed.hands.function["CodeSha256"]
    assert deployed.status().is_code_deployed is True
    code = archive("def handle(*_): return 1")
    aws.client("lambda").update_function_code(FunctionName=deployed.hands.function_arn, ZipFile=code)
    changed = deployed.status()
    assert changed.is_code_deployed is False
    assert [line for line in changed.advice if "runs code that its stack did not deploy" in line]
    assert deployed.up() == {}
    (deployed.project.folder / "hands" / "handler.py").write_text(f"{HANDLER}# changed\n")
    assert deployed.up()["hands-function"] == "updated"
    assert deployed.status().is_code_deployed is True


def archive(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as files:
        files.writestr("handler.py", code)
    return content.getvalue()
