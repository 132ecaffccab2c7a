"""Decision diff: where two runs of one workload part, and which pods they treat differently."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from schedlab.errors import InputError
from schedlab.metrics.columns import column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

NEVER = -1
SAME = ("time", "pod", "attempt", "node", "verb")  # what makes two decisions equal; not how their reason is told


class Decision(NamedTuple):
    """What a run decided about a pod."""

    time: int  # microseconds
    verb: str
    node: str | None
    reason: str


class Divergence(NamedTuple):
    """The first decision that is not the same in both runs.

    Attributes
    ----------
    time
        Microseconds: of the earlier of the two decisions.
    pod, attempt
        Whom it is about.
    a, b
        What each run decided about this attempt from there on; None: nothing.
    """

    time: int
    pod: str
    attempt: int
    a: Decision | None
    b: Decision | None


@dataclass(frozen=True, eq=False)
class Diff:
    """Two runs of one workload, pod by pod.

    Attributes
    ----------
    first
        None: all decisions are the same.
    pods
        How many were compared.
    moved, same
        How many were first bound to another node; to the same one.
    only_a, only_b
        How many got a node in one of the runs only, and wait in the other.
    note
        Says so where the runs' workloads are not the same and pods were matched by name; else "".
    """

    first: Divergence | None
    pods: int
    moved: int
    same: int
    only_a: int
    only_b: int
    note: str
    _first_bindings: dict[str, NDArray[Any]]  # name, bound_a, node_a, bound_b, node_b of each pod
    _nodes: NDArray[Any]

    @property
    def same_share(self) -> float:
        """Share of the pods that both runs placed which got the same node in both; NaN if there are none."""
        return self.same / (self.same + self.moved) if self.same + self.moved else float("nan")

    def differing(self, most: int | None = None) -> pd.DataFrame:
        """Return the first ``most`` pods that the runs treat differently, by the time of their earlier binding.

        Returns
        -------
        pandas.DataFrame
            pod, node_a, node_b (None: never bound), bound_a, bound_b (microseconds, NA: never).
        """
        found = self._first_bindings
        rows = np.flatnonzero(found["node_a"] != found["node_b"])
        rows = rows[np.argsort(self._when[rows], kind="stable")][:most]
        columns: dict[str, Any] = {"pod": pd.Series(found["name"][rows], dtype=object)}
        columns |= {name: pd.Series(self._nodes[found[name][rows]], dtype=object) for name in ("node_a", "node_b")}
        for name in ("bound_a", "bound_b"):
            columns[name] = pd.array(found[name][rows], dtype="Int64")
            columns[name][found[name][rows] == NEVER] = pd.NA
        return pd.DataFrame(columns)

    def over_time(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return (times, share): of the pods that both runs placed until a time, how many got another node.

        Times are microseconds, of each pod's earlier binding; both arrays have a row for each such pod.
        """
        found = self._first_bindings
        both = np.flatnonzero((found["node_a"] != NEVER) & (found["node_b"] != NEVER))
        both = both[np.argsort(self._when[both], kind="stable")]
        moved = np.cumsum(found["node_a"][both] != found["node_b"][both])
        return self._when[both], moved / np.arange(1, len(both) + 1)

    @cached_property
    def _when(self) -> NDArray[np.int64]:
        times = [np.where(found == NEVER, np.iinfo(np.int64).max, found)
                 for found in (self._first_bindings["bound_a"], self._first_bindings["bound_b"])]  # fmt: skip
        earlier: NDArray[np.int64] = np.minimum(*times)
        return earlier


def diff(a: Run, b: Run) -> Diff:
    """Compare the decisions of two runs.

    Raises
    ------
    InputError
        They are not of one workload: its digests differ, and so do the names of the pods.
    """
    theirs, note = _matched(a, b)
    nodes = pc.unique(
        pa.concat_arrays([_texts(run, table, "node") for run in (a, b) for table in ("pods", "decisions")])
    )
    nodes = nodes.drop_null()
    counted = column(a, "pods", "attempt") == 0
    pod = column(a, "pods", "pod")[counted]
    names = a.tables["pods"]["name"].combine_chunks().filter(pa.array(counted)).to_numpy(zero_copy_only=False)
    size = int(max(pod.max(initial=NEVER), theirs.max(initial=NEVER))) + 1
    found: dict[str, NDArray[Any]] = {"name": names}
    for side, run, of in (("a", a, column(a, "pods", "pod")), ("b", b, theirs)):
        found[f"bound_{side}"], found[f"node_{side}"] = (each[pod] for each in _bindings(run, of, nodes, size))
    in_a, in_b = found["node_a"] != NEVER, found["node_b"] != NEVER
    same = in_a & in_b & (found["node_a"] == found["node_b"])
    counts = (in_a & in_b & ~same, same, in_a & ~in_b, in_b & ~in_a)
    moved, alike, only_a, only_b = (int(np.count_nonzero(mask)) for mask in counts)
    first = _divergence(a, b, theirs, nodes)
    listed = np.array([*nodes.to_pylist(), None], dtype=object)  # NEVER finds the last
    return Diff(first, len(pod), moved, alike, only_a, only_b, note, found, listed)


