"""Loss: of pods that get a node when they arrive or never, how many are served, and how many could be at most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, column, is_text
from schedlab.metrics.contract import metric
from schedlab.metrics.lives import lives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

INSTANTS = 1000  # at which the bound looks, at most; fewer only make it looser
SOURCE = "schedlab.metrics.loss.offline_bound"


@metric(
    unit="count",
    better="higher",
    formula="number of pods that were bound when they were submitted, and neither evicted nor lost",
    source="carried calls of a loss system (Erlang 1917)",
)
def served(run: Run) -> pd.Series[int]:
    """Pods that got a node at once, and kept it; left out where pods may wait."""
    return pd.Series({"": len(_served(run))} if _rejects(run) else {}, dtype=object)


@metric(
    unit="count",
    formula="most pods that any policy could serve that knows the future, nodes taken as one: a linear programme",
    source=SOURCE,
)
def offline_bound(run: Run) -> pd.Series[int]:
    """Bound of `served`, by kind: ``lp`` relaxes whole pods and single nodes; left out where pods may wait.

    Left out too where the profile lets pods onto nodes without room. What lies between is mostly foresight, which no
    policy has; what is left of it is fragmentation.
    """
    if not _rejects(run) or not _keeps_room(run):
        return pd.Series(dtype=object)
    first, _, _, counted = lives(run)
    row = first[counted]
    duration, walltime = (column(run, "pods", name, NEVER)[row] for name in ("duration", "walltime"))
    stay = np.minimum(duration, np.where(walltime > 0, walltime, NEVER))
    names = run.manifest["resources"]
    demand = np.array([column(run, "pods", f"req.{name}")[row] for name in names]).reshape(len(names), len(row))
    submit = column(run, "pods", "submit")[row]
    times = np.unique(submit)
    times = times[:: -(-len(times) // INSTANTS) or 1]
    added, removed = column(run, "nodes", "added"), column(run, "nodes", "removed", NEVER)
    there = (added <= times[:, None]) & (times[:, None] < removed)  # (K, N)
    capacity = np.array([there @ column(run, "nodes", f"alloc.{name}") for name in names]).reshape(len(names), -1)
    return pd.Series({"lp": most_served(submit, stay, demand, times, capacity)}, dtype=object)


def most_served(submit: Ints, stay: Ints, demand: Ints, times: Ints, capacity: Ints) -> int:
    """Return a bound on how many pods can be served at once when they are submitted.

    Shares of pods are accepted, and what those take that are there must not exceed the capacity, at some instants. What
    is taken is a state, from one instant to the next, so that the programme is sparse. The bound is worked out anew
    from the duals of the capacities: it holds whatever the solver's tolerance.

    Parameters
    ----------
    submit, stay
        int64 (P,), microseconds; how long a pod takes what it takes.
    demand
        int64 (R, P).
    times
        int64 (K,), sorted: the instants.
    capacity
        int64 (R, K): of all nodes together.

    Returns
    -------
    int
        At most P.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    asked = demand.any(axis=1)
    resources, instants, pods = int(asked.sum()), len(times), len(submit)
    if not resources or not pods:
        return pods
    largest = np.maximum(capacity[asked].max(axis=1, initial=0), 1)[:, None]
    needs, room = demand[asked] / largest, capacity[asked] / largest
    begin = np.searchsorted(times, submit)
    end = np.searchsorted(times, np.where(stay < NEVER - submit, submit + stay, NEVER))
    rows, columns, values = [], [], []
    for resource in range(resources):
        for at, sign in ((begin, -1.0), (end, 1.0)):
            some = (begin < end) & (at < instants) & (needs[resource] > 0)
            rows.append(resource * instants + at[some])
            columns.append(np.flatnonzero(some))
            values.append(sign * needs[resource, some])
    states = np.arange(resources * instants)
    later = states[states % instants > 0]
    rows += [states, later]
    columns += [pods + states, pods + later - 1]
    values += [np.ones(len(states)), -np.ones(len(later))]
    shape = (len(states), pods + len(states))
    balance = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape).tocsr()
    limits = np.concatenate([np.ones(pods), room.ravel()])
    found: Any = linprog(
        np.concatenate([-np.ones(pods), np.zeros(len(states))]),
        A_eq=balance, b_eq=np.zeros(len(states)), bounds=np.column_stack([np.zeros_like(limits), limits]),
        method="highs-ipm",
    )  # fmt: skip
    if found.status != 0:
        return pods
    dual = np.maximum(-found.upper.marginals[pods:], 0.0).reshape(resources, instants)
    return min(pods, math.floor(_lagrangian(dual, room, needs, begin, end) + 1e-6))


def _lagrangian(dual: Floats, room: Floats, needs: Floats, begin: Ints, end: Ints) -> float:
    """Return the bound that any duals of 0 or more give: what the capacity is worth, and each pod beyond its price."""
    before = np.pad(np.cumsum(dual, axis=1), ((0, 0), (1, 0)))
    price = (needs * (before[:, np.maximum(begin, end)] - before[:, begin])).sum(axis=0)
    return float((dual * room).sum() + np.maximum(0.0, 1.0 - price).sum())


def _rejects(run: Run) -> bool:
    return bool((run.manifest.get("profile", {}).get("together") or {}).get("rejects"))


def _keeps_room(run: Run) -> bool:
    """Whether the profile filters by all resources."""
    fits = [each for each in run.manifest["profile"]["filters"] if each["plugin"] == "NodeResourcesFit"]
    return any(not any(name.startswith("ignored") and value for name, value in _args(each)) for each in fits)


def _args(filter_: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(filter_.get("args", {}).items())


def _served(run: Run) -> Ints:
    """Return the rows of the pods that were served."""
    first, last, _, counted = lives(run)
    row = first[counted & (first == last)]
    bound = column(run, "pods", "bound", NEVER)[row]
    failed = is_text(run, "pods", "phase", "Failed") & ~is_text(run, "pods", "reason", "DeadlineExceeded")
    found: Ints = row[(bound == column(run, "pods", "submit")[row]) & ~failed[row]]
    return found
