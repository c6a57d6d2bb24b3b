"""`consumers try --redrive-passed`: exactly what passes is sent back."""

import json

import dead_letters
from consumers.local.emulator import LocalAws
from dead_letters import json_of, rejected
from deployed_consumers import failed
from trials import STRICT, Trials, hands


def test_exactly_those_that_pass_are_sent_back(trials: Trials) -> None:
    trials.dead.put(*hands(1, -1, 2), **rejected("it was bad"))
    trials.write(STRICT)
    result = trials.run("--redrive-passed", stdin="y\n")
    assert "Send 2 to" in result.stderr
    assert "Sent to" in result.stdout
    assert result.exit_code == 1  # one still fails
    assert sorted(trials.dead.bodies()) == hands(1, 2)
    assert trials.dead.bodies(trials.dead.dead_url) == hands(-1)


def test_one_with_the_id_of_another_on_the_source_queue_is_not_sent_with_it(trials: Trials) -> None:
    (first,) = trials.dead.put(*hands(1))
    why = json.dumps({"reason": "bad", "messageId": first, "receiveCount": 1})
    attribute = {"Rejected": {"DataType": "String", "StringValue": why}}
    trials.dead.put(*hands(-1), MessageAttributes=attribute)
    trials.write(STRICT)
    trials.run("--redrive-passed", "--yes")
    assert trials.dead.bodies() == hands(1)


def test_redriving_is_a_part_of_the_json_and_needs_no_letters_to_pass(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(STRICT)
    data = json_of(trials.run("--redrive-passed", "--yes", "--json"))
    assert (data["passed"], data["redrive"]["done"], data["redrive"]["failed"]) == (1, 1, {})
    assert data["redrive"]["receipt"].startswith("redrive-")
    trials.dead.put(*hands(-1))
    assert json_of(trials.run("--redrive-passed", "--yes", "--json"))["redrive"] is None


def test_without_an_answer_nothing_is_sent(trials: Trials) -> None:
    trials.dead.put(*hands(1))
    trials.write(STRICT)
    result = trials.run("--redrive-passed")
    assert "Without a terminal, pass --yes." in failed(result)
    assert trials.depths() == (0, 1, 0, 1)
    failed(trials.run("--redrive-passed", "--exported", __file__), 2)


def test_letters_of_other_consumers_are_not_tried(trials: Trials, aws: LocalAws) -> None:
    other = dead_letters.consumer(aws, f"o{trials.dead.name[1:]}", dead_letter_queue=trials.dead.dead_url)
    try:
        trials.dead.put_dead(*hands(1))
        other.put_dead(*hands(2, 3), before=1)
        trials.write(STRICT)
        result = trials.run("--redrive-passed", "--yes")
        assert f"2 of {other.name} are not tried" in result.stderr
        assert (trials.dead.bodies(), trials.dead.depth(trials.dead.dead_url)) == (hands(1), 2)
    finally:
        other.delete()


def test_what_passes_of_a_fifo_group_is_sent_back_in_order(ordered: Trials) -> None:
    for number in (1, -2, 3, 4):
        ordered.dead.put(*hands(number), **rejected("it was bad"), MessageGroupId="table")
    ordered.write(STRICT, fifo=True)
    ordered.run("--redrive-passed", "--yes")
    assert ordered.dead.bodies() == hands(1, 3, 4)
    assert ordered.dead.bodies(ordered.dead.dead_url) == hands(-2)