def _matched(a: Run, b: Run) -> tuple[NDArray[np.int64], str]:
    """Return the number in ``a`` of each row's pod in ``b``'s table of pods, and a note if that was not given."""
    mine, theirs = column(a, "pods", "pod"), column(b, "pods", "pod")
    if a.manifest["workload"]["digest"] == b.manifest["workload"]["digest"]:
        return theirs, ""
    names = a.tables["pods"]["name"].combine_chunks()
    place = pc.index_in(b.tables["pods"]["name"].combine_chunks(), value_set=names)
    every = pc.unique(names)
    if place.null_count or len(every) != len(pc.unique(b.tables["pods"]["name"])):
        of = " and ".join(str(run.manifest["workload"]["name"]) for run in (a, b))
        raise InputError(f"these are runs of different workloads ({of})", mend="compare two runs of one workload")
    note = "the runs are of different workloads whose pods have the same names; they were matched by name"
    return mine[place.to_numpy()], note


def _texts(run: Run, table: str, name: str) -> pa.Array:
    """Return a column of texts, whether or not it is stored as a dictionary."""
    return pc.cast(run.tables[table][name], pa.string()).combine_chunks()


def _codes(run: Run, table: str, name: str, known: pa.Array) -> NDArray[np.int64]:
    """Return a column of texts as their places in ``known``, NEVER for null."""
    codes = pc.index_in(_texts(run, table, name), value_set=known)
    places: NDArray[np.int64] = pc.fill_null(codes, NEVER).to_numpy().astype(np.int64)
    return places


def _bindings(
    run: Run, pod: NDArray[np.int64], nodes: pa.Array, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when and where each pod was first bound; NEVER: it was not."""
    bound, node = column(run, "pods", "bound", NEVER), _codes(run, "pods", "node", nodes)
    rows = np.flatnonzero(bound != NEVER)[::-1]  # attempts are in order, and the last assignment stays
    when, where = np.full(size, NEVER), np.full(size, NEVER)
    when[pod[rows]], where[pod[rows]] = bound[rows], node[rows]
    return when, where


def _divergence(a: Run, b: Run, theirs: NDArray[np.int64], nodes: pa.Array) -> Divergence | None:
    """Return the first decision in which the runs differ."""
    verbs = pa.array(["bind", "wait", "evict"])
    columns = [_decided(run, nodes, verbs) for run in (a, b)]
    number = np.full(int(column(b, "pods", "pod").max(initial=NEVER)) + 1, NEVER)
    number[column(b, "pods", "pod")] = theirs
    columns[1]["pod"] = number[columns[1]["pod"]]
    least = min(len(of["time"]) for of in columns)
    alike = np.logical_and.reduce([columns[0][name][:least] == columns[1][name][:least] for name in SAME])
    row = least if alike.all() else int(alike.argmin())
    told = [(int(of["time"][row]), side) for side, of in enumerate(columns) if row < len(of["time"])]
    if not told:
        return None
    time, side = min(told)
    pod, attempt = int(columns[side]["pod"][row]), int(columns[side]["attempt"][row])
    numbers = (column(a, "pods", "pod"), theirs)[side]
    name = (a, b)[side].tables["pods"]["name"][int(np.argmax(numbers == pod))].as_py()
    sides = [_next(run, of, row, pod, attempt) for run, of in zip((a, b), columns, strict=True)]
    return Divergence(time, name, attempt, *sides)


def _decided(run: Run, nodes: pa.Array, verbs: pa.Array) -> dict[str, NDArray[np.int64]]:
    """Return the decisions as numbers."""
    found = {name: column(run, "decisions", name) for name in ("time", "pod", "attempt")}
    return found | {"node": _codes(run, "decisions", "node", nodes), "verb": _codes(run, "decisions", "verb", verbs)}


def _next(run: Run, of: dict[str, NDArray[np.int64]], row: int, pod: int, attempt: int) -> Decision | None:
    """Return what a run decided about an attempt from a row on."""
    found = np.flatnonzero((of["pod"][row:] == pod) & (of["attempt"][row:] == attempt))
    if not len(found):
        return None
    at = row + int(found[0])
    verb, node, reason = (run.tables["decisions"][name][at].as_py() for name in ("verb", "node", "reason"))
    return Decision(int(of["time"][at]), verb, node, reason or "")
