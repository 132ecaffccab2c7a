"""Min-cost flow: exact, and fast, where each pod takes one unit of the only thing that is scarce.

Firmament's case (Gog et al., OSDI 2016; Quincy, SOSP 2009): classes send their pods over arcs to types of nodes, whose
slots are counted; quotas are nodes of the network on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.placement.ortools.network import Network
from schedlab.placement.slots import Quota, quotas_of, slots_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget
    from schedlab.placement.ledger import Ledger
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

NAME = "min-cost flow"
ARC_WORK = 2e-6  # of an arc, a level
COST = 2**40  # of a pod at most, so that sums over paths and the solver's scaling stay within 64 bits


def flow_applies(problem: Problem, levels: Sequence[Level]) -> str:
    """Return why a flow is not exact for a problem and its levels; "": it is."""
    if not (problem.count.any() and problem.size.any()):
        return "there is nothing to place, or no node"
    for level in levels:
        if level.form.node.any():
            return f"{level.name} counts nodes in use"
        if (level.sense * level.form.move > 0).any():
            return f"{level.name} rewards moves"
        if np.abs(level.form.pod).max(initial=0) + np.abs(level.form.move).max(initial=0) > COST:
            return f"{level.name} has costs beyond 2^40"
    for found in (slots_of(problem), quotas_of(problem)):
        if isinstance(found, str):
            return found
    return ""


def solve_flow(problem: Problem, levels: Sequence[Level], ledger: Ledger, budget: Budget) -> bool:
    """Offer the optimum and prove its bounds, level by level; return whether the problem is feasible.

    Where the budget ends before the last level, what is optimal for those before is offered.

    Raises
    ------
    ValueError
        If `flow_applies` says no.
    SchedlabError
        If the solver gives up.
    """
    if why := flow_applies(problem, levels):
        raise ValueError(why)
    arcs = _Arcs(problem)
    if not arcs.place_required():
        return False
    done = 0
    for level in levels:
        if budget.over and done:
            break
        arcs.optimise(level)
        budget.charge(ARC_WORK * len(arcs.network.flow))
        done += 1
    assignment = arcs.assignment()
    ledger.offer(assignment, NAME)
    for index in range(done):
        ledger.bound(index, levels[index].form.of(problem, assignment), NAME)
    return True


class _Arc(NamedTuple):
    tail: int
    head: int
    capacity: int
    cls: int = -1
    kind: int = -1  # of an arc from a class to a type
    role: str = ""  # "required": of a class's own arc; "kept": of pods that stay on their node


class _Arcs:
    """The network: source, class quotas, classes, types, type quotas, sink; who gets no node goes straight there."""

    def __init__(self, problem: Problem) -> None:
        slots, quotas = slots_of(problem), quotas_of(problem)
        assert not isinstance(slots, str)
        assert not isinstance(quotas, str)
        self._problem = problem
        units = int(problem.count.sum())
        classes, types = problem.shape
        first_type, first_quota = 2 + classes, 2 + classes + types
        made = [_Arc(0, 1, units)]
        number = {id(quota): first_quota + index for index, quota in enumerate((*quotas.classes, *quotas.types))}
        for of_classes, family in ((True, quotas.classes), (False, quotas.types)):
            for index, quota in enumerate(family):
                outer = _smallest(family[:index], quota.members)
                ends = (number[id(outer)] if outer else (0 if of_classes else 1), number[id(quota)])
                made.append(_Arc(*(ends if of_classes else ends[::-1]), quota.amount))
        for cls in range(classes):
            outer = _smallest(quotas.classes, np.arange(classes) == cls)
            tail, needed = number[id(outer)] if outer else 0, int(problem.required[cls])
            made.append(_Arc(tail, 2 + cls, needed, role="required"))
            made.append(_Arc(tail, 2 + cls, int(problem.count[cls]) - needed))
        size = problem.size
        for cls, kind in np.argwhere(problem.most() > 0).tolist():
            kept = int(problem.current[cls, kind] * size[kind])
            made.append(_Arc(2 + cls, first_type + kind, kept, cls, kind, "kept"))
            made.append(_Arc(2 + cls, first_type + kind, units, cls, kind))
        for kind in range(types):
            outer = _smallest(quotas.types, np.arange(types) == kind)
            made.append(_Arc(first_type + kind, number[id(outer)] if outer else 1, int(slots[kind] * size[kind])))
        made = [arc for arc in made if arc.capacity > 0]
        tail_, head, capacity = (np.array([arc[part] for arc in made], np.int64) for part in range(3))
        self._arcs = made
        self.network = Network(tail_, head, capacity, units)

    def place_required(self) -> bool:
        """Restrict the network to flows that place what must be placed; return whether there are any."""
        required = np.array([arc.role == "required" for arc in self._arcs])
        self.network.optimise(-required.astype(np.int64))
        return int(self.network.flow[required].sum()) == int(self._problem.required.sum())

    def optimise(self, level: Level) -> None:
        """Restrict the network to flows that are optimal for a level."""
        form, sense = level.form, level.sense
        cost = [
            -sense * int(form.pod[arc.cls, arc.kind] - (form.move[arc.cls] if arc.role == "kept" else 0))
            if arc.cls >= 0
            else 0
            for arc in self._arcs
        ]
        self.network.optimise(np.array(cost, np.int64))

    def assignment(self) -> Ints:
        """Deal the pods of each type's flow to its nodes in turn, those first that stay.

        So a node gets no more than its slots, and no more that stay than run there.
        """
        problem = self._problem
        dealt = np.zeros((len(problem.count), len(problem.type_of)), np.int64)
        flows = sorted(
            (arc.kind, arc.role != "kept", arc.cls, pods)
            for arc, pods in zip(self._arcs, self.network.flow.tolist(), strict=True)
            if arc.cls >= 0 and pods
        )
        nodes = [problem.nodes_of(kind) for kind in range(len(problem.capacity))]
        turn = [0] * len(nodes)
        for kind, _, cls, pods in flows:
            where = nodes[kind][(turn[kind] + np.arange(pods)) % len(nodes[kind])]
            np.add.at(dealt[cls], where, 1)
            turn[kind] += pods
        return dealt


def _smallest(family: Sequence[Quota], members: NDArray[np.bool_]) -> Quota | None:
    """Return the smallest set of a family, which is given the largest first, that holds all of some members."""
    return next((quota for quota in reversed(family) if quota.members[members].all()), None)
