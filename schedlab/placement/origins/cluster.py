"""Cluster: pending pods, and running ones that may move, as a problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster import ClusterView
from schedlab.cluster.devices import WHOLE, asked
from schedlab.placement.origins.between import Quota, add_quota, between
from schedlab.placement.origins.filters import Filters, affinity_cost
from schedlab.placement.origins.members import Members, labels_of
from schedlab.placement.problem import LARGEST, NOWHERE, problem_of
from schedlab.placement.rules import Group, Spread
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import Cluster
    from schedlab.placement.origins.between import Between
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

MILLIONTHS = 10**6  # of a dominant share, as weights


def cluster(
    cluster: Cluster,
    pods: Sequence[int],
    movable: Sequence[int] = (),
    *,
    profile: Any = "kubernetes",
    least: Mapping[int, int] | None = None,
    keep: bool = True,
    quotas: Sequence[Quota] = (),
    name: str = "cluster",
) -> Problem:
    """Return the problem of placing pods where a profile's filters let them.

    Bound pods that may not move stay: they take room and devices, and rules between pods count them. A pod that may
    move is wherever the filters let it now, so it has to leave a node that was cordoned or tainted. What a pod is
    worth (``weight``) is the milli of devices that it takes, if any pod takes some, else its dominant share in
    millionths. Locality costs are those of `schedlab.placement.origins.filters.affinity_cost`.

    Parameters
    ----------
    pods
        Rows of pending pods.
    movable
        Rows of bound pods that may move; all are placed again.
    profile
        What `Profile.of` takes.
    least
        How many pods a gang, by number, needs at once, those that run included; of others all are needed.
    keep
        Whether all pods that may move must get a node again; else they may make room for others.
    quotas
        What pods of a namespace may take together, those that run included.

    Raises
    ------
    InputError
        If pods are in no such state, or a filter or a volume says what no problem can.
    """
    view = ClusterView(cluster)
    members = Members(cluster, pods, movable)
    filters = Filters(Profile.of(profile), view)
    rules = between(members, filters, least or {})
    devices = _devices(members)
    sizes = _sizes(members, filters, devices, {quota.resource for quota in quotas})
    for quota in quotas:
        add_quota(rules, quota, sizes.names)
    masks = [filters.passed(members.example(kind))[members.order] for kind in range(len(members.kinds))]
    costs = [affinity_cost(view, members.example(kind))[members.order] for kind in range(len(members.kinds))]
    stay = members.residents(members.classes) > 0
    made = _folded(name, members, sizes, devices.room, _stack(masks, members), _stack(costs, members), stay, rules)
    return made if keep else replace(made, required=np.zeros_like(made.required))


class Devices(NamedTuple):
    """What pods ask of devices, and what the pods that stay leave of them."""

    share: Ints  # (C, 2)
    room: list[tuple[int, ...]]  # of each node, the most first


class Sizes(NamedTuple):
    """Resources that a pod to place asks for."""

    names: tuple[str, ...]
    demand: Ints  # (C, R)
    capacity: Ints  # (N, R)
    share: Ints
    weight: Ints  # (C,)


def _stack(rows: list[NDArray[Any]], members: Members) -> NDArray[Any]:
    return np.stack(rows) if rows else np.zeros((0, len(members.order)), np.int64)


def _devices(members: Members) -> Devices:
    """Return devices; a node that has some without sharing them shows as many whole ones as it has left."""
    state, nodes = members.cluster, members.cluster.nodes
    asks = [asked(state.classes[kind.cls].requests, nodes.pools) for kind in members.kinds]
    share = np.array(asks, np.int64).reshape(-1, 2)
    room = (nodes.pool - nodes.devices).astype(np.int64)
    for row in members.rows.tolist():
        for device, milli in state.devices.of(row):
            room[device, state.pods.node[row]] += milli
    out = []
    for position in members.order.tolist():
        there = room[nodes.pool[:, position] > 0, position].tolist()
        if not there and share.any():
            counts = [int(nodes.allocatable[nodes.resources[p], position]) for p in nodes.pools if p in nodes.resources]
            there = [WHOLE] * min(64, max(counts, default=0))
        out.append(tuple(sorted((max(0, left) for left in there), reverse=True)))
    return Devices(share, out)


def _sizes(members: Members, filters: Filters, devices: Devices, limited: Collection[str]) -> Sizes:
    state, nodes, fit = members.cluster, members.cluster.nodes, filters.rule("NodeResourcesFit")
    classes = [state.classes[kind.cls] for kind in members.kinds]
    requests = np.array([cls.vectors(nodes.resources).requests[:, 0] for cls in classes], np.float64)
    requests = requests.reshape(len(classes), len(nodes.resources))
    used = nodes.used.copy()
    for row in np.flatnonzero(members.runs_on != NOWHERE).tolist():
        used[:, state.pods.node[members.rows[row]]] -= requests[members.kind_of[row]]
    left = np.maximum(nodes.allocatable - used, 0)[:, members.order].T.astype(np.int64)
    whole = nodes.allocatable.sum(axis=1)
    names, demand, capacity = [], [], []
    for resource, at in nodes.resources.items():
        if fit is None or fit.ignores(resource) or not requests[:, at].any():
            continue
        asks = np.minimum(requests[:, at], LARGEST + 1).astype(np.int64)
        if resource in limited or not _implied(resource, asks, left[:, at], devices, members):
            names.append(resource)
            demand.append(asks)
            capacity.append(left[:, at])
    weight = devices.share.prod(axis=1)
    if not weight.any() and len(classes):
        parts = np.minimum(requests / np.where(whole > 0, whole, np.inf), 1.0)
        weight = np.maximum(1, (MILLIONTHS * parts.max(axis=1, initial=0.0)).astype(np.int64))
    return Sizes(
        tuple(names),
        np.array(demand, np.int64).reshape(len(names), len(classes)).T,
        np.array(capacity, np.int64).reshape(len(names), len(members.order)).T,
        devices.share,
        weight,
    )


def _implied(resource: str, asks: Ints, left: Ints, devices: Devices, members: Members) -> bool:
    """Whether devices say all that a count or sum of them says: on no node would it run out first."""
    pools = members.cluster.nodes.pools
    count, milli = devices.share.T
    if resource in pools and len(pools) == 1:
        whole = np.array([sum(each >= WHOLE for each in room) for room in devices.room], np.int64)
        return bool(((asks == 0) | ((asks == count) & (milli == WHOLE))).all() and (left >= whole).all())
    if resource.removesuffix("-milli") in pools and len(pools) == 1:
        room = np.array([sum(room) for room in devices.room], np.int64)
        return bool((asks <= count * milli).all() and (left >= room).all())
    return False


def _folded(
    name: str,
    members: Members,
    sizes: Sizes,
    room: list[tuple[int, ...]],
    masks: NDArray[Any],
    costs: Ints,
    stay: NDArray[np.bool_],
    rules: Between,
) -> Problem:
    """Return the problem with pods and nodes that nothing tells apart as one class, one type."""
    state = members.cluster
    priority = np.array([state.classes[kind.cls].priority for kind in members.kinds], np.int64)
    of_kind, classes = _first_of_each(
        masks, costs, sizes.demand, sizes.share, sizes.weight, priority, *(crowd.members for crowd in rules.crowds)
    )
    class_of, runs = of_kind[members.kind_of], members.runs_on != NOWHERE
    current = np.zeros((len(classes), len(members.order)), np.int64)
    np.add.at(current, (class_of[runs], members.runs_on[runs]), 1)
    type_of, types = _first_of_each(
        masks[classes].T, costs[classes].T, sizes.capacity, _padded(room), current.T, stay,
        *(crowd.residents for crowd in rules.crowds), *rules.domains.values(),
        *(rule.eligible for rule in rules.rules if isinstance(rule, Spread)),
    )  # fmt: skip
    return problem_of(
        name,
        sizes.names,
        sizes.demand[classes],
        np.bincount(class_of, minlength=len(classes)),
        sizes.capacity[types],
        type_of=type_of,
        compatible=masks[np.ix_(classes, types)].astype(np.bool_),
        share=sizes.share[classes],
        devices=tuple(room[node] for node in types.tolist()),
        priority=priority[classes],
        weight=sizes.weight[classes],
        required=np.bincount(class_of[runs], minlength=len(classes)),
        locality=costs[np.ix_(classes, types)],
        current=current[:, types],
        occupied=stay[types],
        domains={key: codes[types] for key, codes in rules.domains.items()},
        groups=tuple(Group(each.name, each.members[classes], each.residents[types]) for each in rules.crowds),
        rules=tuple(replace(r, eligible=r.eligible[types]) if isinstance(r, Spread) else r for r in rules.rules),
        nodes=tuple(state.nodes.nodes[position].metadata.name for position in members.order.tolist()),
        pods=tuple(labels_of(state, members.rows.tolist())),
        class_of=class_of,
        runs_on=members.runs_on,
    )


def _padded(room: list[tuple[int, ...]]) -> Ints:
    width = max(map(len, room), default=0)
    rows = np.array([(*each, *[-1] * (width - len(each))) for each in room], np.int64)
    return rows.reshape(len(room), width)


def _first_of_each(*columns: NDArray[Any]) -> tuple[Ints, Ints]:
    """Return a number for each row, equal ones alike, as they come first, and the first row of each number.

    Rows are those of all the columns, (S,) or (S, K), side by side.
    """
    known: dict[bytes, int] = {}
    rows = np.column_stack([each.astype(np.int64) for each in columns])
    number = np.array([known.setdefault(row.tobytes(), len(known)) for row in rows], np.int64)
    return number, np.unique(number, return_index=True)[1].astype(np.int64)
