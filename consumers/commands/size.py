from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

import click

from consumers.commands.costing.money import amount, dollars
from consumers.commands.options import Since, deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json, waiting
from consumers.commands.target import Target, target_options
from consumers.operations.discovery import find_one
from consumers.sizing.groups import Group
from consumers.sizing.proposals import Proposal
from consumers.sizing.report import Sizing

COLUMNS = ("batch of", "invocations", "p50", "p90", "p99", "init", "billed", "for a million messages")
CAVEAT = """Memory used says little about speed: Lambda allocates CPU in proportion to memory, one vCPU at 1,769 MB.
Change one argument, deploy, and run this again after a day: it compares both memory sizes."""
LOCAL = "These are durations of this machine, cold starts included: on AWS they differ."


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--since", type=Since(), default="7d", show_default=True, help="Age like 30m, 2h, 7d, or ISO time.")
@json_option("Print an object.")
@target_options(changes=False)
def size(name: str, stack: str | None, since: float, as_json: bool, target: Target) -> None:
    """Show durations, memory and cost of consumer NAME's invocations, and which size to try next.

    Reads what Lambda logs at the end of each invocation, for a minute and 20,000 invocations at most. Where there are
    more, it reads short parts that are spread evenly over the time. Sizes of batches are only in the logs of sqs_batch.
    """
    from consumers.operations import deployed_settings, reports
    from consumers.sizing.report import sizing

    consumer = find_one(target.client, name, stack)
    deployed = deployed_settings.read(target.client, consumer)
    with waiting() as tell:
        tell(f"Reading {consumer.log_group}")
        found = reports.read(target.client("logs"), consumer.log_group or "", since)
    result = sizing(deployed, found, measures_memory=not target.is_local)
    if as_json:
        print_json({"name": consumer.name, "stack": consumer.stack, "is_local": target.is_local, **result.as_data()})
    elif found.reports:
        _print(name, result, target.is_local)
    else:
        moment = datetime.fromtimestamp(since).astimezone().isoformat(" ", "seconds")
        raise click.ClickException(f"{name} has no REPORT line in its log since {moment}: pass a longer --since.")


def _print(name: str, result: Sizing, is_local: bool) -> None:
    for title, text in _head(name, result):
        echo(text, title=title)
    echo()
    for line in _table(result):
        echo(line)
    if result.unsuccessful:
        counts = ", ".join(f"{count:,} ended with {status}" for status, count in result.unsuccessful.items())
        echo(f"  not above: {counts}", color="yellow")
    for line in (*result.missing, *([LOCAL] if is_local else [])):
        echo(f"note: {line}", color="yellow")
    echo()
    echo(title="To try next, one at a time" if result.proposals else "Nothing to try next")
    for proposal in result.proposals:
        echo(f"  {_effect(proposal)}", title=f"  {proposal.change}")
        for line in proposal.why:
            echo(f"      {line}")
    echo()
    echo(CAVEAT)


def _head(name: str, result: Sizing) -> Iterator[tuple[str, str]]:
    found, deployed, month = result.found, result.deployed, result.month
    since = datetime.fromtimestamp(found.since).astimezone().isoformat(" ", "minutes")
    yield name, f"  {len(found.reports):,} invocations since {since}"
    window = f"; batching window {deployed.window_seconds} s" if deployed.window_seconds else ""
    used = f", of which {result.used_mb:,} MB were used" if result.used_mb else ""
    yield "", f"  memory {deployed.memory_mb:,} MB{used}; {deployed.architecture}"
    yield "", f"  batch size {deployed.batch_size:,}{window}; timeout {deployed.timeout_seconds:,} s"
    if month:
        messages = "" if month.messages is None else f" for about {float(f'{month.messages:.3g}'):,.0f} messages"
        yield "", f"  at this rate Lambda bills {dollars(month.cost)} a month{messages}, before the free tier"
    if (fit := result.durations) and fit.is_split:
        yield "", f"  a batch takes {amount(fit.fixed_ms)} ms and {amount(fit.per_message_ms)} ms for each message"


def _table(result: Sizing) -> Iterator[str]:
    for (memory, cold), groups in groupby(result.groups, lambda group: (group.memory_mb, group.is_cold)):
        yield f"{memory:,} MB, {'cold starts' if cold else 'warm'}"
        rows = [COLUMNS, *(_cells(result, group) for group in groups)]
        columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
        widths = [max(map(len, column)) for column in columns]
        for row in zip(*columns, strict=True):
            yield "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))


def _cells(result: Sizing, group: Group) -> tuple[str, ...]:
    least, most, price = group.least_messages, group.most_messages, result.per_million(group)
    return (
        "?" if least is None else f"{least:,}" if least == most else f"{least:,}-{most:,}",
        f"{group.invocations:,}",
        *(f"{amount(ms)} ms" for ms in (group.p50_ms, group.p90_ms, group.p99_ms)),
        "" if group.init_ms is None else f"{amount(group.init_ms)} ms",
        f"{amount(group.billed_gb_seconds)} GB-s",
        "" if price is None else dollars(price),
    )


def _effect(proposal: Proposal) -> str:
    least, most = proposal.saves_least, proposal.saves_most
    if max(abs(least), abs(most)) < 0.005:
        return "changes the cost by less than $0.01 a month"
    if most - least < 0.005:
        return f"saves {dollars(most)} a month" if most > 0 else f"costs {dollars(-most)} a month more"
    if least < 0:
        gain = f"saves {dollars(most)} at best, " if most >= 0.005 else ""
        return f"{gain}costs up to {dollars(-least)} a month more"
    return f"saves up to {dollars(most)} a month"
