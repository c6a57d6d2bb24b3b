"""`consumers dlq redrive` with real messages: exactly the selected letters go back, whole."""

import json
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from dead_letters import Dead, json_of, rejected, text
from deployed_consumers import failed, start
from error_texts import ErrorTexts
from on_local_aws import wait_until

MIB = 1_048_576


def fill(dead: Dead) -> dict[str, str]:
    """Put three letters there; return their ids by their bodies."""
    bad, table, plain = '{"n": 1, "player": {"name": "Anna"}}', '{"n": 2}', "no JSON"
    ids = dead.put(bad, **rejected("bad card 12", tenant=text("acme")), MessageGroupId="fair")
    ids += dead.put(table, **rejected("no table"))
    return dict(zip((bad, table, plain), ids + dead.put(plain), strict=True))


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--reason", "bad card <n>"], id="the group of its reason"),
        pytest.param(["--reason", "bad c.rd 1[0-9]"], id="a regular expression"),
        pytest.param(["--where", "player.name == 'Anna'"], id="its body"),
        pytest.param(["--attribute", "tenant=acme"], id="an attribute"),
        pytest.param(["--group", "fair"], id="its group"),
        pytest.param(["--id"], id="its id"),
        pytest.param(["--id", "original", "--where", "n == `1`"], id="its id on the source queue"),
        pytest.param(["--newer", "1h", "--reason", "bad", "--where", "n"], id="several conditions"),
    ],
)
def test_a_letter_that_is_selected_goes_back_and_the_others_stay_visible(dead: Dead, options: list[str]) -> None:
    ids = fill(dead)
    first = next(iter(ids))
    options = [*options, ids[first]] if options == ["--id"] else options
    result = dead.dlq("redrive", *options, "--yes")
    assert result.exit_code == 0, result.output
    assert dead.bodies() == [first]
    assert dead.visible(dead.dead_url) == 2
    assert sorted(dead.bodies(dead.dead_url)) == sorted(set(ids) - {first})


@pytest.mark.parametrize(
    ("options", "count"), [(["--older", "0.001s"], 3), (["--older", "1h"], 0), (["--limit", "2"], 2)]
)
def test_age_and_number_select_too(dead: Dead, options: list[str], count: int) -> None:
    fill(dead)
    assert dead.dlq("redrive", *options, "--yes").exit_code == 0
    assert (dead.visible(dead.url), dead.visible(dead.dead_url)) == (count, 3 - count)


def test_without_a_selection_nothing_is_changed(dead: Dead, error_text: ErrorTexts) -> None:
    fill(dead)
    error_text(failed(dead.dlq("redrive", "--yes"), 2))
    assert dead.visible(dead.dead_url) == 3


