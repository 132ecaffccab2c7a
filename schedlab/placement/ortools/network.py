"""Network: min-cost flows that are optimal for one cost after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ortools.graph.python import min_cost_flow

from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class Network:
    """Flows of so many units from node 0 to node 1.

    Attributes
    ----------
    flow
        int64, by arc: the last optimum.
    """

    def __init__(self, tail: Ints, head: Ints, capacity: Ints, units: int) -> None:
        self._tail, self._head = tail, head
        self._upper = np.minimum(capacity, units)
        self._lower = np.zeros_like(self._upper)
        self._units = units
        self._nodes = int(max(tail.max(), head.max())) + 1
        self.flow: Ints = np.zeros_like(self._upper)

    def optimise(self, cost: Ints) -> None:
        """Find a flow of least cost, and allow from now on only flows that cost no more.

        Which these are is said by complementary slackness with any optimal potentials (Ahuja, Magnanti and Orlin,
        Network Flows, 1993, theorem 9.4): an arc of positive reduced cost carries as little as it may, one of
        negative reduced cost as much as it may.

        Parameters
        ----------
        cost
            int64, by arc, of a unit.

        Raises
        ------
        SchedlabError
            If there is no flow of so many units, or the costs are too large.
        """
        solver = min_cost_flow.SimpleMinCostFlow()
        solver.add_arcs_with_capacity_and_unit_cost(self._tail, self._head, self._upper - self._lower, cost)
        supply = np.zeros(self._nodes, np.int64)
        supply[:2] = self._units, -self._units
        np.subtract.at(supply, self._tail, self._lower)
        np.add.at(supply, self._head, self._lower)
        solver.set_nodes_supplies(np.arange(self._nodes), supply)
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise SchedlabError(f"min-cost flow ended with {status.name}")
        self.flow = self._lower + np.asarray(solver.flows(np.arange(len(cost))), np.int64)
        potential = self._potentials(cost)
        reduced = cost + potential[self._tail] - potential[self._head]
        self._upper = np.where(reduced > 0, self._lower, self._upper)
        self._lower = np.where(reduced < 0, self._upper, self._lower)

    def _potentials(self, cost: Ints) -> Ints:
        """Return shortest distances in the residual network, from everywhere at 0 (Bellman and Ford)."""
        more, less = self.flow < self._upper, self.flow > self._lower
        tail = np.concatenate([self._tail[more], self._head[less]])
        head = np.concatenate([self._head[more], self._tail[less]])
        length = np.concatenate([cost[more], -cost[less]])
        distance = np.zeros(self._nodes, np.int64)
        for _ in range(self._nodes):
            before = distance.copy()
            np.minimum.at(distance, head, before[tail] + length)
            if (distance == before).all():
                return distance
        raise SchedlabError("min-cost flow: the flow is not optimal")
