"""`consumers simulate`: what it prints for a program, and what it refuses."""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.commands.unloaded import Unloaded
from error_texts import ErrorTexts

SVG = "{http://www.w3.org/2000/svg}"
STANDARD = 'QueueConsumer("hands", {"source": "hands", "timeout": 10, "max_receive_count": 3})'
FIFO = 'QueueConsumer("bets", {"source": "hands", "timeout": 10, "fifo": True})'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "handler.py").write_text("import sqs_batch\ndef handle(event, context): ...\n")
    return tmp_path


def simulate(project: Path, program: str, *arguments: str) -> Result:
    head = "from components import DeadLetterQueue, QueueConsumer\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))
    return CliRunner().invoke(main, ["simulate", "--project", str(project), *arguments], catch_exceptions=False)


def as_data(project: Path, program: str, *arguments: str, exit_code: int = 0) -> list[dict[str, Any]]:
    result = simulate(project, program, "--json", *arguments)
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)["consumers"]


def test_the_example_and_a_spike_give_the_same_page_everywhere(error_text: ErrorTexts) -> None:
    arguments = ["simulate", "poker-hands", "--spike", "100000", "--duration", "200ms"]
    first, second = (CliRunner().invoke(main, arguments, catch_exceptions=False) for _ in range(2))
    assert (first.exit_code, first.stdout) == (0, second.stdout)
    assert max(map(len, first.stdout.splitlines())) <= 80
    error_text(first.stdout)


def test_every_part_of_a_load_is_stated(project: Path, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts) -> None:
    monkeypatch.chdir(project)  # the length of its path would move line breaks
    (project / "hands.csv").write_text("time,table\n" + "".join(f"{second},{second % 3}\n" for second in range(60)))
    load = [
        *("--rate", "2/s", "--for", "2m", "--spike", "50", "--spike", "50@1m", "--noisy", "200@90s"),
        *("--day", "100,200", "--csv", "hands.csv", "--groups", "7", "--seed", "9"),
        *("--duration", "p50=50ms,p99=500ms", "--overhead", "20ms", "--cold-start", "300ms"),
        *("--failing", "2%", "--poison", "0.5%", "--outage", "10s-30s", "--outage", "1m-70s"),
    ]
    result = simulate(project, f"{STANDARD}\n{FIFO}", *load)
    assert result.exit_code == 0, result.output
    error_text(result.stdout)


def test_the_data_has_everything_over_time(project: Path) -> None:
    (one,) = as_data(project, STANDARD, "--spike", "2000", "--poison", "1%", "--duration", "100ms")
    counts, series = one["counts"], one["series"]
    assert one["messages"] == 2_000 == counts["handled"] + counts["dead"]
    assert counts["dead_good"] == 0 < counts["dead"]
    assert len({len(values) for values in series.values()}) == 1
    assert series["time"] == sorted(series["time"])
    assert (series["time"][-1], series["handled"][-1], series["backlog"][-1]) == (one["end"], counts["handled"], 0)
    assert series["backlog"][0] == 2_000
    assert {"throttled", "failures", "dead", "age", "concurrency"} < set(series)
    assert series["cost"][-1] == pytest.approx(one["cost"]) == pytest.approx(sum(item["cost"] for item in one["items"]))
    assert one["ages"]["all"]["p50"] <= one["ages"]["all"]["longest"] <= one["end"]
    assert one["goals"] is None


def test_a_noisy_group_delays_itself_and_not_the_others(project: Path) -> None:
    load = ["--rate", "5/s", "--for", "5m", "--noisy", "50000@1m"]
    standard, fifo = as_data(project, f"{STANDARD}\n{FIFO}", *load)
    assert standard["ages"]["quiet groups"]["p99"] < 5 < standard["ages"]["noisy group"]["p99"]
    assert list(fifo["ages"]) == ["all"]
    assert fifo["messages"] == standard["messages"]


def test_groups_limit_a_fifo_queue_only(project: Path) -> None:
    for groups in ("1", "10"):
        standard, fifo = as_data(project, f"{STANDARD}\n{FIFO}", "--spike", "1000", "--groups", groups)
        assert max(fifo["series"]["concurrency"]) <= int(groups) < 20 < max(standard["series"]["concurrency"])


def test_the_same_moments_reach_every_consumer_and_another_seed_gives_others(project: Path) -> None:
    two = f"{STANDARD}\n{STANDARD.replace('hands', 'other', 1)}"
    one, other = as_data(project, two, "--rate", "10/s", "--for", "1m")
    assert one["series"] == other["series"]
    (seeded,) = as_data(project, STANDARD, "--rate", "10/s", "--for", "1m", "--seed", "2")
    assert seeded["series"] != one["series"]


