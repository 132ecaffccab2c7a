"""Choice: which of the nodes on which preemption works is taken."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.scheduling.preemption.victims import importance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

LOWEST = 2**31  # added to a priority, which is then not negative


class Candidate(NamedTuple):
    """A node by position, the pods to be evicted there, most important first, and how many of them violate budgets."""

    position: int
    victims: tuple[int, ...]
    violations: int


def best(candidates: Sequence[Candidate], view: ClusterView) -> tuple[int, ...]:
    """Return the positions of the nodes that tie for the best, by rank (kube-scheduler's pickOneNodeForPreemption).

    Fewest violations of budgets; lowest priority of the most important victim; lowest sum of priorities, each counted
    from the lowest that there is; fewest victims; the latest start of the most important victim.
    """
    if not candidates:
        return ()
    sizes = np.array([len(each.victims) for each in candidates])
    victims = np.fromiter(chain.from_iterable(each.victims for each in candidates), np.int64, int(sizes.sum()))
    first = np.cumsum(sizes) - sizes
    priority, start = importance(view, victims)
    sums = np.add.reduceat(LOWEST - priority, first)
    violations = np.array([each.violations for each in candidates])
    positions = np.array([each.position for each in candidates])
    keys = np.stack([violations, -priority[first], sums, sizes, -start[first]])
    left = np.ones(len(candidates), np.bool_)
    for key in keys:
        left &= key == key[left].min()
    ties = positions[left]
    return tuple(ties[np.argsort(view.nodes("static").rank[ties])].tolist())
