"""What the figures share: size, colours, axes, legend, and how runs are grouped."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any, cast

from schedlab.record import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, GRID = "#222222", "#666666", "#e3e3e3"
# Okabe and Ito (2008), readable by colour-blind people; without yellow, which is too faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
LINE, LINES = 32, 4  # of a name beside the axes: characters, and lines at most
TIMES = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


def new_axes(height: float = 4.2, rows: int = 1) -> Axes:
    """Return empty axes in a figure of their own, 900 pixels wide at 100 dots per inch; with `below`, ``rows`` is 2."""
    from matplotlib.figure import Figure  # costs half a second, and most commands draw nothing

    return _styled(Figure(figsize=(9.0, height), dpi=100, layout="constrained").add_subplot(rows, 1, 1))


def below(axes: Axes) -> Axes:
    """Return empty axes below some that are the first of two rows, over the same times."""
    axes.tick_params(labelbottom=False)
    return _styled(figure_of(axes).add_subplot(2, 1, 2, sharex=axes))


def _styled(axes: Axes) -> Axes:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(which="both", colors=GREY, labelcolor=INK, labelsize=11)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def label(axes: Axes, x: str, y: str) -> None:
    """Name the axes; ``$`` and ``_`` in the texts mean themselves."""
    axes.set_xlabel(x, fontsize=12, color=INK, parse_math=False)
    axes.set_ylabel(y, fontsize=12, color=INK, parse_math=False)


def stroke(index: int) -> dict[str, Any]:
    """Return colour and dashes of the curve number ``index``; they repeat after 21 curves."""
    dashes = DASHES[index // len(COLOURS) % len(DASHES)]
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": dashes, "linewidth": 1.8}


def legend(axes: Axes, lines: Sequence[Artist], names: Sequence[str]) -> None:
    """Put the curves' names to the right of the axes."""
    shown = [broken(name) for name in names]
    box = figure_of(axes).legend(lines, shown, loc="outside right upper", frameon=False, fontsize=11, handlelength=2.4)
    for text in box.get_texts():
        text.set_parse_math(False)


def broken(name: str) -> str:
    """Return a name in lines that leave room for the axes beside it; a scheduler's may hold paths and parameters."""
    return "\n".join(textwrap.wrap(name, LINE, max_lines=LINES, placeholder=" ...")) if len(name) > LINE else name


def by_scheduler(runs: Run | Iterable[Run]) -> dict[str, list[Run]]:
    """Return the runs of each scheduler, in the order in which schedulers first appear."""
    groups: dict[str, list[Run]] = {}
    for run in [runs] if isinstance(runs, Run) else runs:
        groups.setdefault(str(run.manifest["scheduler"]), []).append(run)
    return groups


def time_unit(seconds: float) -> tuple[float, str]:
    """Return (seconds per unit, its name) for an axis that ends at ``seconds``."""
    return next((unit for unit in TIMES if seconds >= 3 * unit[0]), TIMES[-1])


def figure_of(axes: Axes) -> Figure:
    """Return the figure that holds some axes."""
    return cast("Figure", axes.figure)  # a SubFigure is never made here


def svg(axes: Axes) -> str:
    """Return the figure of some axes as an SVG document, the same text for the same figure."""
    from matplotlib import rc_context

    figure = figure_of(axes)
    text = io.StringIO()
    with rc_context({"svg.hashsalt": "schedlab"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    figure.set_layout_engine("none")  # a second time it would find positions that are not quite the same
    return text.getvalue()