def test_a_goal_that_is_met_is_a_success_and_one_that_is_not_is_an_error(project: Path, error_text: ErrorTexts) -> None:
    load = ["--spike", "20000", "--duration", "200ms"]
    met = simulate(project, STANDARD, *load, "--max-age", "10m", "--no-good-dead-letters")
    assert met.exit_code == 0
    assert "goal met: every good message is handled within 10 min, and no good message\n  is lost" in met.stdout
    missed = simulate(project, STANDARD, *load, "--max-age", "20s")
    assert missed.exit_code == 1
    error_text(missed.stdout[missed.stdout.index("  goal") :])
    (data,) = as_data(project, STANDARD, *load, "--max-age", "20s", exit_code=1)
    assert (data["goals"]["met"], data["goals"]["max_age"]) == (False, 20)
    assert data["goals"]["proposals"][0]["changes"]


def test_dead_letters_lead_to_the_option_that_looks_for_a_change(project: Path) -> None:
    load = ["--rate", "5/s", "--for", "30m", "--outage", "5m-15m"]
    assert "`--no-good-dead-letters` looks for" in simulate(project, STANDARD, *load).stdout
    (one,) = as_data(project, STANDARD, *load, "--no-good-dead-letters", exit_code=1)
    assert all(proposal["changes"] for proposal in one["goals"]["proposals"])


def test_a_picture_has_a_chart_for_each_value_and_a_line_for_each_consumer(project: Path) -> None:
    file = project / "picture.svg"
    load = ["--spike", "1000", "--duration", "50ms", "--outage", "2s-4s", "--svg", str(file)]
    assert simulate(project, f"{STANDARD}\n{FIFO}", *load).exit_code == 0
    drawn = ElementTree.fromstring(file.read_text("utf-8"))
    texts = [one.text for one in drawn.iter(f"{SVG}text")]
    assert {"hands", "bets", "messages in the queue", "age of the oldest message"} < set(texts)
    assert len(list(drawn.iter(f"{SVG}polyline"))) == 2 * sum(one.get("class") == "title" for one in drawn.iter())
    title, description = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert drawn.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Simulation of hands, bets"
    assert "hands: messages in the queue 1,000" in (description.text or "")
    assert [one.get("class") for one in drawn.iter(f"{SVG}rect")].count("outage") >= 3
    assert "prefers-color-scheme: dark" in (drawn.findtext(f"{SVG}style") or "")


