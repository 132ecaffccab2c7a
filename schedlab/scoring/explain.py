"""Explain: why a pod goes where it goes, node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import Cluster, ClusterView, facts
from schedlab.cluster.hosting import Hosting
from schedlab.cluster.node_views import Subset
from schedlab.errors import PluginError
from schedlab.plugins.api import EXCLUDED, UNRESOLVABLE, Plugin, Reject
from schedlab.scoring.evaluate import Evaluator
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from schedlab.objects import Pod
    from schedlab.scoring.evaluation import Evaluation

CODES = {True: "UnschedulableAndUnresolvable", False: "Unschedulable"}


Preempt = Callable[[Evaluator, int, "Evaluation"], dict[str, Any]]  # what would be evicted for a pod that fits nowhere


def explain(cluster: Cluster, pod: Pod, profile: Any = "kubernetes", preempt: Preempt | None = None) -> dict[str, Any]:
    """Return what a profile says of a pod that is not in the cluster yet.

    Returns
    -------
    dict
        ``filter``: per node ``{"ok": True}`` or the first filter that rejects it, its code and reasons;
        ``scores``: per score weight, and raw and normalised values of the feasible nodes; ``scoreSkipped``;
        ``total``; ``best``: all nodes with the highest total. Integers where values are whole. ``preFilter``: what
        rejected the pod before any node was looked at, if anything did; it is then every node's status.
        ``postFilter``: what ``preempt`` says, where no node is feasible and the profile preempts.
    """
    profile = Profile.of(profile)
    view = ClusterView(cluster)
    (row,) = cluster.add_pods([pod])
    nominated = pod.status.nominated_node_name in cluster.nodes.by_name
    try:
        if nominated:
            cluster.update(facts.PodNominated(row, pod.status.nominated_node_name))
        return explain_row(profile, view, row, preempt)
    finally:
        if nominated:
            cluster.update(facts.PodNominated(row, None))
        cluster.pods.forget(row)


def explain_row(profile: Profile, view: ClusterView, row: int, preempt: Preempt | None = None) -> dict[str, Any]:
    """Return what a profile says of a pod that waits in the cluster, as `explain` does.

    All nodes are told of, also by a profile that scores a sample of them.
    """
    profile = replace(profile, percentage=None)
    evaluator = Evaluator(profile, view)
    evaluation = evaluator.evaluate(row)
    names = [view.node_name(position) for position in range(len(evaluation.feasible))]
    if evaluation.total is None:
        result = _nowhere(evaluation, view, row, names)
        if preempt is not None and profile.preemption is not None and names:
            result["postFilter"] = preempt(evaluator, row, evaluation)
        return result
    result = {"filter": _statuses(evaluation, view, row, names)}
    feasible = np.flatnonzero(evaluation.feasible)
    ran = [score for score in profile.scores if score.plugin.name in evaluation.raw]
    if len(ran) < len(profile.scores):
        result["scoreSkipped"] = sorted({score.plugin.name for score in profile.scores} - set(evaluation.raw))
    if ran:
        result["scores"] = {
            score.plugin.name: {
                "weight": _whole(score.weight),
                "raw": {names[i]: _whole(evaluation.raw[score.plugin.name][i]) for i in feasible},
                "normalized": {names[i]: _whole(evaluation.normalized[score.plugin.name][i]) for i in feasible},
            }
            for score in ran
        }
    result["total"] = {names[i]: _whole(evaluation.total[i]) for i in feasible}
    result["best"] = [names[i] for i in feasible if evaluation.total[i] == evaluation.total.max()]
    return result


def _nowhere(evaluation: Evaluation, view: ClusterView, row: int, names: list[str]) -> dict[str, Any]:
    """Return what is said of a pod for which no node is feasible."""
    if evaluation.rejection is None:
        return {"filter": _statuses(evaluation, view, row, names), "best": []}
    plugin, reject = evaluation.rejection
    found = status(plugin, reject, [reject.reason])
    return {"preFilter": found, "filter": dict.fromkeys(names, found), "best": []}


def status(plugin: Plugin, verdict: int | Reject, reasons: Iterable[str]) -> dict[str, Any]:
    """Return how a node is told of that a plug-in rejects, by the code of its filter or by its ``prepare``."""
    meaning = verdict.code if isinstance(verdict, Reject) else (plugin.codes or {}).get(verdict)
    code = CODES[meaning == UNRESOLVABLE]
    return {"ok": False, "plugin": plugin.name, "code": code, "reasons": sorted(reasons)}


def summarize(evaluation: Evaluation, view: ClusterView, pod: int) -> str:
    """Return kube-scheduler's one line: "0/5 nodes are available: 3 Insufficient cpu, 2 Too many pods."."""
    if not len(evaluation.feasible):
        return "no nodes available to schedule pods"
    if evaluation.rejection is not None:
        return f"0/{len(evaluation.feasible)} nodes are available: {evaluation.rejection[1].reason}."
    counts: dict[str, int] = {}
    out, text = _excluded(evaluation)
    if out.any():
        counts[text] = int(out.sum())
    for plugin, first in _first(evaluation):
        for text, where in _texts(evaluation, plugin, view, pod, np.flatnonzero(first)).items():
            counts[text] = counts.get(text, 0) + int(where.sum())
    parts = ", ".join(
        f"{count} {text}" for text, count in sorted(counts.items(), key=lambda c: f"{c[1]} {c[0]}") if count
    )
    return f"0/{len(evaluation.feasible)} nodes are available: {parts}."


