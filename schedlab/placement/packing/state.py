"""State: what is left of each node while pods are placed, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.devices import Share, tightest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

NONE = -1  # milli left of a device that is not there


class Done(NamedTuple):
    """A step: so many pods of a class on a node, and the milli its devices had before."""

    cls: int
    node: int
    pods: int
    room: list[int]


class State:
    """The nodes of a problem, in an order of one's own, and the pods placed on them so far.

    Parameters
    ----------
    order
        int64 (N,): positions of the problem's nodes, the first to be preferred first; all nodes below are in it.

    Attributes
    ----------
    left
        float64 (R, N): what is left of each resource.
    per
        float64 (R + 1, N): 1 over what a node has left for pods at the start, 0 where that is 0; the last row is the
        milli of all its devices.
    size
        float64 (C, R + 1): what a pod takes, the milli of devices last.
    room
        int64 (N, D): milli left of each device, -1 where there is none.
    free
        float64 (R + 1, N): what is left of each, as a fraction.
    opened
        bool (N,): nodes that hold a pod that is no phantom, or one that stays.
    assignment
        int64 (C, N).
    touched
        Nodes in the order in which they changed.
    kept
        What rules of choice work out once for all steps.
    """

    def __init__(self, problem: Problem, order: Ints) -> None:
        self.problem, self.order = problem, order
        self.kind = problem.type_of[order]
        width = max(map(len, problem.devices), default=0)
        rooms = np.array([(*room, *[NONE] * (width - len(room))) for room in problem.devices], np.int64)
        self.room = rooms.reshape(len(problem.devices), width)[self.kind]
        self.left = problem.capacity.T[:, self.kind].astype(np.float64)
        self._milli = np.unique(problem.share[problem.share[:, 0] > 0, 1])
        self._threshold = np.searchsorted(self._milli, problem.share[:, 1])
        self._enough = (self.room[None] >= self._milli[:, None, None]).sum(axis=2)  # (M, N)
        self.size = np.column_stack([problem.demand, problem.share.prod(axis=1)]).astype(np.float64)
        full = np.vstack([self.left, np.maximum(self.room, 0).sum(axis=1)])
        self.per = np.divide(1.0, full, out=np.zeros_like(full), where=full > 0)
        self.free = (full > 0).astype(np.float64)
        self.opened = problem.occupied[self.kind]
        self.assignment = np.zeros((len(problem.count), len(order)), np.int64)
        self.done: list[Done] = []
        self.touched: list[int] = []
        self.kept: dict[str, Any] = {}
        self._asks = [np.flatnonzero(row) for row in problem.demand]
        self._compatible = problem.compatible[:, self.kind]

    @property
    def remaining(self) -> Ints:
        """int64 (C,): pods not placed yet."""
        left: Ints = self.problem.count - self.assignment.sum(axis=1)
        return left

    def fits(self, cls: int, at: Ints | slice) -> Bools:
        """Return whether one more pod of a class fits each of some nodes, by sizes and compatibility."""
        fit = self._compatible[cls, at]
        for resource in self._asks[cls].tolist():
            fit = fit & (self.left[resource, at] >= self.size[cls, resource])
        if devices := int(self.problem.share[cls, 0]):
            fit = fit & (self._enough[self._threshold[cls], at] >= devices)
        found: Bools = fit
        return found

    def fitting(self, classes: Ints, node: int) -> Bools:
        """Return whether one more pod of each of some classes fits a node."""
        sizes = self.size[classes, :-1]
        fit = self._compatible[classes, node] & ((sizes <= self.left[:, node]) | (sizes == 0)).all(axis=1)
        if len(self._milli):
            devices = self.problem.share[classes, 0]
            enough = self._enough[np.minimum(self._threshold[classes], len(self._milli) - 1), node]
            fit &= (devices == 0) | (enough >= devices)
        found: Bools = fit
        return found

    def more(self, cls: int, node: int, most: int) -> int:
        """Return how many more pods of a class fit a node that one fits, at most so many; 1 if it takes devices."""
        if self.problem.share[cls, 0]:
            return 1
        asks = self._asks[cls]
        fit = self.left[asks, node] // self.size[cls, asks]
        return int(min(most, fit.min(initial=most)))

    def place(self, cls: int, node: int, pods: int = 1, holding: Holding | None = None) -> None:
        """Put pods on a node, which must have room; each takes the devices with the least room that suffices.

        A single pod may be given others.
        """
        self.left[:, node] -= pods * self.size[cls, :-1]
        before: list[int] = []
        devices, milli = self.problem.share[cls].tolist()
        if devices:
            before = self.room[node].tolist()
            room = before.copy()
            for _ in range(pods):
                for device, _ in tightest(room, Share(devices, milli)) if holding is None else holding:
                    room[device] -= milli
            self._set_room(node, room)
        self.assignment[cls, node] += pods
        self._refresh(node)
        self.done.append(Done(cls, node, pods, before))

    def undo(self, mark: int) -> list[Done]:
        """Take back all steps after the first so many, and return them, the last first."""
        undone = []
        while len(self.done) > mark:
            step = self.done.pop()
            self.left[:, step.node] += step.pods * self.size[step.cls, :-1]
            if step.room:
                self._set_room(step.node, step.room)
            self.assignment[step.cls, step.node] -= step.pods
            self._refresh(step.node)
            undone.append(step)
        return undone

    def result(self) -> Ints:
        """Return the assignment, int64 (C, N), with the nodes as in the problem."""
        out = np.empty_like(self.assignment)
        out[:, self.order] = self.assignment
        return out

    def _set_room(self, node: int, room: list[int]) -> None:
        self.room[node] = room
        self._enough[:, node] = (self.room[node] >= self._milli[:, None]).sum(axis=1)
        self.free[-1, node] = sum(left for left in room if left > 0) * self.per[-1, node]

    def _refresh(self, node: int) -> None:
        np.multiply(self.left[:, node], self.per[:-1, node], out=self.free[:-1, node])
        problem = self.problem
        real = self.assignment[:, node][~problem.phantom] if problem.phantom.any() else self.assignment[:, node]
        self.opened[node] = problem.occupied[self.kind[node]] or real.any()
        self.touched.append(node)
