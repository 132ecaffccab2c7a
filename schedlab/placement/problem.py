"""Problem: pods by class, nodes by type, and what must hold between them. All of it integers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.errors import InputError
from schedlab.placement.rules import HOST, Limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import Cluster
    from schedlab.placement.rules import Group, Rule

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

LARGEST = 2**46  # of a size, as in the columns of a cluster
TOTAL = 2**62  # of a size over all pods: sums stay within 64 bits
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Problem:
    """What a solver is given: place pods on nodes.

    Pods that no rule tells apart are a class, nodes that none does a type: C classes, T types, R resources, N nodes,
    P pods, K groups. `problem_of` fills in what is left out.

    Attributes
    ----------
    name
        For results.
    resources
        Names (R).
    demand
        int64 (C, R): what a pod of the class takes.
    count
        int64 (C,): how many pods there are.
    capacity
        int64 (T, R): what a node of the type has left for them.
    type_of
        int64 (N,): each node's type.
    compatible
        bool (C, T): whether the node's labels, taints and so on let the pod in.
    share
        int64 (C, 2): how many devices of its node a pod takes, and how many milli of each.
    devices
        (T): the milli left of each device of a node of the type, the most first.
    priority
        int64 (C,): tiers of the objective ``priority``.
    weight
        int64 (C,): what a placed pod is worth to the objective ``weight``.
    required
        int64 (C,): how many at least must be placed: those that run now.
    cost
        int64 (T,): of using a node, to the objective ``cost``.
    locality
        int64 (C, T): of a pod on a node, to the objective ``locality``.
    current
        int64 (C, T): how many pods of the class run on each node of the type now.
    move_cost
        int64 (C,): of taking a pod from the node that it runs on, to the objective ``moves``.
    occupied
        bool (T,): whether pods that are no part of the problem run there, so that the node is in use anyway.
    phantom
        bool (C,): classes that stand for pods to come: they tell what free space is good for and are never bound.
    domains
        int64 (T,) by topology key: the domain of nodes of the type, -1 where they have none.
    groups, rules
        Sets of pods, and what must hold between them (`schedlab.placement.rules`).
    nodes, pods
        Names, (N) and (P).
    class_of
        int64 (P,): each pod's class.
    runs_on
        int64 (P,): the node that the pod runs on, -1: none.
    """

    name: str
    resources: tuple[str, ...]
    demand: Ints
    count: Ints
    capacity: Ints
    type_of: Ints
    compatible: Bools
    share: Ints
    devices: tuple[tuple[int, ...], ...]
    priority: Ints
    weight: Ints
    required: Ints
    cost: Ints
    locality: Ints
    current: Ints
    move_cost: Ints
    occupied: Bools
    phantom: Bools
    domains: Mapping[str, Ints]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    nodes: tuple[str, ...]
    pods: tuple[str, ...]
    class_of: Ints
    runs_on: Ints

    @staticmethod
    def of(cluster: Cluster, pods: Sequence[int], movable: Sequence[int] = (), **more: Any) -> Problem:
        """Return the problem of placing a cluster's pending pods, and running ones that may move, by rows.

        ``more`` is as of `schedlab.placement.origins.cluster.cluster`.
        """
        from schedlab.placement.origins.cluster import cluster as made_of

        return made_of(cluster, pods, movable, **more)

    @property
    def shape(self) -> tuple[int, int]:
        """How many classes and types there are."""
        return len(self.count), len(self.capacity)

    @property
    def size(self) -> Ints:
        """int64 (T,): how many nodes each type has."""
        return np.bincount(self.type_of, minlength=len(self.capacity)).astype(np.int64)

    def nodes_of(self, kind: int) -> Ints:
        """Return the positions of a type's nodes."""
        return np.flatnonzero(self.type_of == kind)

    def most(self) -> Ints:
        """Return int64 (C, T), how many pods of a class fit an empty node of a type, by sizes; at most `count`."""
        return self._most.copy()

    @cached_property
    def _most(self) -> Ints:
        most = np.where(self.compatible, self.count[:, None], 0)
        for resource in range(len(self.resources)):
            demand = self.demand[:, resource]
            fits = self.capacity[None, :, resource] // np.maximum(demand, 1)[:, None]
            most = np.where(demand[:, None] > 0, np.minimum(most, fits), most)
        for kind, room in enumerate(self.devices):
            for cls in np.flatnonzero(self.share[:, 0]):
                most[cls, kind] = min(most[cls, kind], _shares(room, *self.share[cls].tolist()))
        return np.maximum(most, 0)

    def with_phantoms(self, demand: Ints, share: Ints, count: int) -> Problem:
        """Return the problem with one more class, of pods to come that may go to any node."""
        types = len(self.capacity)
        more: dict[str, Any] = {
            "demand": np.vstack([self.demand, demand]),
            "share": np.vstack([self.share, share]),
            "count": np.append(self.count, count),
            "compatible": np.vstack([self.compatible, np.ones((1, types), np.bool_)]),
            "phantom": np.append(self.phantom, True),
            "groups": tuple(group.widened() for group in self.groups),
        }
        for name in ("priority", "weight", "required", "move_cost"):
            more[name] = np.append(getattr(self, name), 0)
        for name in ("locality", "current"):
            more[name] = np.vstack([getattr(self, name), np.zeros((1, types), np.int64)])
        return dataclasses.replace(self, **more)


