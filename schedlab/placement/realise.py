"""Realise: which pod of a class goes where, and which devices it gets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import SchedlabError
from schedlab.placement.problem import NOWHERE
from schedlab.placement.share_out import share_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Placement = dict[str, tuple[str, Holding]]


def realise(problem: Problem, assignment: Ints) -> tuple[Placement, tuple[str, ...]]:
    """Return the node and the devices of each pod that gets a node, by name, and the names of the others.

    Parameters
    ----------
    assignment
        int64 (C, N), pods of each class on each node, which keeps the problem's constraints.

    Returns
    -------
    placement
        As in `schedlab.placement.result.Result`, in the order of the pods; devices are places in `Problem.devices`.
    unplaced
        Pods that get no node: never one that runs, while a pending one of its class could be left out instead.

    Raises
    ------
    SchedlabError
        If more pods of a class are assigned than there are, or the devices of a node cannot serve those assigned to it.
    """
    node_of = nodes_of_pods(problem, assignment)
    holdings: dict[int, Holding] = {}
    on = defaultdict(list)
    asks = (problem.share[problem.class_of, 0] > 0) & (node_of != NOWHERE)
    for pod in np.flatnonzero(asks).tolist():
        on[int(node_of[pod])].append(pod)
    for node, pods in on.items():
        shares = [(devices, milli) for devices, milli in problem.share[problem.class_of[pods]].tolist()]
        shared = share_out(problem.devices[problem.type_of[node]], shares)
        if shared is None:
            raise SchedlabError(f"the devices of node {problem.nodes[node]} cannot serve the pods assigned to it")
        holdings.update(zip(pods, shared, strict=True))
    placement: Placement = {}
    for pod, node in enumerate(node_of.tolist()):
        if node != NOWHERE:
            placement[problem.pods[pod]] = problem.nodes[node], holdings.get(pod, ())
    return placement, tuple(problem.pods[pod] for pod in np.flatnonzero(node_of == NOWHERE).tolist())


def nodes_of_pods(problem: Problem, assignment: Ints) -> Ints:
    """Return int64 (P,), each pod's node, -1: none; as many pods as can keep the node on which they run.

    Else running pods come first, and pods as they are named; nodes too.
    """
    node_of = np.full(len(problem.class_of), NOWHERE, np.int64)
    pods_of: list[list[int]] = [[] for _ in problem.count]
    for pod in np.argsort(problem.runs_on == NOWHERE, kind="stable").tolist():  # running ones first
        pods_of[problem.class_of[pod]].append(pod)
    for cls in np.flatnonzero(assignment.any(axis=1) & ~problem.phantom).tolist():
        left = assignment[cls].tolist()
        movers = []
        for pod in pods_of[cls]:
            node = int(problem.runs_on[pod])
            if node != NOWHERE and left[node] > 0:
                left[node] -= 1
                node_of[pod] = node
            else:
                movers.append(pod)
        slots = np.repeat(np.arange(len(left)), left)
        if len(slots) > len(movers):
            raise SchedlabError(f"{sum(assignment[cls].tolist())} pods are assigned of a class of {len(pods_of[cls])}")
        node_of[movers[: len(slots)]] = slots
    return node_of