def test_a_folder_that_does_not_exist_is_an_error_before_the_simulation(project: Path, error_text: ErrorTexts) -> None:
    result = simulate(project, STANDARD, "--spike", "1", "--svg", str(project / "none" / "picture.svg"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Simulating" not in result.stderr
    error_text(result.stderr[result.stderr.index("Error:") :].replace(str(project), "PROJECT"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_picture_that_cannot_be_written_is_an_error_after_the_results(project: Path, error_text: ErrorTexts) -> None:
    picture = project / "picture.svg"
    picture.symlink_to("/dev/full")
    result = simulate(project, STANDARD, "--spike", "1", "--svg", str(picture))
    assert result.exit_code == 1
    assert result.stdout.startswith("hands  1 message, done after")
    error_text(result.stderr[result.stderr.index("Error:") :].replace(str(project), "PROJECT"))


@pytest.mark.parametrize(
    ("program", "arguments", "exit_code"),
    [
        (STANDARD, [], 2),
        (STANDARD, ["--spike", "50000001"], 2),
        (STANDARD, ["--csv", "{tmp}/bad.csv"], 2),
        (STANDARD, ["--csv", "{tmp}/far.csv"], 2),
        (STANDARD, ["--rate", "1/s", "--for", "0s"], 2),
        (STANDARD, ["--spike", "1", "--aws"], 2),
        (STANDARD, ["--spike", "1", "--for", "1h"], 2),
        (STANDARD, ["--spike", "1", "feet"], 1),
        (STANDARD.replace("10", "0"), ["--spike", "1"], 1),
        ('DeadLetterQueue("dead", {})', ["--spike", "1", "dead"], 1),
    ],
    ids=[
        "nothing arrives",
        "too many messages",
        "a wrong line",
        "moments that are too far apart",
        "no time",
        "options of the logs",
        "a length without a rate",
        "an unknown name",
        "a consumer with errors",
        "another component",
    ],
)
def test_what_cannot_be_simulated_is_refused(
    project: Path, program: str, arguments: list[str], exit_code: int, error_text: ErrorTexts
) -> None:
    (project / "bad.csv").write_text("time\n10\nten\n")
    (project / "far.csv").write_text("0\n1700000000\n")
    result = simulate(project, program, *[one.replace("{tmp}", str(project)) for one in arguments])
    assert (result.exit_code, result.stdout) == (exit_code, "")
    error_text(result.stderr[result.stderr.index("Error:") :])


def test_a_program_without_consumers_has_nothing_to_simulate(project: Path) -> None:
    result = simulate(project, "", "--spike", "1", "--svg", str(project / "x.svg"))
    assert (result.exit_code, result.stdout) == (0, "The program has no consumers.\n")


def test_a_load_without_a_message_ends_at_once(project: Path) -> None:
    result = simulate(project, STANDARD, "--rate", "1/d", "--for", "1ms", "--svg", str(project / "x.svg"))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("hands  0 messages, done after 0 s\n")


def test_without_numpy_it_names_the_extra(monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts) -> None:
    monkeypatch.setitem(main.commands, "simulate", _unloaded())
    monkeypatch.setitem(sys.modules, "numpy", None)
    result = CliRunner().invoke(main, ["simulate", "--spike", "1"])
    assert (result.exit_code, result.stdout) == (1, "")
    error_text(result.stderr)


@pytest.mark.parametrize(
    "text",
    ["libfoo.so.1: cannot open shared object file", "\n\nIMPORTANT: read this\n\nOriginal error was: no _core\n", ""],
    ids=["one line", "many lines", "no text"],
)
def test_a_numpy_that_cannot_be_imported_is_an_error_of_one_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text(f"raise ImportError({text!r})")
    for name in [name for name in sys.modules if name.partition(".")[0] == "numpy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setitem(main.commands, "simulate", _unloaded())
    result = CliRunner().invoke(main, ["simulate", "--spike", "1"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    error_text(result.stderr)


def _unloaded() -> Unloaded:
    from consumers.cli import SECTIONS

    return next(one for commands in SECTIONS.values() for one in commands if one.name == "simulate")


def test_groups_require_a_fifo_queue(project: Path) -> None:
    result = simulate(project, STANDARD, "--spike", "10", "--groups", "5")
    assert result.exit_code == 2
    assert "Error: --groups requires a consumer with fifo=True, and none of these has it." in result.stderr


def test_outages_that_overlap_are_one(project: Path) -> None:
    load = ["--rate", "5/s", "--for", "8m", "--outage", "3m-4m", "--outage", "1m-2m", "--outage", "90s-180s"]
    (one,) = as_data(project, STANDARD, *load)
    assert one["outages"] == [[60, 240]]
    assert "every message fails from 60 s to 4 min" in one["assumed"]


def test_settings_that_are_ignored_are_stated(project: Path) -> None:
    program = STANDARD.replace("{", '{"filters": [{"body": {"a": ["b"]}}], "mapping": {"enabled": False}, ')
    (one,) = as_data(project, program, "--spike", "1")
    assert one["counts"]["handled"] == 1
    assert [text for text in one["assumed"] if "ignored" in text] == [
        "mapping.enabled=False is ignored: the function gets messages here",
        "filters are ignored: every message matches",
    ]
    assert "1 message at once" in one["assumed"]


def test_the_parts_of_a_load_are_in_plain_english(project: Path) -> None:
    load = ["--rate", "1/s", "--for", "2s", "--spike", "1", "--day", "0.5", "--failing", "100%"]
    (one,) = as_data(project, FIFO, *load)
    assert one["assumed"][0] == (
        "1 message a second for 2 s, at random moments; 1 message at once; 0.5 messages in a day, with a rate for each "
        "24 h; they are spread over 100 message groups at random"
    )
    assert one["assumed"][2] == "every receive of a good message fails"


def test_groups_are_stated_only_where_messages_have_none(project: Path) -> None:
    (project / "groups.csv").write_text("1,a\n2,b\n")
    (one,) = as_data(project, FIFO, "--csv", str(project / "groups.csv"))
    assert "spread" not in one["assumed"][0]
    (one,) = as_data(project, FIFO, "--csv", str(project / "groups.csv"), "--spike", "1")
    assert one["assumed"][0].endswith("; those without a message group are spread over 100 message groups at random")


def test_an_outage_after_the_end_is_not_drawn(project: Path) -> None:
    page = simulate(project, STANDARD, "--rate", "1/s", "--for", "2m", "--outage", "1h-2h").stdout
    assert "×" not in page
    assert "      outage" not in page
    assert "  - the outage after 60 min begins when all messages are handled, so none\n    fails in it\n" in page


def test_messages_that_are_not_reached_are_counted(project: Path) -> None:
    page = simulate(project, STANDARD, "--spike", "10", "--duration", "2s").stdout
    assert "deliveries         18, 0 failed, 8 not reached\n" in page


def test_a_total_without_a_price_says_what_it_leaves_out(project: Path) -> None:
    pollers = '"mapping": {"provisioned_pollers": {"minimum": 2, "maximum": 2}}'
    program = STANDARD.replace("{", f"{{{pollers}, ")
    page = simulate(project, program, "--spike", "2000", "--region", "eu-west-1", "--max-age", "1s").stdout
    assert "  not in the cost    Lambda provisioned pollers: no price in eu-west-1\n" in page
    assert "this load costs an unknown amount more" in page.replace("\n      ", " ")
    assert max(map(len, page.splitlines())) <= 80


def test_ages_are_left_out_where_nothing_is_handled(project: Path) -> None:
    result = simulate(project, STANDARD, "--spike", "5", "--failing", "100%")
    assert result.exit_code == 0
    assert "p50" not in result.stdout
    assert "backlog" not in "".join(line for line in result.stdout.splitlines() if line.startswith("  - "))


def test_a_goal_on_dead_letters_requires_the_receives_of_a_queue_that_exists(
    project: Path, error_text: ErrorTexts
) -> None:
    theirs = '{"arn": "arn:aws:sqs:us-east-1:123456789012:theirs"}'
    program = f'QueueConsumer("hands", {{"source": "hands", "timeout": 10, "queue": {theirs}}})'
    result = simulate(project, f"{FIFO}\n{program}", "--spike", "10", "--no-good-dead-letters")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Simulating" not in result.stderr
    error_text(result.stderr)


def test_concurrency_ends_at_what_the_account_has_for_the_function(project: Path) -> None:
    load = ["--spike", "2000", "--duration", "200ms", "--max-age", "30s"]
    (usual,) = as_data(project, STANDARD, *load)
    (small,) = as_data(project, STANDARD, *load, "--account-concurrency", "10", exit_code=1)
    assert max(usual["series"]["concurrency"]) > max(small["series"]["concurrency"]) == 10
    assert "the account has 10 concurrent invocations for this function" in small["assumed"]
    assert small["goals"]["obstacles"] == ["the account's quota of 10 concurrent invocations is used up"]
    assert small["goals"]["proposals"] == []
    assert not any("account" in text for text in usual["assumed"])


def test_reserved_concurrency_is_not_limited_by_what_the_account_has_left(project: Path) -> None:
    reserved = STANDARD.replace("}", ', "function": {"reserved_concurrent_executions": 2}}')
    load = ["--spike", "2000", "--max-age", "10s", "--account-concurrency", "1"]
    (found,) = as_data(project, reserved, *load, exit_code=1)
    assert max(found["series"]["concurrency"]) == 2
    assert "the account's quota does not limit function.reserved_concurrent_executions=2" in found["assumed"]
    assert found["goals"]["obstacles"] == [
        "function.reserved_concurrent_executions=2 cannot be larger: of the account's quota of 1 concurrent "
        "invocation, Lambda keeps 100 unreserved"
    ]
    (one,) = as_data(project, STANDARD, *load, exit_code=1)
    assert "the account has 1 concurrent invocation for this function" in one["assumed"]
    assert one["goals"]["obstacles"] == ["the account's quota of 1 concurrent invocation is used up"]


def test_without_the_runtime_a_message_fails_alone_if_the_handler_reports_it(project: Path) -> None:
    (project / "raises").mkdir()
    (project / "raises" / "handler.py").write_text("def handle(event, context): ...\n")
    program, load = STANDARD.replace('"hands"', '"raises"'), ["--spike", "1000", "--poison", "1%"]
    (whole,) = as_data(project, program, *load)
    (alone,) = as_data(project, program, *load, "--partial-batch-response")
    (runtime,) = as_data(project, STANDARD, *load)
    assert whole["counts"]["neighbours"] > 0 == alone["counts"]["neighbours"] == runtime["counts"]["neighbours"]
    assert whole["counts"]["dead_good"] > 0 == alone["counts"]["dead_good"]
    assumed = [[text for text in one["assumed"] if "whole batch" in text] for one in (whole, alone, runtime)]
    assert [len(texts) for texts in assumed] == [1, 0, 0]
    goal = ["--spike", "1000", "--failing", "20%", "--no-good-dead-letters"]
    (whole,) = as_data(project, program, *goal, exit_code=1)
    (alone,) = as_data(project, program, *goal, "--partial-batch-response", exit_code=1)
    (runtime,) = as_data(project, STANDARD, *goal, exit_code=1)
    assert whole["goals"]["proposals"] != alone["goals"]["proposals"] == runtime["goals"]["proposals"] != []
