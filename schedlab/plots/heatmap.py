"""Every node over time: which share of it was requested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schedlab.metrics import scarcest
from schedlab.metrics.columns import column, resources
from schedlab.plots.style import GREY, figure_of, label, new_axes, time_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from numpy.typing import NDArray

    from schedlab.record import Run

ROWS, COLUMNS = 120, 240
NEVER = np.iinfo(np.int64).max


def heatmap(run: Run, resource: str | None = None) -> Axes:
    """Plot the requested share of a resource on each node over simulated time; the most used nodes are on top.

    A cell is the time-weighted mean over its nodes and its stretch of time; white where there is no node. More
    than 120 nodes share rows with nodes that are used alike.

    Parameters
    ----------
    resource
        Its short name, as in the summary; None: the one that is used most.
    """
    from matplotlib.ticker import MaxNLocator  # as in new_axes

    short = resource or scarcest([run])
    share, nodes = shares(run, resources(run)[short])
    axes = new_axes(height=1.6 + 0.035 * min(max(len(share), 60), ROWS))
    axes.grid(visible=False)
    per_unit, unit = time_unit(run.end / 1e6)
    colours = _colours()
    extent = (0.0, run.end / 1e6 / per_unit or 1.0, nodes + 0.5, 0.5)
    image = axes.imshow(share, cmap=colours, vmin=0, vmax=1, aspect="auto", interpolation="nearest", extent=extent)
    over = bool((share > 1 + 1e-9).any())
    bar = figure_of(axes).colorbar(
        image, ax=axes, extend="max" if over else "neither", pad=0.02, format=lambda part, _: f"{100 * part:g} %"
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=GREY, labelsize=11)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    label(axes, f"simulated time ({unit})", f"{nodes} nodes by {short} requested")
    return axes


def shares(run: Run, name: str, rows: int = ROWS, columns: int = COLUMNS) -> tuple[NDArray[np.float64], int]:
    """Return (used / allocatable per row of nodes and stretch of time, number of nodes).

    NaN where no node of the row is there. Nodes that never have any of the resource are left out.
    """
    names = pc.cast(run.tables["nodes"]["node"], pa.string()).combine_chunks()
    known = pc.unique(names)
    edges = np.linspace(0, max(run.end, 1), columns + 1)
    here = pc.index_in(names, value_set=known).to_numpy().astype(np.int64)
    placed = pc.index_in(pc.cast(run.tables["pods"]["node"], pa.string()).combine_chunks(), value_set=known)
    node = pc.fill_null(placed, -1).to_numpy().astype(np.int64)
    added, removed = (column(run, "nodes", of, NEVER) for of in ("added", "removed"))
    offered = _integral(here, len(known), edges, added, removed, column(run, "nodes", f"alloc.{name}"))
    on = node >= 0
    bound, finished, asked = (column(run, "pods", of, NEVER)[on] for of in ("bound", "finished", f"req.{name}"))
    held = _integral(node[on], len(known), edges, bound, finished, asked)
    total = offered.sum(axis=1)
    there = np.flatnonzero(total > 0)
    order = there[np.argsort(-held.sum(axis=1)[there] / total[there], kind="stable")]
    row = np.arange(len(order)) * min(rows, len(order)) // max(len(order), 1)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    held, offered = (np.add.reduceat(block[order], starts, axis=0) for block in (held, offered))
    share: NDArray[np.float64] = np.divide(held, offered, out=np.full(held.shape, np.nan), where=offered > 0)
    return share, len(order)


def _integral(
    node: NDArray[np.int64],
    nodes: int,
    edges: NDArray[np.float64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    amount: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return amount x microseconds per node and stretch of time, of amounts that are held from first to last.

    The integral up to a time t is the sum of amount * (t - first) over those that began, less the same over those
    that ended: two sums over events that came before t, whatever their number.
    """
    shape = (nodes, len(edges))
    total = np.zeros(shape)
    for times, sign in ((first, 1.0), (last, -1.0)):
        inside = times < edges[-1]
        at = np.maximum(times[inside], 0)
        cell = node[inside] * shape[1] + np.searchsorted(edges, at, side="left")  # the first edge not before it
        weight = sign * amount[inside]
        sums = (np.bincount(cell, part, nodes * shape[1]).reshape(shape) for part in (weight, weight * at))
        amounts, moments = (np.cumsum(block, axis=1) for block in sums)
        total += amounts * edges - moments
    within: NDArray[np.float64] = np.diff(total, axis=1)
    return within


def _colours() -> Colormap:
    """Return cividis (Nunez et al., PLOS ONE 13(7), 2018), even for colour-blind people; above 100 % in vermillion."""
    from matplotlib import colormaps

    return colormaps["cividis"].with_extremes(over="#D55E00", bad="white")