BODIES = {
    "no JSON": "not { JSON",
    "emoji": "🂡 ♠️ 한국어",
    "escape sequences": "\ttab \r\n\x85 ]0;title",
    "odd JSON": '{"a":1.10,"a":2,  "b":12345678901234567890.5}',
    "one MiB": "x" * (MIB - 100),
    "one MiB of emoji": "🂡" * (MIB // 4),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_a_body_arrives_byte_for_byte(dead: Dead, body: str) -> None:
    dead.put(body)
    assert dead.dlq("redrive", "--limit", "1", "--yes").exit_code == 0
    assert dead.bodies() == [body]


def test_a_letter_that_fills_a_mebibyte_leaves_out_the_count(dead: Dead) -> None:
    dead.put("x" * MIB, "x" * (MIB - 14), "x" * (MIB - 15))
    assert dead.dlq("redrive", "--limit", "5", "--yes").exit_code == 0
    counted = {len(each["Body"]): "MessageAttributes" in each for each in dead.messages()}
    assert counted == {MIB: False, MIB - 14: False, MIB - 15: True}


def test_several_large_letters_are_sent_in_calls_of_a_mebibyte(dead: Dead) -> None:
    sizes = [MIB // 2, MIB // 2, 10, MIB - 10, MIB // 3]
    dead.put(*["x" * size for size in sizes])
    result = dead.dlq("redrive", "--limit", "9", "--yes")
    assert result.exit_code == 0, result.output
    assert sorted(map(len, dead.bodies())) == sorted(sizes)


def attributes(count: int) -> dict[str, dict[str, Any]]:
    binary = {"b": {"DataType": "Binary.png", "BinaryValue": bytes(range(256))}}
    number = {"n": {"DataType": "Number.int", "StringValue": "007"}}
    return binary | number | {f"a{n}": text(f"value {n} 🂡") for n in range(count - 2)}


def test_all_attributes_travel_and_the_reason_gives_way_to_the_count(dead: Dead) -> None:
    dead.put("nine", **rejected("bad", **attributes(9)))
    dead.put("ten", MessageAttributes=attributes(10))
    assert dead.dlq("redrive", "--limit", "2", "--yes").exit_code == 0
    arrived = {each["Body"]: each["MessageAttributes"] for each in dead.messages()}
    assert arrived["nine"] == {**attributes(9), "Redriven": {"DataType": "Number", "StringValue": "1"}}
    assert arrived["ten"] == attributes(10)


def test_the_count_grows_and_attributes_of_the_users_own_are_not_taken_for_ours(dead: Dead) -> None:
    own = {"Redriven": text("by hand"), "Rejected": text("yes")}
    dead.put("own", MessageAttributes=own)
    dead.put("again", MessageAttributes={"Redriven": {"DataType": "Number", "StringValue": "2"}})
    assert dead.dlq("redrive", "--limit", "2", "--yes").exit_code == 0
    arrived = {each["Body"]: each["MessageAttributes"] for each in dead.messages()}
    assert arrived["own"] == own
    assert arrived["again"]["Redriven"]["StringValue"] == "3"


def test_a_group_of_a_fair_queue_travels(dead: Dead) -> None:
    dead.put("tenant", MessageGroupId="acme")
    assert dead.dlq("redrive", "--group", "acme", "--yes").exit_code == 0
    assert dead.messages()[0]["Attributes"]["MessageGroupId"] == "acme"


def test_letters_that_sqs_moved_go_back_as_well(dead: Dead) -> None:
    dead.put_dead('{"n": 1}', '{"n": 2}')
    assert dead.dlq("redrive", "--where", "n == `2`", "--yes").exit_code == 0
    assert dead.bodies() == ['{"n": 2}']


# Edits


def test_an_edit_is_shown_first_and_changes_the_body_on_the_way(dead: Dead) -> None:
    dead.put('{"player":{"table":"x"},"chip_delta":"twenty"}', **rejected("chip_delta must be int"))
    (dead_patch := Path("patch.json")).write_text('[{"op": "replace", "path": "/chip_delta", "value": 20}]')
    result = dead.dlq("redrive", "--reason", "chip", "--patch", str(dead_patch), "--set", "player.table=3", stdin="y\n")
    assert result.exit_code == 0, result.output
    assert re.search(r'-  "chip_delta": "twenty"\s+\+  "chip_delta": 20', result.stderr)
    assert dead.bodies() == ['{"player":{"table":3},"chip_delta":20}']


def test_a_patch_from_standard_input(dead: Dead) -> None:
    dead.put('{"n":1}')
    patch = '[{"op": "add", "path": "/n", "value": 2}]'
    assert "pass --yes too" in failed(dead.dlq("redrive", "--limit", "1", "--patch", "-", stdin=patch), 2)
    assert dead.dlq("redrive", "--limit", "1", "--patch", "-", "--yes", stdin=patch).exit_code == 0
    assert dead.bodies() == ['{"n":2}']


def test_a_letter_that_an_edit_does_not_fit_stays_and_only_that_one(dead: Dead, error_text: ErrorTexts) -> None:
    ids = dead.put("no JSON", '{"n":1}', '{"n":[]}', '{"n":{"m":1e999}}', '{"n":{"m":1}}')
    result = dead.dlq("redrive", "--older", "0.001s", "--set", "n.m=2", "--yes", "--json")
    assert result.exit_code == 1
    outcome = json_of(result)
    assert (outcome["done"], set(outcome["failed"])) == (1, set(ids[:4]))
    error_text("\n".join(outcome["failed"][each] for each in ids[:4]))
    assert (dead.bodies(), dead.visible(dead.dead_url)) == (['{"n":{"m":2}}'], 4)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--set", "a"], id="no value"),
        pytest.param(["--patch", "broken.json"], id="no patch"),
        pytest.param(["--patch", "missing.json"], id="no file"),
        pytest.param(["--rate", "501"], id="rate"),
        pytest.param(["--status", "--cancel"], id="two questions"),
    ],
)
def test_a_wrong_option_is_an_error_before_anything_is_read(
    dead: Dead, options: list[str], error_text: ErrorTexts
) -> None:
    Path("broken.json").write_text('{"op": "add"}')
    select = [] if "--status" in options else ["--limit", "1"]
    error_text(failed(dead.dlq("redrive", *select, *options), 2))


# What is shown and asked


def test_the_question_comes_after_account_queues_count_reasons_and_examples(dead: Dead) -> None:
    fill(dead)
    result = dead.dlq("redrive", "--older", "0.001s", stdin="n\n")
    assert failed(result) == "Nothing is changed."
    shown = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", result.stderr)
    for expected in (
        "On AWS account 000000000000, us-east-1",
        f"Queue {dead.name}-dlq",
        f"To    {dead.name}-queue",
        f"{dead.name}  3 in {dead.name}-dlq",
        "  bad card <n>",
        '  <id>:\n    {"n": 1, "player": {"name": "Anna"}}',
        f"Send 3 to {dead.name}-queue? [y/N]:",
    ):
        assert expected in shown
    assert dead.visible(dead.dead_url) == 3


def test_escape_sequences_in_bodies_and_reasons_do_not_reach_the_terminal(dead: Dead) -> None:
    dead.put("\x85[31mred", **rejected("\u202ebad\x1b[2J"))
    shown = dead.dlq("redrive", "--limit", "1", "--dry-run").output
    assert not re.search("[\x1b\x85\u202e]", shown)
    assert "\\x85[31mred" in shown


def test_without_an_answer_nothing_is_changed(dead: Dead, error_text: ErrorTexts) -> None:
    fill(dead)
    error_text(failed(dead.dlq("redrive", "--limit", "3", stdin="")).splitlines()[-1])
    assert dead.visible(dead.dead_url) == 3


def test_a_dry_run_changes_nothing_and_writes_no_file(dead: Dead, tmp_path: Path) -> None:
    fill(dead)
    outcome = json_of(dead.dlq("redrive", "--reason", "bad", "--dry-run", "--json"))
    assert (outcome["selected"], outcome["done"], outcome["destination"]) == (1, 0, dead.arn)
    assert (dead.visible(dead.dead_url), list(tmp_path.glob("*.jsonl"))) == (3, [])


def test_where_nothing_is_selected_nothing_is_asked(dead: Dead) -> None:
    fill(dead)
    result = dead.dlq("redrive", "--reason", "nothing like it")
    assert (result.exit_code, result.stdout) == (0, "There is no such dead letter.\n")


# The outcome


def test_the_receipt_has_a_line_for_each_step_of_each_letter(dead: Dead, tmp_path: Path) -> None:
    old, _ = dead.put('{"n":1}', "no JSON")
    result = dead.dlq("redrive", "--limit", "2", "--set", "n=2", "--yes")
    (file,) = tmp_path.glob(f"redrive-{dead.name}-*.jsonl")
    assert f"What became of each letter: {file.name}" in result.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    steps = [(line["outcome"], line["new_id"]) for line in lines if line["old_id"] == old]
    (message,) = dead.messages()
    assert steps == [("sent", message["MessageId"]), ("done", message["MessageId"])]
    (failure,) = [line for line in lines if line["outcome"] == "failed"]
    assert failure["why"].startswith("the body is not JSON")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", failure["when"])


def test_a_receipt_that_cannot_be_written_stops_it_before_anything_is_sent(dead: Dead) -> None:
    fill(dead)
    assert "missing/receipt" in failed(dead.dlq("redrive", "--limit", "3", "--yes", "--receipt", "missing/receipt"))
    assert dead.visible(dead.dead_url) == 3


def test_the_outcome_as_json_is_one_object(dead: Dead) -> None:
    fill(dead)
    result = dead.dlq("redrive", "--older", "0.001s", "--yes", "--json", "--receipt", "receipt.jsonl")
    assert json_of(result) == {
        "done": 3,
        "failed": {},
        "twice": {},
        "returned": 0,
        "stopped": None,
        "destination": dead.arn,
        "receipt": "receipt.jsonl",
    }


def test_ctrl_c_finishes_what_is_under_way_and_gives_back_the_rest(aws: LocalAws, dead: Dead, tmp_path: Path) -> None:
    dead.put(*[f"{n}" for n in range(60)])
    receipt = str(tmp_path / "receipt.jsonl")
    arguments = ("redrive", dead.name, "--older", "0.001s", "--yes", "--rate", "10", "--receipt", receipt, "--json")
    process = start("dlq", *arguments, aws=aws)
    wait_until(lambda: dead.depth(dead.url))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)["stopped"]) == (130, "interrupted"), err
    sent = dead.visible(dead.url)
    assert 0 < sent == json.loads(out)["done"] < 60
    assert dead.visible(dead.dead_url) == 60 - sent


def test_more_letters_than_one_call_takes_keep_their_number(dead: Dead) -> None:
    sqs = dead.aws.client("sqs")
    for start_of in range(0, 450, 10):
        entries = [{"Id": str(n), "MessageBody": f"{start_of + n}"} for n in range(10)]
        sqs.send_message_batch(QueueUrl=dead.dead_url, Entries=entries)
    assert dead.dlq("redrive", "--older", "0.001s", "--yes").exit_code == 0
    assert sorted(map(int, dead.bodies())) == list(range(450))
    assert dead.depth(dead.dead_url) == 0
