"""Asks before an action, with the exact letters and what an edit changes; and starts what is confirmed."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.operations.dead_letters.edits import Edit, EditError, diff
from consumers.operations.dead_letters.exporting import file_name
from consumers.operations.dead_letters.reasons import Explained
from consumers.ui.jobs import Call
from consumers.ui.letters import Choice
from consumers.ui.questions import Example, Question
from consumers.ui.rendering import Form, Page, Refusal, find_row, plural, whole_number
from consumers.ui.state import State
from consumers.ui.watch import Row

EXAMPLES = 3
LINES = 40
"""Of the diff of an example."""
READ_ONLY = "This page only reads. Start it with `consumers ui --write` to change something."
CALLS_LOCAL = "The handler calls the local AWS, where its effects are real."
CALLS_NONE = "The handler gets no credentials: its AWS calls fail."
LISTED = 20
"""Ids that stand in a command line; more come from standard input."""


def ask(state: State, request: Request, form: Form) -> Page:
    """Show what an action would do."""
    _check_is_writable(state)
    row = find_row(state, request)
    action = ACTIONS.get(form.get("action"))
    if action is None:
        raise Refusal("There is no such action.")
    question = action(state, row, form)
    return Page("ask.html", {"question": question, "number": state.ask(question), "wrong": ""})


def answer(state: State, request: Request, form: Form) -> Page | Response:
    """Start what was asked, if the answer is yes."""
    _check_is_writable(state)
    number = whole_number(request.path_params["number"])
    question = state.question(number)
    if question and question.typed and form.get("typed") != question.typed:
        return Page("ask.html", {"question": question, "number": number, "wrong": form.get("typed")}, 400)
    question = state.take(number)
    if question is None:
        raise Refusal("This was answered before, so nothing is done now. Go back, and choose again.", 409)
    return RedirectResponse(f"/jobs/{state.start(question).number}", 303)


def _check_is_writable(state: State) -> None:
    if not state.site.is_writable:
        raise Refusal(READ_ONLY, 403)


def _try(state: State, row: Row, form: Form) -> Question:
    ids = _chosen(row, form)
    if why := state.program.refusal(row.consumer.project, row.consumer.stack):
        raise Refusal(why)
    text = (
        f"{plural(len(ids), 'dead letter')} will run through the handler of the working copy in {state.site.project}, "
        "on this machine. Nothing is sent or deleted. " + (CALLS_LOCAL if state.site.local else CALLS_NONE)
    )
    title = f"Try {plural(len(ids), 'dead letter')} of {row.consumer.name}"
    call = _call(state, row, title, ("try",), ids, with_yes=True)
    return Question("try", row, call, text, "Try them")


def _redrive(state: State, row: Row, form: Form) -> Question:
    ids = _chosen(row, form)
    settings = [line.strip() for line in form.get("set").splitlines() if line.strip()]
    edit = _edit(settings)
    count = plural(len(ids), "dead letter")
    text = (
        f"{count} will be sent back to {row.consumer.queue_name}. Each is deleted from the dead-letter queue after "
        f"SQS has confirmed its copy. A receipt with both ids is written to {state.site.project}."
    )
    options = [f"--set={setting}" for setting in settings]
    title = f"Send {count} of {row.consumer.name} back"
    call = _call(state, row, title, ("dlq", "redrive"), ids, options, with_yes=True)
    letters = row.letters.store.some(Choice(ids=ids[:100]), EXAMPLES) if edit.operations else []
    examples = [_example(one, edit) for one in letters]
    return Question("redrive", row, call, text, f"Send {len(ids):,} back", examples, _deployed_code(row))


def _deployed_code(row: Row) -> str:
    """Say which code the letters go to: after a try of the working copy, it is easily taken for the fixed one."""
    changed = row.consumer.function.get("LastModified", "")[:16].replace("T", " ")
    return f"The deployed function handles them (changed {changed} UTC). Deploy your fix first." if changed else ""


def _export(state: State, row: Row, form: Form) -> Question:
    ids = _chosen(row, form)
    count = plural(len(ids), "dead letter")
    file = file_name("export", row.consumer.name)
    text = f"{count} will be written to {file} in {state.site.project}. They stay in the dead-letter queue."
    call = _call(state, row, f"Export {count} of {row.consumer.name}", ("dlq", "export"), ids, [file])
    return Question("export", row, call, text, f"Export {len(ids):,}")


def _purge(state: State, row: Row, form: Form) -> Question:
    ids = _chosen(row, form)
    count = plural(len(ids), "dead letter")
    text = f"{count} will be deleted, after they are written to a file in {state.site.project}."
    call = _call(state, row, f"Delete {count} of {row.consumer.name}", ("dlq", "purge"), ids, with_yes=True)
    return Question("purge", row, call, text, f"Delete {len(ids):,}", typed=row.consumer.name)


def _pause(state: State, row: Row, form: Form) -> Question:
    options = [f"--for={form.get('for') or '1h'}", *([f"--why={form.get('why')}"] if form.get("why") else [])]
    text = (
        f"{row.consumer.name} will get no more messages, and its queue keeps them. A tag on the function says who "
        "paused it and why. The pause does not end by itself."
    )
    call = _call(state, row, f"Pause {row.consumer.name}", ("pause",), (), options)
    return Question("pause", row, call, text, "Pause it")


def _resume(state: State, row: Row, form: Form) -> Question:
    text = f"{row.consumer.name} will read its queue again. Its pause ends, no matter who started it."
    return Question("resume", row, _call(state, row, f"Resume {row.consumer.name}", ("resume",), ()), text, "Resume it")


Action = Callable[[State, Row, Form], Question]
ACTIONS: dict[str, Action] = {
    "try": _try,
    "redrive": _redrive,
    "export": _export,
    "purge": _purge,
    "pause": _pause,
    "resume": _resume,
}


def _chosen(row: Row, form: Form) -> list[str]:
    """Return the ids of the letters that are meant: those that were ticked, or all that the list has."""
    store = row.letters.store
    if form.get("which") == "ticked":
        ids = store.ids(Choice(ids=form.all("id"))) if form.all("id") else []
    else:
        reason = form.get("reason") if "reason" in form.fields else None
        passed = {"passes": True, "fails": False}.get(form.get("tried"))
        ids = store.ids(Choice(reason=reason, text=form.get("text"), passed=passed))
    if not ids:
        raise Refusal("No dead letter is chosen. Go back and tick some, or choose all that are listed.")
    return ids


def _call(
    state: State,
    row: Row,
    title: str,
    command: Sequence[str],
    ids: Sequence[str],
    options: Sequence[str] = (),
    *,
    with_yes: bool = False,
) -> Call:
    consumer = row.consumer
    where = ["--stack", f"{consumer.project}/{consumer.stack}", *state.site.options]
    base = [*command, consumer.name, *options, *where]
    from_input = ["--ids", "-"] if ids else []
    listed = [part for each in ids for part in ("--id", each)] if len(ids) <= LISTED else from_input
    arguments = [*base, *from_input, "--json", *(["--yes"] if with_yes else [])]
    back = f"{row.path}/dead-letters" if ids else row.path
    return Call(title, arguments, [*base, *listed], len(ids), ids, back)


def _edit(settings: Sequence[str]) -> Edit:
    try:
        return Edit.read(settings, None)
    except EditError as error:
        raise Refusal(f"The edit cannot be read. {error}.") from None


def _example(one: Explained, edit: Edit) -> Example:
    body = one.letter.body
    try:
        lines = diff(body, edit.apply(body)) or ["(the edit changes nothing)"]
    except EditError as error:
        lines = [f"It will stay: {error}"]
    return Example(one.letter.id, lines[:LINES])
