"""Draws the board as lines, for any size of a terminal."""

from collections.abc import Sequence

from rich.text import Text

from consumers.dev import reading_view
from consumers.dev.board import Board, Choice, LogLine
from consumers.dev.snapshots import OLD, Row
from consumers.dev.text import cut, first_that_fits, one_line, padded, wrapped

KEYS = (
    "↑↓ choose  s send  d open  r redrive  p pause  l log  ? help  q quit",
    "↑↓ s d r p l  ? help  q quit",
    "? help  q quit",
)
COLUMNS = {"visible": 7, "flight": 6, "delayed": 7, "dead": 4, "msg/s": 5, "state": 8}
"""The columns after the consumer's name, and their widths."""
DROPPED = ("delayed", "msg/s", "flight", "state", "visible")
"""The columns that a narrow screen leaves out, in this order."""
NAME = 12
"""The width of a name before columns are left out."""
NARROW = 30
"""Columns below which a log line has no name before it."""
ROOMY = 8
"""With at least this many lines, the log has an empty line above it."""
NO_CONSUMERS = "There are no consumers yet."


def frame(board: Board, width: int, height: int, now: float) -> list[Text]:
    """Return the lines of the whole screen, at most `height`, each at most `width` wide."""
    if board.has_help:
        return reading_view.help_lines(board, width, height)
    foot = _foot(board, width, now, reading_view.KEYS if board.reading else KEYS)
    if board.reading:
        return [*reading_view.lines(board.reading, width, height - len(foot)), *foot]
    head = _head(board, width, height)
    room = max(0, height - len(head) - len(foot))
    table = _window(_table(board, width, now), max(2, room - max(2, room // 3)), _row_of(board))
    table += [Text("")] * (room - len(table) > ROOMY)
    log = _log(board, width, room - len(table))
    gap = [Text("")] * (room - len(table) - len(log))
    return [*head, *table, *log, *gap, *foot][:height]


def _head(board: Board, width: int, height: int) -> list[Text]:
    title = Text.assemble((one_line(board.title or "consumers dev"), "bold"), (f"  {one_line(board.address)}", "dim"))
    title.truncate(width, overflow="ellipsis")
    error = _shortened(wrapped(board.error, width), max(2, height // 3), width) if board.error else []
    doing = Text(cut(board.doing, width), "green" if board.is_live else "yellow")
    return [title, doing, *(Text(line, "red") for line in error)]


def _shortened(lines: list[str], most: int, width: int) -> list[str]:
    """Return the first line and the last ones, which say most of an error."""
    if len(lines) <= most:
        return lines
    return [f"{cut(lines[0], width - 2)} …", *lines[len(lines) - most + 1 :]]


def _table(board: Board, width: int, now: float) -> list[Text]:
    rows = board.snapshot.rows
    if not rows:
        return [Text(cut(NO_CONSUMERS if board.snapshot.taken else "", width), "dim")]
    columns, name = _columns(rows, width)
    heading = [padded("  consumer", name + 2), *(padded(key, columns[key], right=key != "state") for key in columns)]
    lines = [Text("  ".join(heading).rstrip()[:width], "bold")]
    for row in rows:
        cells = _cells(row, board.rate(row.name, now))
        texts = [padded(cells[key], columns[key], right=key != "state") for key in columns]
        lines.append(_row(board, (row.name, ""), "  ".join([padded(row.name, name), *texts]), width, _style(row)))
        for reason, count in row.reasons:
            lines.append(_row(board, (row.name, reason), f"  {count:,} × {one_line(reason)}", width, "red"))
    return lines


def _columns(rows: Sequence[Row], width: int) -> tuple[dict[str, int], int]:
    """Return the columns that fit, and the width of the names."""
    columns, longest = dict(COLUMNS), max(len("consumer"), *(len(one_line(row.name)) for row in rows))
    columns["state"] = max(len("state"), *(len(one_line(row.state)) for row in rows))
    for key in DROPPED:
        if _room(columns, width) >= min(longest, NAME):
            break
        del columns[key]
    return columns, max(1, min(longest, _room(columns, width)))


def _room(columns: dict[str, int], width: int) -> int:
    return width - 2 - sum(2 + size for size in columns.values())


def _cells(row: Row, rate: float | None) -> dict[str, str]:
    counts = {"visible": row.visible, "flight": row.in_flight, "delayed": row.delayed, "dead": row.dead}
    texts = {key: "gone" if count is None else str(count) for key, count in counts.items()}
    return {**texts, "msg/s": "-" if rate is None else f"{rate:.1f}", "state": one_line(row.state)}


def _style(row: Row) -> str:
    if row.state not in ("Enabled", "paused"):
        return "red"
    return "yellow" if row.state == "paused" else ""


def _row(board: Board, choice: Choice, text: str, width: int, style: str) -> Text:
    is_chosen = board.choice == choice
    line = Text(cut(f"{'› ' if is_chosen else '  '}{text.rstrip()}", width), style)
    if is_chosen:
        line.pad_right(max(0, width - line.cell_len))
        line.stylize("reverse")
    return line


def _row_of(board: Board) -> int:
    choices = board.choices()
    return 1 + choices.index(board.choice) if board.choice in choices else 0


def _window(lines: list[Text], most: int, at: int) -> list[Text]:
    """Return as many lines as fit, with the heading and the line of the cursor."""
    if len(lines) <= most:
        return lines
    first = max(1, min(at - (most - 1) // 2, len(lines) - most + 1))
    return [lines[0], *lines[first : first + most - 1]]


def _log(board: Board, width: int, room: int) -> list[Text]:
    if room < 2:
        return []
    lines = [line for line in board.lines if not board.log_of or line.consumer in (board.log_of, "")]
    heading = f"log of {board.log_of}" if board.log_of else "log"
    several = not board.log_of and len(board.snapshot.rows) > 1 and width >= NARROW
    names = max((len(one_line(row.name)) for row in board.snapshot.rows), default=0) if several else 0
    shown = [_log_line(line, width, min(names, width // 6)) for line in lines[len(lines) - min(len(lines), room - 1) :]]
    return [Text(cut(heading, width), "bold"), *shown]


def _log_line(line: LogLine, width: int, names: int) -> Text:
    name = f"{padded(line.consumer, names)} " if names else ""
    shown = Text.assemble((name, "dim"), (one_line(line.text), line.style))
    shown.truncate(width, overflow="ellipsis")
    return shown


def _foot(board: Board, width: int, now: float, variants: Sequence[str]) -> list[Text]:
    lines: list[Text] = []
    if board.snapshot.problem:
        old = f" Counts are {now - board.snapshot.taken:.0f} s old." if board.snapshot.taken else ""
        lines.append(Text(cut(f"{board.snapshot.problem}{old}", width), "red"))
    elif board.snapshot.taken and now - board.snapshot.taken > OLD:
        lines.append(Text(cut(f"Counts are {now - board.snapshot.taken:.0f} s old.", width), "yellow"))
    if board.question:
        lines.append(Text(cut(board.question, width), "bold yellow"))
    elif board.notice:
        lines.append(Text(cut(board.notice, width), "red" if board.is_bad_notice else "cyan"))
    keys = "y yes  n no" if board.question else first_that_fits(variants, width)
    return [*lines, Text(keys, "dim")]
