"""Fragmentation: how much of the devices' room is of no use to the pods that typically come.

Source: Weng et al., Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent,
USENIX ATC 2023, section 3, and the authors' simulator (hkust-adsl/kubernetes-scheduler-simulator, commit 8f3d641), bit
for bit: a class with weight w finds w R milli of a node's room R useless if it cannot run there, and where it can, w
times what is left of the devices that are too full for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.derived.kept import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.derived.typical import Demands
    from schedlab.cluster.rows import Floats

NONE = 0.0  # a bucket that holds nothing anywhere
BLOCK = 256  # nodes at a time, so that what is computed for them stays in the processor's cache
READS = frozenset({"devices", "pool", "allocatable", "used"})


class State(NamedTuple):
    """What the measure looks at, of P nodes or of nodes as they would be.

    ``cpu`` and ``room`` (P,): millicores and milli of devices left. ``enough`` (U, P): how many devices have room for
    each share; ``crumbs`` (U, P): the milli left of the others. ``allowed`` (B, P), see `Demands.allowed`.
    """

    cpu: Floats
    room: Floats
    enough: Floats
    crumbs: Floats
    allowed: NDArray[np.bool_] | None

    def part(self, at: int) -> State:
        """Return the `BLOCK` nodes from one on."""
        some: Any = (None if each is None else each[..., at : at + BLOCK] for each in self)
        return State(*some)

    def joined(self, other: State) -> State:
        """Return these nodes, then others."""
        pairs: Any = zip(self, other, strict=True)
        both: Any = (None if a is None else np.concatenate([a, b], axis=-1) for a, b in pairs)
        return State(*both)


def state(cpu: Floats, room: Floats, allowed: NDArray[np.bool_] | None, demands: Demands) -> State:
    """Return the state of nodes of which so much cpu (N,) and so much of each device (D, N) is left."""
    fits = room >= demands.milli[:, :, None]  # (U, D, N)
    total = np.add.reduce(room)
    return State(cpu, total, np.add.reduce(fits, 1), total - np.add.reduce(room * fits, 1), allowed)


def cpu_of(nodes: Any) -> Floats:
    """Return the millicores left, float64 (N,)."""
    left: Floats = nodes.allocatable["cpu"] - nodes.used["cpu"]
    return left


def room_of(nodes: Any) -> Floats:
    """Return the milli left of each device, float64 (D, N); 0 where there is none."""
    room: Floats = np.maximum(nodes.pool - nodes.devices, 0.0)
    return room


class Buckets(NamedTuple):
    """Room by why it is of no use to a class, weighted sums (P,): the order is that in which they are added up.

    ``q1`` too few devices and too little cpu, ``q2`` too few devices or devices too full, ``q4`` too little cpu, ``xl``
    and ``xr`` a class without devices that has enough cpu or too little, ``na`` a node that the class may not go to.
    """

    q1: Any
    q2: Any
    q4: Any
    xl: Any
    xr: Any
    na: Any


def buckets(of: State, demands: Demands) -> Buckets:
    """Return the fragments by their reason, milli (P,)."""
    q1: Any = NONE
    q4 = xr = na = q1
    short = of.cpu < demands.cpu  # (G, P)
    few = of.enough[demands.at] < demands.devices
    useless = np.where(short | few, of.room, of.crumbs[demands.at])
    useless *= demands.weight
    if of.allowed is not None:
        own = demands.bound  # the classes that are not allowed everywhere
        away = demands.weight[own] * of.room * ~of.allowed
        na = in_order(away)
        useless[own] *= of.allowed
    if short.any():
        lacking = useless * short
        both = lacking * few
        q1, q4 = in_order(both), in_order(lacking - both)
        useless -= lacking
    room = demands.weight_only * of.room
    if (short := of.cpu < demands.cpu_only).any():
        lacking = room * short
        xr = in_order(lacking)
        room -= lacking
    return Buckets(q1, in_order(useless), q4, in_order(room), xr, na)


def in_order(terms: Floats) -> Floats:
    """Add up the rows of terms (T, P) one after the other: last bits decide between scores."""
    if terms.shape[1] == 1:  # NumPy would add pairwise
        return np.add.accumulate(terms)[-1] if len(terms) else np.zeros(1)
    total: Floats = np.add.reduce(terms)
    return total


def fragments(of: State, demands: Demands) -> Floats:
    """Return the milli that are fragments, (P,)."""
    if len(of.room) > BLOCK:
        return np.concatenate([fragments(of.part(at), demands) for at in range(0, len(of.room), BLOCK)])
    total: Floats
    total, *more = (each for each in buckets(of, demands) if each is not NONE)
    for each in more:
        total = total + each
    return total


def _measure(nodes: Any, demands: Demands) -> Floats:
    return fragments(state(cpu_of(nodes), room_of(nodes), demands.allowed(nodes), demands), demands)


fragmentation = Column(_measure, READS)