def _excluded(evaluation: Evaluation) -> tuple[Any, str]:
    """Return the nodes that were out before any filter, bool (N,), and why."""
    out, names = np.zeros(len(evaluation.feasible), np.bool_), []
    for plugin, verdict in evaluation.verdicts:
        codes = [code for code, meaning in (plugin.codes or {}).items() if meaning == EXCLUDED]
        if codes and verdict.dtype != np.bool_ and (these := np.isin(verdict, codes)).any():
            out |= these
            names.append(plugin.name)
    return out, f"node(s) didn't satisfy plugin(s) [{' '.join(sorted(names))}]"


def _first(evaluation: Evaluation) -> list[tuple[Plugin, Any]]:
    """Return for each filter the nodes that it was the first to reject; those that were never filtered are nobody's."""
    left = ~_excluded(evaluation)[0]
    found = []
    for plugin, verdict in evaluation.verdicts:
        passed = verdict if verdict.dtype == np.bool_ else verdict == 0
        found.append((plugin, left & ~passed))
        left = left & passed
    return found


def _texts(evaluation: Evaluation, plugin: Plugin, view: ClusterView, pod: int, positions: Any) -> dict[str, Any]:
    """Return the plug-in's reasons at some positions; on claimed nodes, with their nominated pods taken for bound."""
    claims = evaluation.claimed
    if claims is None or not np.isin(claims.positions, positions).any():
        return reasons_on(plugin, view, pod, Subset(view.nodes(plugin.filter_scope), positions))
    found: dict[str, Any] = {}
    claimed = np.isin(positions, claims.positions)
    among = np.isin(claims.positions, positions)
    hosting = Hosting(
        view.nodes(plugin.filter_scope),
        claims.guests._replace(positions=claims.positions[among], counts=claims.guests.counts[:, among]),
    )
    for where, nodes in ((claimed, hosting), (~claimed, Subset(view.nodes(plugin.filter_scope), positions[~claimed]))):
        for text, applies in reasons_on(plugin, view, pod, nodes).items() if len(nodes) else ():
            found.setdefault(text, np.zeros(len(positions), np.bool_))[where] = applies
    return found


def reasons_on(plugin: Plugin, view: ClusterView, pod: int, nodes: Subset) -> dict[str, Any]:
    """Return for each text of a filter that rejects some nodes, seen as it sees them, where it applies: bool (n,)."""
    if plugin.reasons is None:
        return {f"node(s) rejected by {plugin.name}": np.ones(len(nodes), np.bool_)}
    subject = view.pod(pod)
    try:
        texts = plugin.reasons(subject if plugin.filter_scope == "cluster" else subject.shared, nodes)
        return {text: np.broadcast_to(where, len(nodes)) for text, where in texts.items()}
    except Exception as error:
        raise PluginError(
            plugin.name, subject.name, f"reasons: {type(error).__name__}: {error}", time=view.now
        ) from error


def _statuses(evaluation: Evaluation, view: ClusterView, pod: int, names: list[str]) -> dict[str, Any]:
    statuses: dict[str, Any] = {name: {"ok": True} for name in names}
    out, why = _excluded(evaluation)
    for position in np.flatnonzero(out).tolist():
        statuses[names[position]] = {"ok": False, "code": CODES[True], "reasons": [why]}
    verdicts = {plugin.name: verdict for plugin, verdict in evaluation.verdicts}
    for plugin, first in _first(evaluation):
        positions = np.flatnonzero(first)
        texts = _texts(evaluation, plugin, view, pod, positions)
        for at, position in enumerate(positions.tolist()):
            code = int(verdicts[plugin.name][position]) or 1
            statuses[names[position]] = status(plugin, code, [text for text, where in texts.items() if where[at]])
    return statuses


def _whole(value: Any) -> int | float:
    return int(value) if float(value).is_integer() else float(value)
