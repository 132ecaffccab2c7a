"""Greedy: place many pods, one after the other, by any profile."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from schedlab.cluster import ClusterView, Plan
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluate import Evaluator
from schedlab.scoring.evaluation import Evaluation
from schedlab.scoring.explain import summarize
from schedlab.scoring.order import key_of, lane_key_of, lane_of
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from schedlab.cluster import Cluster
    from schedlab.cluster.plan import Binding
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.profile import Ties


def greedy(
    cluster: Cluster, pods: Sequence[int], scheduler: Any = "best_fit", *, seed: int = 0, ties: Ties = "rank"
) -> Plan:
    """Place pending pods one after the other, each seeing those before it; the cluster is left as it was.

    The order is that of the profile's ``key``, where it has one: ``@order`` makes first fit decreasing out of first
    fit. Else it is the highest priority first, then as given. Lanes, where it has them, are asked before each pod.

    Parameters
    ----------
    pods
        Rows of pending pods.
    scheduler
        What `Profile.of` takes.
    seed, ties
        As in a replay.

    Returns
    -------
    Plan
        A group for each pod that fits, in the order in which they were placed, and the others as unschedulable.

    Raises
    ------
    PluginError
        If a plug-in raises or breaks its contract.
    """
    profile, view = Profile.of(scheduler, ties=ties), ClusterView(cluster, seed)
    evaluator = Evaluator(profile, view)
    groups: list[tuple[Binding, ...]] = []
    unschedulable = []
    with cluster.hypothesis():
        for pod in _ordered(pods, profile, view):
            found = evaluator.choose(pod)
            if isinstance(found, Evaluation) and found.total is None:
                unschedulable.append((pod, summarize(found, view, pod)))
                continue
            groups.append((binding(found, evaluator, pod, seed),))
            cluster.apply(Plan((groups[-1],)))
    return Plan(tuple(groups), tuple(unschedulable))


def _ordered(pods: Sequence[int], profile: Profile, view: ClusterView) -> Iterator[int]:
    order = profile.order
    if order is None:
        yield from sorted(pods, key=lambda pod: -view.pod_class(pod).priority)
        return
    keys: dict[int, Any] = {}
    last = None
    for pod in pods:
        last = keys[pod] = key_of(order, view, pod, last)
    waiting = sorted(pods, key=keys.__getitem__)
    yield from waiting if order.lane is None else _by_lane(waiting, order, view)


def _by_lane(waiting: Sequence[int], order: Plugin, view: ClusterView) -> Iterator[int]:
    """Yield pods as the lanes are before each; of equal lanes the one whose first pod comes first gives its own."""
    lanes: dict[Hashable, deque[tuple[int, int]]] = {}
    for place, pod in enumerate(waiting):
        lanes.setdefault(lane_of(order, view, pod), deque()).append((place, pod))
    while lanes:
        best: tuple[Any, int, Hashable] | None = None
        for lane, (head, *_) in lanes.items():
            key = lane_key_of(order, view, lane, head[1], best and best[0])
            if best is None or (key, head[0]) < best[:2]:
                best = key, head[0], lane
        assert best is not None
        yield lanes[best[2]].popleft()[1]
        if not lanes[best[2]]:
            del lanes[best[2]]
