"""Plans: a placement of a cluster's pods as what `Cluster.apply` takes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from schedlab.cluster import Binding, Eviction, Plan
from schedlab.cluster.devices import WHOLE, asked
from schedlab.cluster.plan import MOVED, PREEMPTED
from schedlab.cluster.pods import NOWHERE
from schedlab.errors import SchedlabError
from schedlab.placement.origins.members import labels_of
from schedlab.placement.rules import Gang
from schedlab.placement.share_out import share_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schedlab.cluster import Cluster
    from schedlab.cluster.devices import Holding
    from schedlab.placement.problem import Problem


def plan_of(
    problem: Problem, placement: Mapping[str, tuple[str, Holding]], cluster: Cluster, *, grace: int = 0
) -> Plan:
    """Return the plan that brings about a placement of a problem that was made of this cluster, as it still is.

    Pods that move are evicted first, all or none; then each pod is bound on its own, the pods of a gang together. A
    pod that keeps its node keeps its devices too, unless the others cannot be served otherwise.

    Parameters
    ----------
    placement
        As `schedlab.placement.realise.realise` gives it; devices are chosen anew, among those that are really free.
    grace
        Of evictions, microseconds; above 0 the bindings come too early for `Cluster.apply` and are left out.

    Raises
    ------
    SchedlabError
        If a pod is not there any more, or the devices of a node cannot serve the pods placed on it.
    """
    pods, nodes = cluster.pods, cluster.nodes
    live = range(len(pods))
    row_of = dict(zip(labels_of(cluster, live), live, strict=True))
    if gone := [name for name in problem.pods if name not in row_of]:
        raise SchedlabError(f"pod {gone[0]!r} of the placement is not in the cluster")
    rows = {row_of[name]: name for name in problem.pods}
    goal = {row: nodes.find(placement[name][0]) for row, name in rows.items() if name in placement}
    moves = {row for row in rows if pods.node[row] != NOWHERE and goal.get(row) != pods.node[row]}
    devices = _devices(cluster, goal, moves)
    evictions = tuple(
        Eviction(row, int(pods.attempt[row]), MOVED if row in goal else PREEMPTED, grace)
        for row in rows
        if row in moves
    )
    bound = [row for row in goal if row in moves or pods.node[row] == NOWHERE] if not grace else []
    groups: dict[int, list[Binding]] = {}
    gang_of = _gangs(problem)
    for row in bound:
        position, gang = goal[row], gang_of.get(rows[row], -1)
        assert position is not None
        uid, generation = int(nodes.uid[position]), int(nodes.generation[position])
        action = Binding(row, int(pods.attempt[row]) + (row in moves), uid, generation, devices.get(row, ()))
        groups.setdefault(gang if gang >= 0 else -1 - row, []).append(action)
    left = tuple((row, "left out of the placement") for row in rows if row not in goal and pods.node[row] == NOWHERE)
    return Plan((*((evictions,) if evictions else ()), *map(tuple, groups.values())), left)


def _gangs(problem: Problem) -> dict[str, int]:
    """Return the number of each pod's gang, by name."""
    gangs = [problem.groups[rule.who].members for rule in problem.rules if isinstance(rule, Gang)]
    of_class = {cls: gang for gang, members in enumerate(gangs) for cls in members.nonzero()[0].tolist()}
    classes = zip(problem.pods, problem.class_of.tolist(), strict=True)
    return {name: of_class[cls] for name, cls in classes if cls in of_class}


def _devices(cluster: Cluster, goal: Mapping[int, int | None], moves: set[int]) -> dict[int, Holding]:
    """Return the devices of each pod that comes to a node; those that must give theirs up are added to ``moves``."""
    asks = {row: asked(cluster.classes[cluster.pods.cls[row]].requests, cluster.nodes.pools) for row in goal}
    comers: dict[int, list[int]] = defaultdict(list)
    keepers: dict[int, list[int]] = defaultdict(list)
    for row, position in goal.items():
        if asks[row].devices and position is not None and cluster.nodes.pool[0, position]:
            stays = cluster.pods.node[row] == position and row not in moves
            (keepers if stays else comers)[position].append(row)
    found: dict[int, Holding] = {}
    for position, coming in comers.items():
        room = _room(cluster, position, moves)
        shared = share_out(room, [asks[row] for row in coming])
        if shared is None:  # those that stay change devices too
            coming = [*keepers[position], *coming]
            moves.update(keepers[position])
            room = _room(cluster, position, moves)
            shared = share_out(room, [asks[row] for row in coming])
        if shared is None:
            name = cluster.nodes.nodes[position].metadata.name
            raise SchedlabError(f"the devices of node {name} cannot serve the pods placed on it")
        found.update(zip(coming, shared, strict=True))
    return found


def _room(cluster: Cluster, position: int, moves: Iterable[int]) -> list[int]:
    """Return the milli of each device of a node that are free once some pods are gone."""
    nodes = cluster.nodes
    room = [int(pool - used) for pool, used in zip(nodes.pool[:, position], nodes.devices[:, position], strict=True)]
    for row in moves:
        if cluster.pods.node[row] == position:
            for device, milli in cluster.devices.of(row):
                room[device] += milli
    return [min(left, WHOLE) for left in room]
