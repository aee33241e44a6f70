"""One small idea, a table of words, and what it looks like on a terminal and in Markdown."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING, Literal, TextIO

from bench.model import Frozen

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

UNDEFINED = "–"
"""How a number that is None is written: never 0, never an empty cell."""

_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# "](" is what makes a link or an image; brackets alone are left readable, for intervals.
_MARKDOWN = re.compile(r"[\\`*_<|~$&]|\](?=\()")

_WIDEST = 60
"""Width at which words wrap however wide the terminal, in characters."""

_LONGEST = 16
"""Length of a word that may be broken where the terminal is narrow."""

_GAP = 2
"""Width between columns."""

_UNBOUNDED = 100_000
"""Width of a line that nothing fills."""

_COLOURS = {
    "matched": "green",
    "wrong type": "yellow",
    "missed": "magenta",
    "spurious": "red",
    "optional": "dim",
    "PASS": "bold green",
    "FAIL": "bold red",
    "UNJUDGED": "bold yellow",
    "WARN": "bold yellow",
}


class Measure(Frozen, frozen=True):
    """A ratio in [0, 1] and its 95 % interval, in one cell; None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> str:
        """The interval as ``[0.55, 0.67]``, or nothing."""
        if self.low is None or self.high is None:
            return ""
        return f"[{self.low:.2f}, {self.high:.2f}]"

    def __str__(self) -> str:
        return f"{ratio(self.value)} {self.interval}".rstrip()


Cell = str | Measure


class Table(Frozen, frozen=True):
    """Rows of cells under a title, with notes below.

    The first ``words`` columns are words and stand to the left; the others are numbers and stand
    to the right. Every row has one cell per column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    words: int = 1


Part = Table | str
"""What a report is made of: tables, and lines of plain text."""


def ratio(value: float | None) -> str:
    """A ratio with three decimals, or –."""
    return UNDEFINED if value is None else f"{value:.3f}"


def clean(text: str) -> str:
    """``text`` on one line, with every character that would act rather than show as �.

    These are control characters (terminal escapes), overrides of the writing direction, and
    code points that neither UTF-8 nor XML can hold.
    """
    return _UNSAFE.sub("\ufffd", _BREAKS.sub(" ", text))


def markdown(parts: Iterable[Part], *, level: int = 3) -> str:
    """GitHub-flavoured Markdown; titles are headings of ``level``. Ends in a newline."""
    return "\n".join(
        _markdown_table(part, level) if isinstance(part, Table) else _markdown_line(part)
        for part in parts
    )


def _markdown_table(table: Table, level: int) -> str:
    rule = ["---" if i < table.words else "---:" for i in range(len(table.columns))]
    rows = [
        [_escape(name) for name in table.columns],
        rule,
        *([_markdown_cell(cell) for cell in row] for row in table.rows),
    ]
    lines = [f"{'#' * level} {_escape(table.title)}", ""]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    if table.notes:
        lines += ["", *(f"- {_escape(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: Cell) -> str:
    return str(cell) if isinstance(cell, Measure) else _escape(cell)


def _markdown_line(line: str) -> str:
    first, _, rest = line.partition(" ")
    return (f"**{first}** {_escape(rest)}" if first in _COLOURS else _escape(line)) + "\n"


def _escape(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", clean(text))


def terminal(parts: Iterable[Part], stream: TextIO | None = None) -> None:
    """Write to ``stream`` (standard output): in colour and wrapped to fit, on a terminal.

    Elsewhere, as in a CI log, the same as ``plain``. Nothing is ever cut off.
    """
    stream = stream or sys.stdout
    if not stream.isatty():
        stream.write(plain(parts))
        return
    from rich.console import Console

    _print(Console(file=stream, highlight=False, emoji=False, markup=False), parts)


def plain(parts: Iterable[Part]) -> str:
    """Fixed-width text without colours, as wide as the tables are; only words wrap."""
    from rich.console import Console

    console = Console(file=StringIO(), color_system=None, force_terminal=False, width=_UNBOUNDED)
    with console.capture() as captured:
        _print(console, parts)
    return "".join(line.rstrip() + "\n" for line in captured.get().split("\n")[:-1])


def _print(console: Console, parts: Iterable[Part]) -> None:
    from rich.text import Text

    for i, part in enumerate(parts):
        if i:
            console.print()
        if isinstance(part, Table):
            _print_table(console, part)
            continue
        line, first = Text(clean(part)), part.partition(" ")[0]
        line.stylize(_COLOURS.get(first, ""), 0, len(first))
        console.print(line)


def _print_table(console: Console, table: Table) -> None:
    from rich import box
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    room = console.width
    widths = _widths(table, room)
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for i, (name, width) in enumerate(zip(table.columns, widths, strict=True)):
        side: Literal["left", "right"] = "left" if i < table.words else "right"
        grid.add_column(Text(name, style="dim"), justify=side, overflow="fold", width=width)
    for row in table.rows:
        grid.add_row(*(_rich_cell(cell) for cell in row))
    console.print(Text(clean(table.title), style="bold"))
    # A table that cannot be made to fit runs past the edge, as rich would crop it at the width.
    console.width = max(room, sum(widths) + _GAP * (len(widths) - 1))
    console.print(grid)
    console.width = room
    for note in table.notes:
        console.print(Padding(Text(clean(note), style="dim"), (0, 0, 0, 2), expand=False))


def _rich_cell(cell: Cell) -> Text:
    from rich.text import Text

    if isinstance(cell, str):
        return Text(clean(cell), style=_COLOURS.get(cell, ""))
    return Text.assemble(ratio(cell.value), (f" {cell.interval}".rstrip(), "dim"))


def _widths(table: Table, room: int) -> list[int]:
    """Width of every column: what it wants, or its share of ``room`` where that is too little.

    No number and no word of common length is broken; if ``room`` does not even suffice for
    that, every column has what it wants.
    """
    from rich.cells import cell_len

    wanted, least = [], []
    for i, column in enumerate(zip(table.columns, *table.rows, strict=True)):
        texts = [clean(str(cell)) for cell in column]
        width = max(map(cell_len, texts))
        longest = max((cell_len(word) for text in texts for word in text.split()), default=1)
        wanted.append(max(1, min(width, _WIDEST) if i < table.words else width))
        least.append(max(1, min(longest, _LONGEST) if i < table.words else longest))
    spare = room - sum(least) - _GAP * (len(least) - 1)
    lacking = [most - few for most, few in zip(wanted, least, strict=True)]
    if spare < 0 or spare >= sum(lacking):
        return wanted
    return [few + spare * lack // sum(lacking) for few, lack in zip(least, lacking, strict=True)]
