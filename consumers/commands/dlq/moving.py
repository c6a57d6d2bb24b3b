"""`consumers dlq redrive --all`: SQS moves the whole dead-letter queue itself."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import click

from consumers.commands.dlq.list_letters import moment
from consumers.commands.dlq.preview import EXAMPLES, begin, confirm
from consumers.commands.dlq.reading import held
from consumers.commands.printing import echo, print_json, progress
from consumers.commands.target import Target
from consumers.operations.dead_letters import move_tasks
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.move_tasks import MoveTask
from consumers.operations.queues import depth

SEE = "`consumers dlq redrive {name} --status` shows it, and --cancel ends it."


def move(target: Target, queue: DeadLetterQueue, rate: int | None, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Show what is there, ask, begin a move task, and follow it to its end."""
    consumer, sqs = queue.consumers[0], target.client("sqs")
    before = move_tasks.newest(sqs, queue.arn)
    if before and before.is_running:
        raise click.ClickException(f"A move task is running: {_text(before)}. {SEE.format(name=consumer.name)}")
    count = _show(target, queue)
    if dry_run or not count:
        _end_without_change(queue, count, as_json)
        return
    confirm(f"Let SQS move {count:,} to {consumer.queue_name}?", yes=yes)
    # One attempt: if a task has begun, and the answer was lost, a second one would be refused.
    move_tasks.start(target.client("sqs", 1), queue.arn, consumer.queue_arn or "", rate)
    _report(queue, _follow(sqs, queue, before, count, as_json), as_json)


def show_status(target: Target, queue: DeadLetterQueue, *, as_json: bool) -> None:
    """Print the newest task."""
    task = move_tasks.newest(target.client("sqs"), queue.arn)
    if as_json:
        print_json(dataclasses.asdict(task) if task else None)
    else:
        echo(f"The newest move task of {queue.name}: {_text(task)}" if task else f"{queue.name} had no move task.")


def cancel(target: Target, queue: DeadLetterQueue, *, as_json: bool) -> None:
    """End the task that runs."""
    target.announce(queue.name)
    task = move_tasks.newest(target.client("sqs"), queue.arn)
    if task is None or task.status != "RUNNING":
        last = f" The newest one: {_text(task)}." if task else ""
        raise click.ClickException(f"No move task of {queue.name} is running.{last}")
    moved = move_tasks.cancel(target.client("sqs"), task)
    if as_json:
        print_json({"moved": moved, "destination": task.destination})
    else:
        echo(f"The move task ends. It has moved {moved:,}, which stay in {_queue(task.destination)}.")


def _show(target: Target, queue: DeadLetterQueue) -> int:
    found = depth(target.client("sqs"), queue.url)
    echo(f"  {found.visible:,} in {queue.name}", title=queue.consumers[0].name, err=True)
    for letter in _examples(target, queue):
        echo(f"  {letter.id}:", err=True)
        echo(f"    {begin(letter.body)}", err=True)
    if found.in_flight:
        echo(f"  {found.in_flight:,} more are held by others at the moment, and stay", err=True)
    return found.visible


def _examples(target: Target, queue: DeadLetterQueue) -> list[DeadLetter]:
    """Return a few letters; they are visible again before the task begins."""
    with held(target, queue) as hold:
        for letters in hold.rounds():
            return letters[:EXAMPLES]
        return []


def _end_without_change(queue: DeadLetterQueue, count: int, as_json: bool) -> None:
    if as_json:
        print_json({"done": 0, "selected": count, "destination": queue.consumers[0].queue_arn, "receipt": None})
    else:
        echo("Nothing is changed: this is a dry run." if count else "There is no dead letter.")


def _follow(sqs: Any, queue: DeadLetterQueue, before: MoveTask | None, count: int, as_json: bool) -> MoveTask:
    """Return the task when it has ended. Ctrl-C does not end it."""
    task: MoveTask | None = None
    try:
        with progress("moving", count) as tell:
            for task in _progress(move_tasks.follow(sqs, queue.arn, before), tell):  # noqa: B007
                pass
    except KeyboardInterrupt:
        echo(f"The move task goes on. {SEE.format(name=queue.consumers[0].name)}", err=True)
        if as_json:
            print_json(_as_data(queue, task, "interrupted: the move task goes on"))
        raise click.exceptions.Exit(130) from None
    assert task is not None
    return task


def _progress(tasks: Iterator[MoveTask], tell: Any) -> Iterator[MoveTask]:
    moved = 0
    for task in tasks:
        tell(task.moved - moved)
        moved = task.moved
        yield task


def _report(queue: DeadLetterQueue, task: MoveTask, as_json: bool) -> None:
    is_complete = task.status == "COMPLETED"
    if as_json:
        print_json(_as_data(queue, task, None if is_complete else _text(task)))
    elif is_complete:
        echo(f"Moved to {_queue(task.destination) or queue.consumers[0].queue_name}: {task.moved:,}")
    else:
        echo(f"The move task has ended: {_text(task)}", err=True, color="red")
    if not is_complete:
        raise click.exceptions.Exit(1)


def _as_data(queue: DeadLetterQueue, task: MoveTask | None, stopped: str | None) -> dict[str, Any]:
    where = {"destination": queue.consumers[0].queue_arn, "receipt": None}
    return {"done": task.moved if task else 0, "failed": {}, "twice": {}, "returned": 0, "stopped": stopped, **where}


def _text(task: MoveTask) -> str:
    total = "" if task.total is None else f" of {task.total:,}"
    to = f" to {_queue(task.destination)}" if task.destination else ""
    why = f", because of {task.failure}" if task.failure else ""
    return f"{task.status}{why}, {task.moved:,}{total} moved{to}, began {moment(task.started)} UTC"


def _queue(arn: str) -> str:
    return arn.rpartition(":")[2]
