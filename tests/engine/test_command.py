"""`consumers pulumi`, as its users have it: a local AWS that stays, deployed to by the real CLI."""

from pathlib import Path

from consumers.local.background import find
from engine_stack import ROOT, Shell
from on_local_aws import wait_until
from wheels import THIS_PYTHON, write_wheel

HANDS = "functions/poker_hands/ten-hands.jsonl"


def test_up_send_logs_a_new_line_in_the_handler_up_again_destroy(shell: Shell) -> None:
    needs_a_wheel_for_this_machine(shell.project / "functions/poker_hands")
    assert "+ 17 created" in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
    assert "poker-hands" in shell.consumers("status")
    shell.consumers("send", "poker-hands", HANDS)
    wait_until(lambda: shell.consumers("logs", "poker-hands").count("ok user=") == 9)

    handler = shell.project / "functions/poker_hands/handler.py"
    handler.write_text(handler.read_text().replace('"ok user=', '"fine user='))
    assert "~ 1 updated" in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
    shell.consumers("send", "poker-hands", HANDS)
    wait_until(lambda: shell.consumers("logs", "poker-hands").count("fine user=") == 9)

    assert "- 17 deleted" in shell.consumers("pulumi", "destroy", "--yes", "--skip-preview")
    assert "poker-hands" not in shell.consumers("status")


def test_the_exit_code_is_the_clis_own_and_a_stacks_file_is_left_as_it_is(shell: Shell) -> None:
    program = shell.project / "__main__.py"
    program.write_text(program.read_text().replace("timeout=config", "timeout=1000 + config"))
    refused = shell.consumers("pulumi", "preview", code=255)
    assert "QueueConsumer 'poker-hands' is refused, 1 error:" in refused
    shell.consumers("pulumi", "no-such-command", code=255)
    assert (shell.project / "Pulumi.local.yaml").read_bytes() == (ROOT / "Pulumi.local.yaml").read_bytes()


def test_a_program_reaches_the_local_aws_only(shell: Shell) -> None:
    profiles = shell.project.parent / ".aws"
    profiles.mkdir()
    (profiles / "credentials").write_text("[default]\naws_access_key_id = AKIAOURS\naws_secret_access_key = secret\n")
    (profiles / "config").write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
    (shell.project / "__main__.py").write_text(CALLS_AWS)
    shell.consumers("pulumi", "up", "--yes", "--skip-preview")
    assert shell.consumers("pulumi", "stack", "output", "profiles").strip() == "[]"
    aws = find(shell.project)
    assert aws is not None
    assert len(aws.client("sqs").list_queues(QueueNamePrefix="made-by-boto3")["QueueUrls"]) == 1


CALLS_AWS = """
import boto3, pulumi
boto3.client("sqs").create_queue(QueueName="made-by-boto3")
pulumi.export("profiles", boto3.Session().available_profiles)
"""


def needs_a_wheel_for_this_machine(function: Path) -> None:
    wheel = write_wheel(function, "deck", tag=THIS_PYTHON)
    (function / "requirements.txt").write_text(f"./{wheel.name}\n")
    handler = function / "handler.py"
    handler.write_text(f"import deck\n{handler.read_text()}")
