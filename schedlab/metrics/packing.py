"""How well pods were packed: free capacity that nothing can use, and what more would fit into the holes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, codes, column, resources, standing, window
from schedlab.metrics.contract import metric
from schedlab.metrics.lives import lives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

INSTANTS = 50  # of the measured time at which holes are filled
TYPICAL = 16  # classes that are put into the holes


@metric(
    unit="fraction",
    better="lower",
    formula="mean over the samples of (amount expected to be free where a pod does not fit / allocatable)",
    source="after the fragmentation measure of Weng et al., USENIX ATC 2023, section 3",
)
def stranded(run: Run) -> pd.Series[float]:
    """Share of the allocatable amount that is free where a pod drawn from the workload does not fit.

    Time-weighted mean over the samples, each standing until the next one; samples without nodes are
    left out.
    """
    weight, shares = standing(run), {}
    for short, name in resources(run).items():
        alloc = column(run, "samples", f"alloc.{name}")
        there = alloc > 0
        share = column(run, "samples", f"stranded.{name}")[there] / alloc[there]
        total = weight[there].sum()
        shares[short] = (share * weight[there]).sum() / total if total else float("nan")
    return pd.Series(shares, dtype="float64")


@metric(
    unit="count",
    better="higher",
    formula="mean over instants of sum over nodes of min over resources of floor(free / request), by class share",
    source="hole filling in Verma, Korupolu & Wilkes, CLUSTER 2014; the units are the workload's own classes",
)
def holes(run: Run) -> float:
    """How many more pods, all of one class, would fit into what is free; the class is drawn as the workload has it.

    Counted node by node, by requests alone, at the middle of each of `INSTANTS` equal parts of the measured time, and
    for the `TYPICAL` most frequent templates that request anything. The tables do not tell how many pods a node may
    hold, nor placement rules and cordons: those are not heeded, and the number is an upper bound where they bind.
    NaN if no pod requests anything.
    """
    names = run.manifest["resources"]
    requests, share = _typical(run, names)
    if not len(share):
        return float("nan")
    free = _free(run, names)  # (R, K, N)
    total = 0.0
    for request, weight in zip(requests, share.tolist(), strict=True):
        asked = np.flatnonzero(request)
        fits = np.floor(np.min([free[row] / request[row] for row in asked], axis=0))  # exact below 2^52
        total += weight * float(np.maximum(fits, 0).sum())
    return total / INSTANTS


def _typical(run: Run, names: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the requests (T, R) of the most frequent templates, and their shares (T,) of the pods."""
    first = lives(run).first
    template = column(run, "pods", "template")[first]
    counts = np.bincount(template)
    row = np.zeros(len(counts), np.int64)
    row[template] = first  # pods of one template request the same
    asked = np.array([column(run, "pods", f"req.{name}")[row] for name in names], np.float64).T
    counts = np.where(asked.any(axis=1), counts, 0)
    order = np.argsort(-counts, kind="stable")[:TYPICAL]
    order = order[counts[order] > 0]
    return asked[order], counts[order] / max(counts[order].sum(), 1)


class _Place(NamedTuple):
    """Nodes by name, as positions: a name may come back."""

    of_attempt: NDArray[np.int64]  # (A,) -1: never bound
    of_node: NDArray[np.int64]  # (rows of the nodes table,)
    nodes: int


def _places(run: Run) -> _Place:
    named, known = codes(run, "nodes", "node"), codes(run, "pods", "node")
    position = {name: place for place, name in enumerate(named.texts)}
    place = np.array([*(position.get(name, -1) for name in known.texts), -1])  # -1 finds the last
    return _Place(place[known.code], named.code, len(named.texts))


def _free(run: Run, names: list[str]) -> NDArray[np.float64]:
    """Return what is free (R, K, N) of each resource on each node at each instant; 0 where a node is not there.

    An instant sees those that came at or before it and leave after it. Amounts are added where they come and taken
    off where they leave, then summed up over time.
    """
    start, end = window(run)
    instants = start + (end - start) * (2 * np.arange(INSTANTS) + 1) // (2 * INSTANTS)
    place = _places(run)

    def over_time(
        came: NDArray[np.int64], left: NDArray[np.int64], at: NDArray[np.int64], amounts: list[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        begin, stop = np.searchsorted(instants, came), np.searchsorted(instants, left)
        seen = np.flatnonzero((begin < stop) & (at >= 0))
        size = (INSTANTS + 1) * place.nodes
        keys = begin[seen] * place.nodes + at[seen], stop[seen] * place.nodes + at[seen]
        grid = [np.bincount(keys[0], a[seen], size) - np.bincount(keys[1], a[seen], size) for a in amounts]
        return np.cumsum(np.reshape(grid, (len(amounts), INSTANTS + 1, place.nodes)), axis=1)[:, :-1]

    added, removed = column(run, "nodes", "added"), column(run, "nodes", "removed", NEVER)
    bound, finished = column(run, "pods", "bound", NEVER), column(run, "pods", "finished", NEVER)
    offered = over_time(added, removed, place.of_node, [column(run, "nodes", f"alloc.{name}") for name in names])
    used = over_time(bound, finished, place.of_attempt, [column(run, "pods", f"req.{name}") for name in names])
    return offered - used
