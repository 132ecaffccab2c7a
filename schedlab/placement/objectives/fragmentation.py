"""Most room left for large pods: how many more of the largest class would still fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def fragmentation(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: phantom pods placed, and the problem with their class.

    The phantom asks for what the class with the largest dominant share asks for (of all the nodes offer, devices
    included), and may go to any node. Free space too small for it counts as lost, as in Weng et al., Beware of
    Fragmentation, USENIX ATC 2023, where a node's free devices are measured by what typical pods can use.
    """
    real = np.flatnonzero(~problem.phantom)
    offered = np.maximum(problem.capacity[problem.type_of].sum(axis=0), 1)
    room = max(1, sum(sum(problem.devices[kind]) for kind in problem.type_of.tolist()))
    dominant = np.maximum((problem.demand / offered).max(axis=1, initial=0), problem.share.prod(axis=1) / room)
    largest = real[np.argmax(dominant[real])]
    demand, share = problem.demand[largest], problem.share[largest]
    alone = problem.with_phantoms(demand, share, np.iinfo(np.int32).max)
    count = int(alone.most()[-1][alone.type_of].sum())
    problem = problem.with_phantoms(demand, share, count)
    phantom = np.zeros(len(problem.count), np.int64)
    phantom[-1] = 1
    return problem, [level(problem, "fragmentation", pod=phantom)]
