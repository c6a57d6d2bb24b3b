"""What holds for any arguments: they are read or refused in one line each, and what is accepted obeys AWS's limits."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components import validation
from components.settings import reading
from components.settings.kinds import Boolean, Group, Integer, OneOf

ARGUMENTS = dict(reading.kinds())
WHOLE = sorted(name for name, kind in ARGUMENTS.items() if isinstance(kind, Integer))
FLAGS = sorted(name for name, kind in ARGUMENTS.items() if isinstance(kind, Boolean))
WRONG: list[Any] = ["five", "5", 2.5, True, None, float("nan"), float("inf"), -1, [], {}, b"5", object()]

quick = hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)  # fmt: skip


def args_with(source: Path, argument: str, value: Any) -> dict[str, Any]:
    for name in reversed(argument.split(".")):
        value = {name: value}
    return {"source": str(source), **value}


def found(args: dict[str, Any]) -> list[str]:
    return [finding.argument for finding in validation.examine("hands", args)[1]]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: type(wrong).__name__ + str(wrong)[:4])
@pytest.mark.parametrize("argument", WHOLE)
def test_what_is_no_whole_number_is_refused_wherever_one_is_expected(folder: Path, argument: str, wrong: Any) -> None:
    assert argument in found(args_with(folder, argument, wrong))


@pytest.mark.parametrize("argument", WHOLE)
def test_a_whole_number_may_arrive_as_a_float_as_from_a_plugin_host(folder: Path, argument: str) -> None:
    kind: Any = ARGUMENTS[argument]
    accepted, _ = validation.examine("hands", args_with(folder, argument, float(kind.low)))
    value = accepted
    for name in argument.split("."):
        value = getattr(value, name)
    assert (value, type(value)) == (kind.low, int)


@pytest.mark.parametrize("wrong", ["true", 1, 0, None, 1.0])
@pytest.mark.parametrize("argument", FLAGS)
def test_what_is_no_boolean_is_refused_wherever_one_is_expected(folder: Path, argument: str, wrong: Any) -> None:
    assert argument in found(args_with(folder, argument, wrong))


@pytest.mark.parametrize(
    "argument", sorted(name for name, kind in ARGUMENTS.items() if isinstance(kind, Group | OneOf))
)
@pytest.mark.parametrize("wrong", ["five", 2.5, True, None, float("nan"), []])
def test_what_is_no_group_or_no_choice_is_refused(folder: Path, argument: str, wrong: Any) -> None:
    assert argument in found(args_with(folder, argument, wrong))


@pytest.mark.parametrize("argument", sorted(ARGUMENTS))
def test_none_is_refused_because_leaving_out_says_the_same(folder: Path, argument: str) -> None:
    assert argument in found(args_with(folder, argument, None))


@given(value=junk, argument=st.sampled_from(sorted(ARGUMENTS)))
@example(value={"\n": ""}, argument="alarms")
@quick
def test_whatever_is_given_the_answer_is_settings_and_lines(folder: Path, argument: str, value: Any) -> None:
    _, findings = validation.examine("hands", args_with(folder, argument, value))
    assert all(str(finding).count("\n") == 0 for finding in findings)


@given(args=st.dictionaries(st.text(max_size=8) | st.integers(), junk, max_size=4))
@quick
def test_unknown_arguments_are_all_named(folder: Path, args: dict[Any, Any]) -> None:
    unknown = {str(name) for name in args if name not in ARGUMENTS}
    findings = validation.examine("hands", {"source": str(folder), **args})[1]
    assert {finding.argument for finding in findings if finding.rule == "unknown-argument"} == unknown


@pytest.mark.parametrize("args", [None, "source", 5, ["source"], object()])
def test_arguments_that_are_no_dict_are_refused(args: Any) -> None:
    assert "Pass QueueConsumerArgs" in str(validation.examine("hands", args)[1][0])


@given(
    timeout=st.integers(1, 900),
    window=st.integers(0, 300),
    batch_size=st.integers(1, 10_000),
    visibility=st.none() | st.integers(0, 43_200),
    retention=st.integers(60, 1_209_600),
    dead_retention=st.integers(60, 1_209_600),
    fifo=st.booleans(),
)
@hypothesis_settings(parent=quick, max_examples=150)
def test_what_is_accepted_is_what_aws_accepts(
    folder: Path,
    timeout: int,
    window: int,
    batch_size: int,
    visibility: int | None,
    retention: int,
    dead_retention: int,
    fifo: bool,
) -> None:
    args: dict[str, Any] = {
        "source": str(folder),
        "timeout": timeout,
        "batch_size": batch_size,
        "fifo": fifo,
        "mapping": {"maximum_batching_window_in_seconds": window},
        "queue": {"message_retention_seconds": retention},
        "dead_letter_queue": {"message_retention_seconds": dead_retention},
    }
    if visibility is not None:
        args["queue"]["visibility_timeout_seconds"] = visibility
    aws_accepts = (
        (visibility is None or visibility >= timeout)
        and (not fifo or (batch_size <= 10 and window == 0))
        and (fifo or batch_size <= 10 or window >= 1)
        and (fifo or dead_retention >= retention)
    )
    accepted, findings = validation.examine("hands", args)
    assert aws_accepts is (validation.error_text(accepted, findings) == "")
    if aws_accepts:
        assert accepted.queue.visibility_timeout_seconds == (6 * timeout + window if visibility is None else visibility)
