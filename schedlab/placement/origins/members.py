"""Members: the pods of a cluster as a problem takes them: those to place, and those that stay."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.cluster.pods import NOWHERE, SUCCEEDED
from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import Cluster

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


class Same(NamedTuple):
    """What pods have in common that no rule can tell apart: the cluster's class, the data set, the gang."""

    cls: int
    dataset: int
    gang: int


class Members:
    """Pods to place, by what they have in common, and pods that stay.

    Attributes
    ----------
    rows
        int64 (P,): pods to place, the pending ones first.
    kinds
        What they have in common, each once, (C).
    kind_of
        int64 (P,): places in ``kinds``.
    order
        int64 (N,): positions of the cluster's nodes, by rank.
    at
        int64: the place in ``order`` of each position.
    fixed
        int64 (F,): rows of the bound pods that stay.

    Raises
    ------
    InputError
        For a pod that is not pending, one that may move and is not bound, or one named twice.
    """

    def __init__(self, cluster: Cluster, pending: Sequence[int], movable: Sequence[int]) -> None:
        self.cluster = cluster
        pods = cluster.pods
        rows = [int(row) for row in (*pending, *movable)]
        if len(set(rows)) < len(rows):
            twice = next(row for row in rows if rows.count(row) > 1)
            raise InputError(f"pod {pods.name(twice)!r} is named twice", mend="name each pod once")
        for row in rows:
            _check(cluster, row, moves=row in movable)
        self.rows = np.array(rows, np.int64)
        same: dict[Same, int] = {}
        told = zip(
            pods.cls[self.rows].tolist(), pods.dataset[self.rows].tolist(), pods.gang[self.rows].tolist(), strict=True
        )
        self.kind_of = np.array([same.setdefault(Same(*each), len(same)) for each in told], np.int64)
        self.kinds = tuple(same)
        self.order = np.argsort(cluster.nodes.rank).astype(np.int64)
        self.at = np.argsort(self.order).astype(np.int64)
        bound = pods.bound()
        self.fixed: Ints = bound[~np.isin(bound, self.rows)]
        where = pods.node[self.rows].astype(np.int64)
        self.runs_on = np.where(where == NOWHERE, NOWHERE, self.at[where] if len(self.at) else NOWHERE)

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """The cluster's classes of all these pods, each once."""
        return tuple(dict.fromkeys([*(kind.cls for kind in self.kinds), *self.cluster.pods.cls[self.fixed].tolist()]))

    def example(self, kind: int) -> int:
        """Return the row of a pod of a kind."""
        return int(self.rows[np.argmax(self.kind_of == kind)])

    def of(self, classes: Iterable[int]) -> Bools:
        """Return bool (C,): the kinds of some of the cluster's classes."""
        wanted = set(classes)
        return np.array([kind.cls in wanted for kind in self.kinds], np.bool_)

    def residents(self, classes: Iterable[int], *, live: bool = False) -> Ints:
        """Return int64 (N,): how many pods of some classes stay on each node; ``live``: those not terminating."""
        pods = self.cluster.pods
        chosen = np.isin(pods.cls[self.fixed], list(classes))
        if live:
            chosen &= ~pods.terminating[self.fixed]
        return np.bincount(self.at[pods.node[self.fixed[chosen]]], minlength=len(self.order)).astype(np.int64)


def labels_of(cluster: Cluster, rows: Iterable[int]) -> list[str]:
    """Return a name for each pod that no other live pod of the cluster has: its own, with its row if need be."""
    pods = cluster.pods
    names: dict[str, int] = {}
    for row in np.flatnonzero(pods.phase[: len(pods)] < SUCCEEDED).tolist():
        names[pods.name(row)] = names.get(pods.name(row), 0) + 1
    return [name if names.get(name := pods.name(row), 0) <= 1 else f"{name}#{row}" for row in rows]


def _check(cluster: Cluster, row: int, *, moves: bool) -> None:
    pods = cluster.pods
    if not 0 <= row < len(pods):
        raise InputError(f"there is no pod {row}", mend=f"pods are rows 0..{len(pods) - 1}")
    bound, told = pods.node[row] != NOWHERE, f"pod {pods.name(row)!r}"
    if pods.phase[row] >= SUCCEEDED:
        raise InputError(f"{told} is over", mend="leave it out")
    if pods.terminating[row]:
        raise InputError(f"{told} is terminating", mend="leave it out: it holds what it holds until it is gone")
    if bound and not moves:
        raise InputError(f"{told} is bound", mend="name it among movable if it may move")
    if not bound and moves:
        raise InputError(f"{told} is not bound", mend="name it among the pods to place")
    if cluster.classes[pods.cls[row]].pod.spec.scheduling_gates:
        raise InputError(f"{told} has scheduling gates", mend="leave it out until they are gone")
