"""`consumers dlq redrive --all`: SQS moves the whole queue, and tells of it."""

import json
import signal
import time

from consumers.local.emulator import LocalAws
from dead_letters import Dead, json_of, rejected
from deployed_consumers import failed, start
from error_texts import ErrorTexts
from on_local_aws import wait_until


def test_sqs_moves_everything_to_the_named_queue(dead: Dead) -> None:
    dead.put("rejected by the runtime, so that SQS knows no source", **rejected("bad"))
    dead.put_dead("moved by SQS", before=1)
    result = dead.dlq("redrive", "--all", stdin="y\n")
    assert result.exit_code == 0, result.output
    assert f"Let SQS move 2 to {dead.name}-queue?" in result.stderr
    assert "moved by SQS" in result.stderr
    assert result.stdout == f"Moved to {dead.name}-queue: 2\n"
    assert len(dead.bodies()) == 2
    assert dead.depth(dead.dead_url) == 0
    assert "COMPLETED, 2 of 2 moved" in dead.dlq("redrive", "--status").stdout


def test_a_fifo_queue_is_moved_in_order(fifo: Dead) -> None:
    fifo.put(*[f"{n}" for n in range(15)], MessageGroupId="a")
    assert json_of(fifo.dlq("redrive", "--all", "--yes", "--json"))["done"] == 15
    assert fifo.bodies() == [f"{n}" for n in range(15)]


def test_a_dry_run_and_a_no_begin_no_task(dead: Dead) -> None:
    dead.put("letter")
    assert json_of(dead.dlq("redrive", "--all", "--dry-run", "--json"))["selected"] == 1
    assert failed(dead.dlq("redrive", "--all", stdin="n\n")) == "Nothing is changed."
    assert dead.dlq("redrive", "--status").stdout == f"{dead.name}-dlq had no move task.\n"
    assert dead.visible(dead.dead_url) == 1


def test_an_empty_queue_needs_no_task(dead: Dead) -> None:
    result = dead.dlq("redrive", "--all", "--yes")
    assert (result.exit_code, result.stdout) == (0, "There is no dead letter.\n")


def test_a_receipt_or_an_edit_needs_letters_one_by_one(dead: Dead) -> None:
    dead.put('{"n":1}')
    assert dead.dlq("redrive", "--all", "--yes", "--receipt", "receipt.jsonl").exit_code == 0
    dead.put('{"n":1}')
    assert dead.dlq("redrive", "--all", "--yes", "--set", "n=2").exit_code == 0
    assert sorted(dead.bodies()) == ['{"n":1}', '{"n":2}']
    assert dead.dlq("redrive", "--status").stdout == f"{dead.name}-dlq had no move task.\n"


def test_status_and_cancel_work_on_a_task_that_somebody_else_began(dead: Dead, error_text: ErrorTexts) -> None:
    dead.put(*[f"{n}" for n in range(30)])
    sqs = dead.aws.client("sqs")
    sqs.start_message_move_task(SourceArn=dead.dead_arn, DestinationArn=dead.arn, MaxNumberOfMessagesPerSecond=1)
    task = json_of(dead.dlq("redrive", "--status", "--json"))
    assert (task["status"], task["total"], task["destination"]) == ("RUNNING", 30, dead.arn)
    assert "A move task is running: RUNNING" in failed(dead.dlq("redrive", "--all", "--yes"))
    assert f"which stay in {dead.name}-queue" in dead.dlq("redrive", "--cancel").stdout
    wait_until(lambda: json_of(dead.dlq("redrive", "--status", "--json"))["status"] == "CANCELLED")
    assert "is running. The newest one: CANCELLED" in failed(dead.dlq("redrive", "--cancel"))
    assert dead.depth(dead.url) + dead.depth(dead.dead_url) == 30


def test_status_and_cancel_take_no_selection(dead: Dead, error_text: ErrorTexts) -> None:
    error_text(failed(dead.dlq("redrive", "--status", "--all"), 2))
    error_text(failed(dead.dlq("redrive", "--cancel", "--id", "x"), 2))
    error_text(failed(dead.dlq("redrive", "--cancel", "--dry-run"), 2))


def test_ctrl_c_leaves_the_task_running_and_says_how_to_end_it(aws: LocalAws, dead: Dead) -> None:
    dead.put(*[f"{n}" for n in range(30)])
    process = start("dlq", "redrive", dead.name, "--all", "--yes", "--rate", "2", "--json", aws=aws)
    wait_until(lambda: dead.depth(dead.url))
    time.sleep(1.5)  # it looks once a second
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"`consumers dlq redrive {dead.name} --status` shows it, and --cancel ends it." in err
    assert json.loads(out)["stopped"] == "interrupted: the move task goes on"
    assert json_of(dead.dlq("redrive", "--status", "--json"))["status"] == "RUNNING"
    assert dead.dlq("redrive", "--cancel").exit_code == 0
