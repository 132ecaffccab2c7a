"""Fragmentation: how much of the devices' room is of no use to the pods that typically come.

Source: Weng et al., Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent,
USENIX ATC 2023, section 3, and the authors' simulator (hkust-adsl/kubernetes-scheduler-simulator, commit 8f3d641), bit
for bit: a class with weight w finds w R milli of a node's room R useless if it cannot run there, and where it can, w
times what is left of the devices that are too full for it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedlab.cluster.derived.kept import Column
from schedlab.cluster.devices import SHARED, asked
from schedlab.objects import pod_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schedlab.objects import Pod

NONE = np.zeros(1)  # a bucket that holds nothing anywhere
BLOCK = 256  # nodes at a time, so that what is computed for them stays in the processor's cache
READS = frozenset({"devices", "pool", "allocatable", "used"})
SHARE = 0.95  # of all pods that the typical classes make up
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]


class Typical(NamedTuple):
    """A class of pods: millicores, milli of each device, number of devices, and its part of all pods.

    Its pods go to nodes where ``label`` has one of ``values`` only; without a label, to any.
    """

    cpu: int
    milli: int
    devices: int
    weight: float
    label: str = ""
    values: tuple[str, ...] = ()


def typical_of(templates: Sequence[Pod], counts: Iterable[int], share: float = SHARE) -> tuple[Typical, ...]:
    """Return the most frequent classes of pods that together make up ``share`` of them, weights adding up to 1.

    ``counts`` tells how many pods there are of each template. Of a pod's placement only the one label is looked at that
    a required node affinity names with its values. Classes are sorted by count, then by cpu, milli and devices, then by
    the text of the values, largest first.
    """
    requests = [pod_requests(pod) for pod in templates]
    pools = sorted({name.removesuffix(SHARED) for each in requests for name in each if name.endswith(SHARED)})
    total: Counter[tuple[int, int, int, str, tuple[str, ...]]] = Counter()
    for pod, each, count in zip(templates, requests, counts, strict=True):
        wanted = asked(each, pools)
        label, values = _label(pod) if wanted.devices else ("", ())
        total[each.get("cpu", 0), wanted.milli, wanted.devices, label, values] += int(count)
    ordered = sorted(total.items(), key=lambda each: (each[1], *each[0][:3], "|".join(each[0][4])), reverse=True)
    pods, taken, kept = total.total(), 0, []
    for key, count in ordered:
        if taken >= share * pods or not count:
            break
        taken += count
        kept.append((key, count))
    return tuple(
        Typical(cpu, milli, devices, (count / pods) / (taken / pods), label, values)
        for (cpu, milli, devices, label, values), count in kept
    )


def _label(pod: Pod) -> tuple[str, tuple[str, ...]]:
    affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
    terms = affinity.required.node_selector_terms if affinity and affinity.required else ()
    rules = [rule for term in terms for rule in term.match_expressions]
    if len(rules) == 1 and rules[0].operator == "In":
        return rules[0].key, tuple(rules[0].values)
    return "", ()


class Demands:
    """Typical classes as arrays: T of them, of which G ask for devices, with U different shares; hashed by value."""

    def __init__(self, classes: Iterable[Typical]) -> None:
        self.classes = tuple(classes)
        self._hash = hash(self.classes)
        sharing = [each for each in self.classes if each.devices]
        without = [each for each in self.classes if not each.devices]
        self.cpu, self.devices, self.weight = _columns(sharing, "cpu", "devices", "weight")  # (G, 1) each
        self.cpu_only, self.weight_only = _columns(without, "cpu", "weight")  # (T - G, 1)
        milli, self.at = np.unique([each.milli for each in sharing], return_inverse=True)
        self.milli: Floats = milli.astype(float)[:, None]  # (U, 1); class i asks for milli[at[i]]
        self.bound = np.flatnonzero([bool(each.label) for each in sharing])  # the B that may not go anywhere
        self.rules = [(each.label, each.values) for each in sharing if each.label]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Demands) and self.classes == other.classes)

    def allowed(self, nodes: Any) -> Truths | None:
        """Return bool (B, N), which of the classes that name a label may go to which nodes; None if there are none."""
        return _allowed(nodes, self) if self.rules else None


def _columns(classes: list[Typical], *names: str) -> list[Floats]:
    return [np.array([getattr(each, name) for each in classes], float)[:, None] for name in names]


def _may_go(nodes: Any, demands: Demands) -> Truths:
    return np.stack(
        [np.isin(nodes.label(label), [nodes.code(label, value) for value in values]) for label, values in demands.rules]
    )


_allowed = Column(_may_go, reads=())


class State(NamedTuple):
    """What the measure looks at, of P nodes or of nodes as they would be.

    ``cpu`` and ``room`` (P,): millicores and milli of devices left. ``enough`` (U, P): how many devices have room for
    each share; ``crumbs`` (U, P): the milli left of the others. ``allowed`` (B, P), see `Demands.allowed`.
    """

    cpu: Floats
    room: Floats
    enough: Floats
    crumbs: Floats
    allowed: Truths | None

    def part(self, at: int) -> State:
        """Return the `BLOCK` nodes from one on."""
        some: Any = (None if each is None else each[..., at : at + BLOCK] for each in self)
        return State(*some)

    def joined(self, other: State) -> State:
        """Return these nodes, then others."""
        pairs: Any = zip(self, other, strict=True)
        both: Any = (None if a is None else np.concatenate([a, b], axis=-1) for a, b in pairs)
        return State(*both)


def state(cpu: Floats, room: Floats, allowed: Truths | None, demands: Demands) -> State:
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
    q1 = q4 = xr = na = NONE
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
