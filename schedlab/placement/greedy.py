"""Greedy: place many pods, one after the other, by any profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.cluster import ClusterView, Plan
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluate import Evaluator
from schedlab.scoring.evaluation import Evaluation
from schedlab.scoring.explain import summarize
from schedlab.scoring.order import key_of
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import Cluster
    from schedlab.cluster.plan import Binding
    from schedlab.scoring.profile import Ties


def greedy(
    cluster: Cluster, pods: Sequence[int], scheduler: Any = "best_fit", *, seed: int = 0, ties: Ties = "rank"
) -> Plan:
    """Place pending pods one after the other, each seeing those before it; the cluster is left as it was.

    The order is that of the profile's ``key``, where it has one: ``@order`` makes first fit decreasing out of first
    fit. Else it is the highest priority first, then as given.

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


def _ordered(pods: Sequence[int], profile: Profile, view: ClusterView) -> list[int]:
    if profile.order is None:
        return sorted(pods, key=lambda pod: -view.pod_class(pod).priority)
    keys: dict[int, Any] = {}
    last = None
    for pod in pods:
        last = keys[pod] = key_of(profile.order, view, pod, last)
    return sorted(pods, key=keys.__getitem__)