def _shares(room: Sequence[int], devices: int, milli: int) -> int:
    """Return how many pods that take so much of so many different devices fit: at most one of a pod to a device."""
    slots = [left // milli for left in room]
    low, high = 0, sum(slots) // devices
    while low < high:  # the most y with sum(min(slots, y)) >= devices * y
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if sum(min(each, middle) for each in slots) >= devices * middle else (low, middle - 1)
        )
    return low


def problem_of(
    name: str, resources: Sequence[str], demand: Any, count: Any, capacity: Any, size: Any = None, **given: Any
) -> Problem:
    """Return a Problem with defaults for what is not given, checked.

    Parameters
    ----------
    size
        Nodes of each type (T,); or give ``type_of``.
    given
        Any other attribute of `Problem`.

    Raises
    ------
    InputError
        For a negative size, one beyond 2^46, a total beyond 2^62, or arrays that do not go together.
    """
    demand, count, capacity = (np.asarray(each, np.int64) for each in (demand, count, capacity))
    demand, capacity = demand.reshape(len(demand), len(resources)), capacity.reshape(len(capacity), len(resources))
    classes, types = len(demand), len(capacity)
    if "type_of" not in given:
        given["type_of"] = np.repeat(np.arange(types), np.asarray(size, np.int64))
    nodes = len(given["type_of"])
    defaults: dict[str, Any] = {
        "compatible": np.ones((classes, types), np.bool_),
        "share": np.zeros((classes, 2), np.int64),
        "devices": ((),) * types,
        "priority": np.zeros(classes, np.int64),
        "weight": np.ones(classes, np.int64),
        "required": np.zeros(classes, np.int64),
        "cost": np.ones(types, np.int64),
        "locality": np.zeros((classes, types), np.int64),
        "current": np.zeros((classes, types), np.int64),
        "move_cost": np.ones(classes, np.int64),
        "occupied": np.zeros(types, np.bool_),
        "phantom": np.zeros(classes, np.bool_),
        "domains": {},
        "groups": (),
        "rules": (),
        "nodes": tuple(f"node-{i}" for i in range(nodes)),
        "class_of": np.repeat(np.arange(classes), count),
    }
    given = defaults | given
    given.setdefault("pods", tuple(f"pod-{i}" for i in range(len(given["class_of"]))))
    given.setdefault("runs_on", np.full(len(given["class_of"]), NOWHERE))
    for each in ("type_of", "runs_on"):
        given[each] = np.asarray(given[each], np.int64)
    for each, default in defaults.items():
        if isinstance(default, np.ndarray):
            given[each] = np.asarray(given[each], default.dtype)
    problem = Problem(name, tuple(resources), demand, count, capacity, **given)
    _check(problem)
    return problem


def _check(problem: Problem) -> None:
    for what, sizes in (("demand", problem.demand), ("capacity", problem.capacity)):
        if (sizes < 0).any():
            row, resource = np.argwhere(sizes < 0)[0].tolist()
            told = f"a {what} of {sizes[row, resource]} {problem.resources[resource]}"
            raise InputError(told, field=f"{what}[{row}]", mend="sizes are 0 or more")
    if (problem.capacity > LARGEST).any():
        raise InputError("a capacity beyond 2^46", field="capacity", mend="choose a larger unit")
    totals = [int(problem.demand[:, r].astype(object) @ problem.count) for r in range(len(problem.resources))]
    values = np.abs(problem.weight).astype(object) @ problem.count
    for resource, total in (*zip(problem.resources, totals, strict=True), ("weight", int(values))):
        if total > TOTAL:
            raise InputError(
                f"{resource} adds up to {total} over all pods", mend="choose a larger unit: 2^62 is the most"
            )
    for index, rule in enumerate(problem.rules):
        if isinstance(rule, Limit) and rule.key == HOST and rule.domain is not None:
            mend = "leave the domain out, for every node; what one node may hold makes a type of its own"
            raise InputError("a limit of one host", field=f"rules[{index}]", mend=mend)
    for key, domain in problem.domains.items():
        if len(domain) != len(problem.capacity):
            raise InputError(f"{len(domain)} domains for {len(problem.capacity)} types", field=f"domains[{key}]")
    if len(problem.class_of) != problem.count[~problem.phantom].sum():
        raise InputError(f"{len(problem.class_of)} pods, but the classes have {problem.count.sum()}", field="class_of")
