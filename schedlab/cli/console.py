"""What commands print: tables and JSON on stdout, progress and complaints on stderr."""

from __future__ import annotations

import json
import math
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

WIDE = 200  # characters, where no terminal says how wide it is


class Output(Console):
    """Standard output, WIDE if it is no terminal; a reader that leaves is an error like others."""

    def __init__(self) -> None:
        super().__init__(width=None if sys.stdout.isatty() else WIDE)

    def on_broken_pipe(self) -> None:
        """Leave the exit status to `main`."""
        raise BrokenPipeError


def printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def complain(problem: str) -> None:
    """Print an error as one line."""
    tell(f"error: {problem}")


def note(text: str) -> None:
    """Print a remark as one line on stderr."""
    tell(f"note: {text}")


def tell(text: str) -> None:
    """Print a text as one line on stderr."""
    print("schedlab:", printable(" ".join(text.split())), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as JSON; numbers that are not finite become null."""
    print(json.dumps(_finite(value), indent=1, allow_nan=False, default=str))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def width() -> int:
    """Return how many characters stand in a line of standard output."""
    return Output().width


def print_table(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    texts: Sequence[int] = (0,),
    *,
    wrapped: Sequence[int] = (),
) -> None:
    """Print a title and a table; ``texts`` are the columns of texts, the others are numbers.

    Lines are not broken, but in the columns ``wrapped``.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for index, heading in enumerate(headings):
        table.add_column(Text(heading), justify="left" if index in texts else "right", no_wrap=index not in wrapped)
    for row in rows:
        table.add_row(*(Text(printable(text)) for text in row))
    console = Output()
    console.print(Text(printable(title), style="bold"), soft_wrap=True)
    needed = table.__rich_measure__(console, console.options.update(width=WIDE))
    console.width = max(console.width, needed.minimum if wrapped else needed.maximum)
    console.print(table)
    console.print()


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar on a terminal's stderr while something runs.

    Yields a function to call with (done, total, what is being done).
    """
    console = Console(stderr=True)
    parts = BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(printable(doing), total=None)
        yield lambda done, of, now: bar.update(task, completed=done, total=of, description=printable(now))


@contextmanager
def live(doing: str) -> Iterator[Callable[[str], None]]:
    """Show a line on a terminal's stderr while something runs whose end is not known: the time, and what was told last.

    Yields a function to call with what is to be told.
    """
    console = Console(stderr=True)
    parts = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as line:
        task = line.add_task(printable(doing), total=None)
        yield lambda now: line.update(task, description=printable(now))
