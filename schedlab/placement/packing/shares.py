"""Shares: what a pod of each class takes, as fractions of what all nodes offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def shares(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (C, R + 1): what a pod takes of each resource, and of the milli of devices, per mean node."""
    sizes = problem.size.astype(np.float64)
    milli = np.array([float(sum(room)) for room in problem.devices])
    offered = np.column_stack([problem.capacity, milli]).T @ sizes / max(1.0, sizes.sum())
    taken = np.column_stack([problem.demand, problem.share.prod(axis=1)])
    return taken / np.where(offered > 0, offered, np.inf)


def node_sizes(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,): the mean over resources and devices of a node's share of the largest node's."""
    milli = np.array([float(sum(room)) for room in problem.devices])
    offered = np.column_stack([problem.capacity, milli])
    top = offered.max(axis=0, initial=0.0)
    size: NDArray[np.float64] = (offered / np.where(top > 0, top, 1.0)).mean(axis=1)[problem.type_of]
    return size
