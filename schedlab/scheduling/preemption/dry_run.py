"""Dry runs: what would have to go from a node for a pod to fit there.

All pods of lower priority are taken off. If the pod fits then, they are put back one at a time, those whose eviction
violates a budget first, the most important first, and those with which it does not fit are the victims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster import Binding, Eviction, Plan
from schedlab.cluster.node_views import Subset
from schedlab.scheduling.preemption.choice import Candidate
from schedlab.scoring.evaluation import passes
from schedlab.scoring.explain import reasons_on, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView, Outcome
    from schedlab.plugins.api import Plugin
    from schedlab.scheduling.preemption.victims import Lower
    from schedlab.scoring.trial import Trial

Status = dict[str, Any]
NO_VICTIMS: Status = {
    "ok": False,
    "code": "UnschedulableAndUnresolvable",
    "reasons": ["No preemption victims found for incoming pod"],
}


class Nodes(NamedTuple):
    """Some nodes, int64 (n,), their pods of lower priority, and which of these violate a budget, bool (S, n)."""

    positions: NDArray[np.int64]
    lower: Lower
    violating: NDArray[np.bool_]

    def take(self, where: NDArray[np.bool_]) -> Nodes:
        """Return some of them."""
        if where.all():
            return self
        lower = self.lower._replace(pods=self.lower.pods[:, where], there=self.lower.there[:, where])
        return Nodes(self.positions[where], lower, self.violating[:, where])


def by_views(trial: Trial, nodes: Nodes, view: ClusterView) -> dict[int, Candidate | Status]:
    """Return what is found of nodes without evicting anybody, by position; of others nothing.

    These are nodes with guests, and those that pass if a filter is far.
    """
    empty = ~nodes.lower.there.any(axis=0)
    found: dict[int, Candidate | Status] = dict.fromkeys(nodes.positions[empty].tolist(), NO_VICTIMS)
    if trial.rejection is not None:  # evictions may change that
        return found
    guests = view.guests(view.pod(trial.pod))
    hosts = np.zeros(0, np.int64) if guests is None else guests.positions
    nodes = nodes.take(~empty & ~np.isin(nodes.positions, hosts))
    if len(nodes.positions):
        passed, statuses = emptied(trial, nodes, view)
        found |= statuses
        if not trial.far and passed.any():
            found |= {each.position: each for each in at_once(trial, nodes.take(passed), view)}
    return found


def emptied(trial: Trial, nodes: Nodes, view: ClusterView) -> tuple[NDArray[np.bool_], dict[int, Status]]:
    """Ask the near filters with all lower pods gone.

    Returns
    -------
    bool (n,), dict
        Which nodes pass, and the status of those of which it is known: a far filter that comes before the one that
        rejects might have rejected them too, and for another reason.
    """
    views = _views(trial, nodes, view)
    passed = np.ones(len(nodes.positions), np.bool_)
    known: dict[int, Status] = {}
    for plugin in trial.filters:
        if plugin not in trial.near:
            continue
        seen = views[plugin.filter_scope]
        verdict = trial.ask(plugin, seen)
        new = passed & ~passes(verdict)
        passed &= ~new
        if not trial.far or trial.filters.index(plugin) < trial.filters.index(trial.far[0]):
            known |= _statuses(plugin, verdict, new, seen, nodes.positions, trial.pod, view)
    return passed, known


def _views(trial: Trial, nodes: Nodes, view: ClusterView) -> dict[str, Any]:
    """Return the nodes with all lower pods gone, by scope, as far as a near filter is to see them."""
    scopes = {plugin.filter_scope for plugin in trial.near}
    views: dict[str, Any] = {
        scope: view.thinned(scope, nodes.positions, nodes.lower.pods, nodes.lower.there.copy())
        for scope in sorted(scopes - {"static"})
    }
    return views | {"static": Subset(view.nodes("static"), nodes.positions)}


def _statuses(
    plugin: Plugin,
    verdict: NDArray[Any],
    new: NDArray[np.bool_],
    seen: Subset,
    positions: NDArray[np.int64],
    pod: int,
    view: ClusterView,
) -> dict[int, Status]:
    at = np.flatnonzero(new)
    if not len(at):
        return {}
    found = reasons_on(plugin, view, pod, seen.only(at))
    return {
        int(positions[i]): status(plugin, int(verdict[i]) or 1, [text for text, on in found.items() if on[place]])
        for place, i in enumerate(at.tolist())
    }


def at_once(trial: Trial, nodes: Nodes, view: ClusterView) -> list[Candidate]:
    """Return the candidates for a pod all of whose filters are near, on nodes that pass once they are emptied.

    A loop over the pods of a node, from most to least important, for all nodes at once.
    """
    lower = nodes.lower
    views = _views(trial, nodes, view)
    victims = np.zeros(lower.there.shape, np.bool_)
    asked = [plugin for plugin in trial.near if plugin.filter_scope != "static"]
    del views["static"]
    for turn in (lower.there & nodes.violating, lower.there & ~nodes.violating):
        for slot in np.flatnonzero(turn.any(axis=1)).tolist():
            where = turn[slot]
            for thin in views.values():
                thin.put_back(slot, where)
            fits = np.ones(len(nodes.positions), np.bool_)
            for plugin in asked:
                fits &= passes(trial.ask(plugin, views[plugin.filter_scope]))
            out = where & ~fits
            if out.any():
                for thin in views.values():
                    thin.take_off(slot, out)
                victims[slot] = victims[slot] | out
    violations = (victims & nodes.violating).sum(axis=0).tolist()
    pods, sizes = lower.pods.T[victims.T].tolist(), victims.sum(axis=0)
    ends = np.cumsum(sizes).tolist()
    found = zip(nodes.positions.tolist(), ends, sizes.tolist(), violations, strict=True)
    return [Candidate(position, tuple(pods[end - size : end]), number) for position, end, size, number in found]


def one_by_one(trial: Trial, node: Nodes, view: ClusterView) -> Candidate | Status:
    """Return a node as a candidate, or why it is none; its pods are really evicted, in a hypothesis."""
    (position,) = node.positions.tolist()
    there = node.lower.there[:, 0]
    pods, violating = node.lower.pods[there, 0].tolist(), node.violating[there, 0].tolist()
    held = {pod: view.devices(pod) for pod in pods}
    uid, generation = int(view.nodes("static").uid[position]), view.generation(position)
    victims = set[int]()
    with view.hypothesis() as apply:
        _do(apply, [Eviction(pod, int(view.pods.attempt[pod]), "Preempted") for pod in pods])
        trial.again()
        rejected = trial.rejected(position)
        if rejected is not None:
            if rejected.reject is not None:
                return status(rejected.plugin, rejected.reject, [rejected.reject.reason])
            found = reasons_on(rejected.plugin, view, trial.pod, rejected.nodes)
            return status(rejected.plugin, rejected.code, [text for text, on in found.items() if on[0]])
        for turn in (True, False):
            for pod in (pod for pod, violates in zip(pods, violating, strict=True) if violates is turn):
                attempt = int(view.pods.attempt[pod])
                _do(apply, [Binding(pod, attempt, uid, generation, held[pod])])
                trial.again()
                if trial.rejected(position) is not None:
                    _do(apply, [Eviction(pod, attempt, "Preempted")])
                    victims.add(pod)
    number = sum(pod in victims for pod, violates in zip(pods, violating, strict=True) if violates)
    return Candidate(position, tuple(pod for pod in pods if pod in victims), number)


def _do(apply: Callable[[Plan], Outcome], actions: list[Any]) -> None:
    outcome = apply(Plan(tuple((action,) for action in actions)))
    assert not outcome.refused, outcome.refused
