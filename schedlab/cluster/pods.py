"""PodTable: the pods of a cluster as growing columns; a pod is its row number."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PENDING, RUNNING, SUCCEEDED, FAILED = range(4)  # from SUCCEEDED on, a pod is over
PHASES = ("Pending", "Running", "Succeeded", "Failed")
NOWHERE = -1
NOT_STARTED = -1  # which counts as started now

COLUMNS = {
    "cls": np.int32,  # pod class
    "node": np.int32,  # position of its node; NOWHERE: not bound
    "attempt": np.int32,  # 0 is the first
    "phase": np.int8,  # index in PHASES
    "dataset": np.int32,  # what it reads; -1: nothing
    "submit": np.int64,  # microseconds
    "duration": np.int64,  # how long it will run, microseconds; -1: not known, or for ever
    "walltime": np.int64,  # how long it may run, microseconds; -1: not known
    "deadline": np.int64,  # when it is wanted done, microseconds; -1: none
    "tenant": np.int32,  # whose it is; -1: nobody's
    "gang": np.int32,  # the job whose pods start together; -1: none
    "queued": np.int64,  # when this attempt was submitted, microseconds
    "usage_cpu": np.float64,  # millicores used now
    "usage_memory": np.float64,  # bytes used now
    "terminating": np.bool_,  # asked to end: it holds what it holds, but spreading does not count it
    "preempted": np.bool_,  # terminating because a scheduler preempted it
    "start": np.int64,  # when this attempt began to run, microseconds; NOT_STARTED: not, or not known
}


OPTIONAL = ("walltime", "deadline", "tenant", "gang")  # what pods may lack
FORESIGHT = frozenset({"duration"})  # columns that no view shows


class PodTable:
    """One row a pod, (P,) columns; a pod keeps its row over all its attempts."""

    cls: NDArray[np.int32]
    node: NDArray[np.int32]
    attempt: NDArray[np.int32]
    phase: NDArray[np.int8]
    dataset: NDArray[np.int32]
    submit: NDArray[np.int64]
    duration: NDArray[np.int64]
    walltime: NDArray[np.int64]
    deadline: NDArray[np.int64]
    tenant: NDArray[np.int32]
    gang: NDArray[np.int32]
    queued: NDArray[np.int64]
    usage_cpu: NDArray[np.float64]
    usage_memory: NDArray[np.float64]
    terminating: NDArray[np.bool_]
    preempted: NDArray[np.bool_]
    start: NDArray[np.int64]

    def __init__(self) -> None:
        self._size = 0
        self.version = 0  # counts the changes of length; views made before are stale
        self._starts: list[int] = []
        self._names: list[Sequence[str] | None] = []
        self.tenants: dict[str, int] = {}  # their numbers
        for name, dtype in COLUMNS.items():
            setattr(self, name, np.zeros(0, dtype))

    def __len__(self) -> int:
        return self._size

    def add(
        self,
        cls: NDArray[np.int32] | Sequence[int],
        submit: NDArray[np.int64] | Sequence[int] | int = 0,
        dataset: NDArray[np.int32] | Sequence[int] | int = -1,
        names: Sequence[str] | None = None,
        duration: NDArray[np.int64] | Sequence[int] | int = -1,
        **more: NDArray[Any] | Sequence[int],
    ) -> range:
        """Add pending pods and return their rows; without ``names`` a pod is called ``pod-<row>``.

        ``more`` are columns of `OPTIONAL`; those left out are -1.
        """
        first, size = self._size, self._size + len(cls)
        for name, dtype in COLUMNS.items():
            column = getattr(self, name)
            if size > len(column):
                grown: NDArray[Any] = np.zeros(max(size, 2 * len(column)), dtype)
                grown[:first] = column[:first]
                setattr(self, name, grown)
        rows = slice(first, size)
        self.cls[rows], self.submit[rows], self.queued[rows], self.dataset[rows] = cls, submit, submit, dataset
        self.node[rows], self.duration[rows], self.terminating[rows] = NOWHERE, duration, False
        self.preempted[rows], self.start[rows] = False, NOT_STARTED
        for name in OPTIONAL:
            getattr(self, name)[rows] = more.get(name, -1)
        self._starts.append(first)
        self._names.append(names)
        self._size = size
        self.version += 1
        return range(first, size)

    def forget(self, first: int) -> None:
        """Drop the pods from row ``first`` on, which were added last and never bound."""
        self._size = first
        self.version += 1
        while self._starts and self._starts[-1] >= first:
            self._starts.pop(), self._names.pop()

    def name(self, pod: int) -> str:
        """Return the name of a pod."""
        batch = bisect_right(self._starts, pod) - 1
        names = self._names[batch]
        return f"pod-{pod}" if names is None else names[pod - self._starts[batch]]

    def bound(self) -> NDArray[np.int64]:
        """Return the rows of the bound pods."""
        return np.flatnonzero(self.node[: self._size] != NOWHERE)
