"""FGD, fragmentation gradient descent: the node whose devices the pod leaves least fragmented.

Source: Weng et al., Beware of Fragmentation, USENIX ATC 2023, section 4. Typical are the problem's own classes, the
most frequent ones that make up 95 % of the pods that ask for devices. A pod's devices are the tightest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.packing.choice import Floats, Look
    from schedlab.placement.packing.state import State
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

TYPICAL = 0.95
NO_ROOM = 2**20  # above any milli


def _score(look: Look) -> Floats:
    """Return by how many milli the fragments fall."""
    state, cls = look.state, look.classes
    nodes = np.atleast_1d(look.nodes)
    if not state.room.shape[1]:
        return np.zeros(len(nodes))
    left, room, kind = state.left[:, nodes], state.room[nodes], state.kind[nodes]
    after = _taken(room, *state.problem.share[cls].tolist())
    return _fragments(state, left, room, kind) - _fragments(state, left - state.size[cls, :-1, None], after, kind)


def _taken(room: Ints, devices: int, milli: int) -> Ints:
    """Return the milli left, int64 (S, D), after a pod took the tightest devices."""
    if not devices:
        return room
    tightest = np.argsort(np.where(room >= milli, room, NO_ROOM), axis=1, kind="stable")[:, :devices]
    after = room.copy()
    np.put_along_axis(after, tightest, np.take_along_axis(room, tightest, axis=1) - milli, axis=1)
    return after


def _fragments(state: State, left: Floats, room: Ints, kind: Ints) -> Floats:
    """Return float64 (S,): the milli that a typical pod cannot use, in expectation."""
    if "typical" not in state.kept:
        state.kept["typical"] = _typical(state.problem)
    typical: Typical = state.kept["typical"]
    free = np.maximum(room, 0)
    has = room >= typical.milli[:, None, None]  # (M, S, D)
    small = np.where(has, 0, free).sum(axis=2)  # (M, S)
    runs = typical.compatible[:, kind] & (has.sum(axis=2)[typical.share] >= typical.devices[:, None])  # (U, S)
    for here, demand in zip(left, typical.demand, strict=True):
        runs &= here >= demand
    wasted: Floats = typical.chance @ np.where(runs, small[typical.share], free.sum(axis=1))
    return wasted


class Typical(NamedTuple):
    """Typical classes (U), how likely a pod is of each, and what it asks for."""

    chance: Floats  # (U,)
    devices: Ints  # (U,)
    milli: Ints  # (M,), each once
    share: Ints  # (U,): where in these
    demand: Floats  # (R, U, 1), -inf for what is not asked for
    compatible: NDArray[np.bool_]  # (U, T)


def _typical(problem: Problem) -> Typical:
    """Return typical classes; pods that ask for no devices tell no node from another."""
    pods = np.where((problem.share[:, 0] > 0) & ~problem.phantom, problem.count, 0)
    order = np.argsort(-pods, kind="stable")
    seen = np.cumsum(pods[order])
    some = order[: int(np.searchsorted(seen, TYPICAL * seen[-1])) + 1]
    milli, share = np.unique(problem.share[some, 1], return_inverse=True)
    demand = np.where(problem.demand[some] > 0, problem.demand[some], -np.inf).T[:, :, None]
    chance = pods[some] / max(1, pods[some].sum())
    return Typical(chance, problem.share[some, 0], milli, share.ravel(), demand, problem.compatible[some])


fgd = Choice(_score)
