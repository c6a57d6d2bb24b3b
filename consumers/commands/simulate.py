import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.cost import region_of
from consumers.commands.dry_run import NO_CONSUMERS, valid_consumers_of
from consumers.commands.options import Duration, consumer_names, json_option, passed, program_options
from consumers.commands.printing import echo, print_json, waiting
from consumers.commands.simulating.assumed import Described, assumptions, not_simulated
from consumers.commands.simulating.measured import measured, require_logs, target_options
from consumers.commands.simulating.options import load_options
from consumers.commands.simulating.printed import print_consumer
from consumers.commands.simulating.values import LOGS
from consumers.cost import prices
from consumers.cost.estimate import Traffic
from consumers.simulation.consumer import ACCOUNT_CONCURRENCY
from consumers.simulation.search import Goals

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent
    from consumers.simulation.load import Load
    from consumers.simulation.recorder import Sample


NO_RECEIVES = (
    "--no-good-dead-letters requires max_receive_count. Its queue exists already: pass it as it is in the queue's "
    "redrive policy."
)


@click.command()
@consumer_names
@load_options
@click.option("--max-age", type=Duration(), help="Goal: every good message is handled within 5m.")
@click.option("--no-good-dead-letters", is_flag=True, help="Goal: no good message is a dead letter or expires.")
@click.option(
    "--account-concurrency",
    "account",
    type=click.IntRange(1),
    default=ACCOUNT_CONCURRENCY,
    show_default=True,
    help="The account's quota of concurrent invocations, without what other functions use. AWS's default is 1,000, and "
    "a new account may have less.",
)
@click.option(
    "--partial-batch-response",
    "partial_responses",
    is_flag=True,
    help="The handler returns batchItemFailures without sqs_batch, too, so that a message fails alone.  [default: it "
    "raises, and its whole batch fails]",
)
@target_options
@click.option(
    "--region",
    type=click.Choice(list(prices.REGIONS)),
    help="Region of the prices.  [default: the stack's]",
)
@program_options
@json_option("Print an object with a list of consumers, and their values over time.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a picture, too.")
@click.pass_context
def simulate(
    context: click.Context,
    names: tuple[str, ...],
    described: Described,
    max_age: float | None,
    no_good_dead_letters: bool,
    account: int,
    partial_responses: bool,
    region: str | None,
    stack: str,
    project: Path,
    as_json: bool,
    svg: Path | None,
    **where: Any,
) -> None:
    """Show how the program's consumers handle a load over time.

    It deploys nothing, and reads AWS with --duration logs only: it plays through what AWS documents about SQS and
    Lambda's pollers, with the settings of the program. Options that describe messages add up; each consumer gets all
    of them. The same options and --seed give the same result.

    With a goal it looks for the smallest change of settings that meets it, also with four other seeds. It exits with 1
    if a goal is not met.
    """
    is_measured = described.duration == LOGS
    require_logs(context, is_measured)
    chosen = valid_consumers_of(project, stack, names, "simulate")
    _require_fifo(context, chosen)
    if no_good_dead_letters:
        _require_receives(chosen)
    if svg and not svg.parent.is_dir():
        raise click.BadParameter(f"There is no folder {str(svg.parent)!r}.", param_hint="'--svg'")
    goals = Goals(max_age, no_good_dead_letters)
    run = Run(goals, region or region_of(project, stack), project, account, partial_responses)
    loads = [described for _ in chosen]
    if is_measured:
        loads = measured(described, [one.settings.consumer for one in chosen], stack, project, **where)
    found = [run.of(one, load) for one, load in zip(chosen, loads, strict=True)]
    if as_json:
        print_json({"prices_as_of": prices.REGIONS[run.region], "consumers": found})
    else:
        _print(found)
    if svg and found:
        _draw(found, svg)
    context.exit(1 if any(one["goals"] and not one["goals"]["met"] for one in found) else 0)


def _print(found: Sequence[dict[str, Any]]) -> None:
    if not found:
        echo(NO_CONSUMERS)
    for one in found:
        print_consumer(one)


def _require_fifo(context: click.Context, chosen: "Sequence[CheckedComponent]") -> None:
    if passed(context, ("groups",)) and chosen and not any(one.consumer_settings.fifo for one in chosen):
        raise click.UsageError("--groups requires a consumer with fifo=True, and none of these has it.")


def _require_receives(chosen: "Sequence[CheckedComponent]") -> None:
    for one in chosen:
        if one.consumer_settings.receives is None:
            raise click.ClickException(f"{one.consumer_settings.consumer}: {NO_RECEIVES}")


def _draw(found: Sequence[dict[str, Any]], file: Path) -> None:
    from consumers.commands.simulating.picture import picture

    try:
        file.write_text(picture(found), "utf-8")
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None


@dataclass(frozen=True)
class Run:
    """The options for all consumers."""

    goals: Goals
    region: str
    project: Path
    account: int
    partial_responses: bool

    def of(self, checked: "CheckedComponent", described: Described) -> dict[str, Any]:
        """Simulate a consumer, and return everything on it."""
        from consumers.cost import shape
        from consumers.simulation.arrivals import with_arrivals
        from consumers.simulation.consumer import of
        from consumers.simulation.outcome import simulate
        from consumers.simulation.proposals import MOST_RUNS, Pricing, propose
        from consumers.simulation.report import report

        settings, seed = checked.consumer_settings, described.seed
        consumer = of(settings, account=self.account, partial_responses=self.partial_responses)
        traffic = Traffic(message_bytes=described.load.message_bytes)
        pricing = Pricing(shape.of(checked), prices.of(self.region), traffic)
        with waiting() as tell:
            tell(f"Simulating {consumer.name}")

            def on_sample(sample: "Sample") -> None:
                tell(f"Simulating {consumer.name}: {sample.counts.handled:,} messages handled")

            def on_run(runs: int) -> None:
                tell(f"Simulating {consumer.name} with other settings: run {runs + 1} of {MOST_RUNS} at most")

            def load_of(seed: int) -> "Load":
                return with_arrivals(described.load, described.arrivals, consumer, seed=seed)

            outcome = simulate(consumer, load_of(seed), seed, on_sample=on_sample)
            advice = None
            if self.goals != Goals():
                with contextlib.chdir(self.project):  # rules on changed settings read the function's files
                    advice = propose(settings, outcome, self.goals, pricing, seed=seed, load_of=load_of, on_run=on_run)
        assumed = [*assumptions(described, consumer), *not_simulated(settings)]
        return report(outcome, pricing, self.goals, advice) | {"assumed": assumed, "region": self.region, "seed": seed}
