"""Which arguments may help a consumer, and from which value on."""

from typing import Any

from consumers.simulation.levers import Lever, Need, levers
from consumers.simulation.load import Load, constant
from simulated import at_once, outcome_of, simulated_settings

FEWER_LOST = Need(younger=False, fewer_lost=True)


def lever_on(argument: str, load: Load, args: Any) -> Lever:
    found = levers(simulated_settings(args), outcome_of(load, args), FEWER_LOST)
    return next(lever for lever in found if lever.argument == argument)


def test_a_batch_becomes_smaller_from_what_fits_a_payload_on() -> None:
    """Values above that change nothing."""
    load = Load(at_once(100), constant(0.5), message_bytes=1_048_576)
    assert lever_on("batch_size", load, {"timeout": 2}).start == 6


def test_a_smaller_batch_may_help_where_one_message_fails_all_of_it() -> None:
    assert lever_on("batch_size", Load(at_once(100), poison=0.1), {}).end == 1


def test_delays_may_help_an_archive_with_the_runtime() -> None:
    assert lever_on("retry.base_delay_seconds", Load(at_once(10), failing=0.5), {"retry": {}}).start == 10
