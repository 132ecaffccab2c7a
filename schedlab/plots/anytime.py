"""How a search went: the best placement and the bound over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.plots.style import COLOURS, label, legend, new_axes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from matplotlib.axes import Axes

    class Step(Protocol):
        """A better placement (``kind`` is "value", the values of all levels) or bound ("bound", that of ``level``)."""

        seconds: float
        kind: str
        level: int
        values: tuple[int, ...]

    class Search(Protocol):
        """What a solve returns."""

        levels: tuple[str, ...]
        wall: float
        trace: Sequence[Step]


def anytime(found: Search, level: int = -1) -> Axes:
    """Plot value and bound of one level of a `schedlab.placement.Result`, as they came until the search ended."""
    at = range(len(found.levels))[level]
    values = [(step.seconds, step.values[at]) for step in found.trace if step.kind == "value"]
    bounds = [(step.seconds, step.values[0]) for step in found.trace if step.kind == "bound" and step.level == at]
    axes, lines, names = new_axes(), [], []
    for steps, name, colour in ((bounds, "bound", COLOURS[1]), (values, "best placement", COLOURS[0])):
        if steps:
            seconds, heights = zip(*steps, (found.wall, steps[-1][1]), strict=True)
            lines += axes.step(seconds, heights, where="post", color=colour, linewidth=2, marker="o", markersize=3)
            names.append(name)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(lambda height, _: f"{height:,.10g}")
    label(axes, "seconds", found.levels[at])
    legend(axes, lines, names)
    return axes
