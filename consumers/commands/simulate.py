from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.cost import region_of, region_option
from consumers.commands.dry_run import NO_CONSUMERS, valid_consumers_of
from consumers.commands.options import Duration, consumer_names, json_option, program_options
from consumers.commands.printing import echo, print_json, waiting
from consumers.commands.simulating.assumed import Described, assumptions
from consumers.commands.simulating.options import load_options
from consumers.commands.simulating.printed import print_consumer
from consumers.cost import prices
from consumers.cost.estimate import Traffic
from consumers.simulation.proposals import Goals

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent


@click.command()
@consumer_names
@load_options
@click.option("--max-age", type=Duration(), help="Goal: every good message is handled within 5m.")
@click.option("--no-good-dead-letters", is_flag=True, help="Goal: no good message is a dead letter or expires.")
@region_option
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
    region: str | None,
    stack: str,
    project: Path,
    as_json: bool,
    svg: Path | None,
) -> None:
    """Show how the program's consumers handle a load over time.

    It deploys nothing and calls no API: it plays through what AWS documents of SQS and Lambda's pollers, with the
    settings of the program. Options that describe messages add up; each consumer gets all of them. The same options
    and --seed give the same result.

    With a goal it looks for the smallest change of settings that meets it, and exits with 1 if a goal is not met.
    """
    chosen = valid_consumers_of(project, stack, names, "simulate")
    run = Run(described, Goals(max_age, no_good_dead_letters), region or region_of(project, stack))
    found = [run.of(one) for one in chosen]
    if svg and found:
        _draw(found, svg)
    if as_json:
        print_json(run.document(found))
    elif not found:
        echo(NO_CONSUMERS)
    for one in found if not as_json else ():
        print_consumer(one)
    context.exit(1 if any(one["goals"] and not one["goals"]["met"] for one in found) else 0)


def _draw(found: Sequence[dict[str, Any]], file: Path) -> None:
    from consumers.commands.simulating.picture import picture

    try:
        file.write_text(picture(found), "utf-8")
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None


@dataclass(frozen=True)
class Run:
    """A load, and what is asked of each consumer."""

    described: Described
    goals: Goals
    region: str

    def of(self, checked: "CheckedComponent") -> dict[str, Any]:
        """Simulate a consumer, and return everything on it."""
        from consumers.cost import shape
        from consumers.simulation import consumer, proposals
        from consumers.simulation.arrivals import with_arrivals
        from consumers.simulation.outcome import simulate
        from consumers.simulation.report import goals_report, report

        described, settings = self.described, checked.consumer_settings
        simulated = consumer.of(settings)
        with waiting() as tell:
            tell(f"Simulating {simulated.name}: {described.arrivals.expected:,.0f} messages")
            load = with_arrivals(described.load, described.arrivals, simulated, seed=described.seed)
            outcome = simulate(simulated, load, described.seed)
            pricing = proposals.Pricing(shape.of(checked), prices.of(self.region), self._traffic)
            found = report(outcome, pricing) | {"region": self.region, "goals": None}
            found["assumed"] = list(assumptions(described, simulated))
            if self.goals != Goals():
                advice = proposals.propose(
                    settings,
                    outcome,
                    self.goals,
                    pricing,
                    seed=described.seed,
                    on_run=lambda runs: tell(f"Simulating {simulated.name} with other settings: {runs + 1}"),
                )
                found["goals"] = goals_report(advice, self.goals)
        return found

    def document(self, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "seed": self.described.seed,
            "prices_as_of": prices.REGIONS[self.region],
            "consumers": list(found),
        }

    @property
    def _traffic(self) -> Traffic:
        return Traffic(message_bytes=self.described.load.message_bytes)
