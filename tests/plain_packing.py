"""Packing in plain loops over pods and nodes, without rules between pods."""

from __future__ import annotations

import numpy as np


class Node:
    def __init__(self, problem, kind):
        self.problem, self.kind = problem, kind
        self.left = [int(each) for each in problem.capacity[kind]]
        self.room = list(problem.devices[kind])
        self.full = [*self.left, sum(self.room)]
        self.opened = bool(problem.occupied[kind])

    def fits(self, cls):
        problem = self.problem
        sizes, (devices, milli) = problem.demand[cls].tolist(), problem.share[cls].tolist()
        enough = sum(left >= milli for left in self.room) >= devices
        return (
            bool(problem.compatible[cls, self.kind])
            and enough
            and all(size <= left for size, left in zip(sizes, self.left, strict=True))
        )

    def put(self, cls):
        self.left = [left - int(size) for left, size in zip(self.left, self.problem.demand[cls], strict=True)]
        devices, milli = self.problem.share[cls].tolist()
        for _, device in sorted((left, i) for i, left in enumerate(self.room) if left >= milli)[:devices]:
            self.room[device] -= milli
        self.opened = True

    def fractions(self, cls):
        """Return what the pod takes and what is free, of what the node had."""
        per = np.array([1 / each if each else 0.0 for each in self.full])
        size = np.array([*self.problem.demand[cls].tolist(), int(self.problem.share[cls].prod())], float)
        free = np.array([*self.left, 0.0], float) * per
        free[-1] = sum(self.room) * per[-1]
        return size * per, free


def score(rule, cls, node, position):
    want, free = node.fractions(cls)
    return {
        "first_fit": -position,
        "best_fit": (want - free).sum(),
        "worst_fit": (free - want).sum(),
        "dot_product": (want * free).sum(),
        "l2_norm": -(((free - want) * (want > 0)) ** 2).sum(),
    }[rule]


def mean_shares(problem):
    nodes = [Node(problem, kind) for kind in problem.type_of.tolist()]
    mean = np.array([node.full for node in nodes], float).mean(axis=0) if nodes else np.zeros(1)
    sizes = np.column_stack([problem.demand, problem.share.prod(axis=1)])
    return np.where(mean > 0, sizes / np.where(mean > 0, mean, 1), 0)


def plain_pack(problem, rule, order, opened_first):
    nodes = [Node(problem, kind) for kind in problem.type_of.tolist()]
    pods = problem.class_of.tolist()
    if order == "decreasing dominant":
        size = mean_shares(problem).max(axis=1)
        pods = sorted(pods, key=lambda cls: (-size[cls], cls))
    out = np.zeros((len(problem.count), len(nodes)), np.int64)
    for cls in pods:
        fit = [position for position, node in enumerate(nodes) if node.fits(cls)]
        if opened_first and any(nodes[position].opened for position in fit):
            fit = [position for position in fit if nodes[position].opened]
        if fit:
            best = max(fit, key=lambda position: (score(rule, cls, nodes[position], position), -position))
            nodes[best].put(cls)
            out[cls, best] += 1
    return out


def plain_bins(problem, by_priority):
    """Dot product, the next node choosing its pods."""
    share = mean_shares(problem)
    weight = sum(int(n) * share[cls] for cls, n in enumerate(problem.count))
    left = problem.count.tolist()
    out = np.zeros((len(left), len(problem.type_of)), np.int64)
    for position, kind in enumerate(problem.type_of.tolist()):
        node = Node(problem, kind)
        while fit := [cls for cls in range(len(left)) if left[cls] and node.fits(cls)]:
            if by_priority:
                top = max(problem.priority[cls] for cls in fit)
                fit = [cls for cls in fit if problem.priority[cls] == top]

            def worth(cls, node=node):
                want, free = node.fractions(cls)
                return float((weight / max(weight.max(), 1e-300) * want * free).sum())

            best = max(fit, key=lambda cls: (round(worth(cls), 9), -cls))
            node.put(best)
            left[best] -= 1
            out[best, position] += 1
    return out
