"""Evaluate: run a profile's filters and scores for one pod over all nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schedlab.cluster import ClusterView
from schedlab.cluster.views import PodView, Subset
from schedlab.errors import PluginError, SchedlabError
from schedlab.plugins.api import SKIP, Plugin
from schedlab.scoring.normalize import normalize
from schedlab.scoring.profile import Profile

LOCAL = ("static", "node")  # scopes in which a node's verdict depends on the pod's class and that node alone


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a profile says of one pod; nodes by position.

    Attributes
    ----------
    feasible
        bool (N,).
    verdicts
        Per filter that ran: the plug-in and its bool or integer (N,).
    raw, normalized
        Per score that ran (that was not skipped), by the plug-in's name: (N,). Empty if no node is feasible.
    total
        float64 (N,), -inf where infeasible; None if no node is feasible.
    """

    feasible: NDArray[np.bool_]
    verdicts: tuple[tuple[Plugin, NDArray[Any]], ...]
    raw: dict[str, NDArray[Any]]
    normalized: dict[str, NDArray[Any]]
    total: NDArray[np.float64] | None


class Evaluator:
    """A profile at work on a cluster."""

    def __init__(self, profile: Profile, view: ClusterView) -> None:
        self.profile, self.view = profile, view
        self.local = all(plugin.filter_scope in LOCAL and not plugin.prepare for plugin in profile.filters)
        self._preparing = tuple(
            {plugin.name: plugin for plugin in (*profile.filters, *(s.plugin for s in profile.scores))
             if plugin.prepare}.values()
        )  # fmt: skip

    def evaluate(self, pod: int) -> Evaluation:
        """Filter all nodes and score the feasible ones.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        view = self.view
        subject = view.pod(pod)
        whole = view.nodes("cluster")
        states = {plugin.name: self._call(plugin, plugin.prepare, subject, subject, view) for plugin in self._preparing}
        feasible = np.ones(len(whole), np.bool_)
        verdicts = []
        for plugin in self.profile.filters:
            if states.get(plugin.name) is not SKIP:
                verdict = self._filter(plugin, subject, view.nodes(plugin.filter_scope), states)
                feasible &= verdict if verdict.dtype == np.bool_ else verdict == 0
                verdicts.append((plugin, verdict))
        if not feasible.any():
            return Evaluation(feasible, tuple(verdicts), {}, {}, None)
        whole.feasible = feasible
        raw, normalized, total = self._score(subject, feasible, states)
        return Evaluation(feasible, tuple(verdicts), raw, normalized, total)

    def could_fit(self, pod: int, positions: NDArray[np.int64]) -> bool:
        """Tell whether a pod passes every filter on one of some nodes; for profiles whose filters are `local`."""
        subject = self.view.pod(pod)
        feasible = np.ones(len(positions), np.bool_)
        for plugin in self.profile.filters:
            nodes = Subset(self.view.nodes(plugin.filter_scope), positions)
            verdict = self._filter(plugin, subject, nodes, {})
            feasible &= verdict if verdict.dtype == np.bool_ else verdict == 0
        return bool(feasible.any())

    def _score(
        self, subject: PodView, feasible: NDArray[np.bool_], states: dict[str, Any]
    ) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], NDArray[np.float64]]:
        total = np.zeros(len(feasible))
        raws, normalized = {}, {}
        for score in self.profile.scores:
            plugin = score.plugin
            if states.get(plugin.name) is SKIP:
                continue
            seen = subject if plugin.score_scope == "cluster" else subject.shared
            extra = (states[plugin.name],) if plugin.name in states else ()
            raw = self._call(plugin, plugin.score, subject, seen, self.view.nodes(plugin.score_scope), *extra)
            raw = raws[plugin.name] = self._shaped(plugin, subject, raw, len(feasible))
            scaled = normalized[plugin.name] = normalize(raw, feasible, score.normalize)
            total += scaled if score.weight == 1 else score.weight * scaled
        np.copyto(total, -np.inf, where=~feasible)
        if not np.isfinite(total.max()):
            self._blame(subject, feasible, raws)
        return raws, normalized, total

    def _filter(self, plugin: Plugin, subject: PodView, nodes: Any, states: dict[str, Any]) -> NDArray[Any]:
        seen = subject if plugin.filter_scope == "cluster" else subject.shared
        extra = (states[plugin.name],) if plugin.name in states else ()
        verdict = self._call(plugin, plugin.filter, subject, seen, nodes, *extra)
        verdict = self._shaped(plugin, subject, verdict, len(nodes))
        if verdict.dtype == np.bool_:
            return verdict
        if verdict.dtype.kind != "i":
            raise self._error(plugin, subject, f"the filter gave {verdict.dtype}; return bool or signed integers")
        codes = (0, *(plugin.codes or ()))
        if verdict.size and not (min(codes) <= verdict.min() and verdict.max() <= max(codes)):
            raise self._error(plugin, subject, f"the filter gave a code that it does not declare; declared: {codes}")
        return verdict

    def _shaped(self, plugin: Plugin, subject: PodView, value: Any, size: int) -> NDArray[Any]:
        array = np.asarray(value)
        if array.dtype.kind not in "bif":
            raise self._error(plugin, subject, f"it gave {array.dtype}; return numbers, one for each node")
        if array.shape != (size,):
            try:
                array = np.broadcast_to(array, (size,))
            except ValueError:
                text = f"it gave shape {array.shape} for {size} nodes; return one value for each node"
                raise self._error(plugin, subject, text) from None
        return array

    def _call(self, plugin: Plugin, function: Any, subject: PodView, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except SchedlabError:
            raise
        except Exception as error:
            raise self._error(plugin, subject, f"{type(error).__name__}: {error}") from error

    def _blame(self, subject: PodView, feasible: NDArray[np.bool_], raws: dict[str, NDArray[Any]]) -> None:
        for score in self.profile.scores:
            bad = ~np.isfinite(raws.get(score.plugin.name, np.zeros(()))) & feasible
            if bad.any():
                node = self.view.node_name(int(np.flatnonzero(bad)[0]))
                raise self._error(score.plugin, subject, f"the score of node {node} is not finite (NaN or infinite)")
        raise self._error(self.profile.scores[-1].plugin, subject, "the total score is not finite")

    def _error(self, plugin: Plugin, subject: PodView, text: str) -> PluginError:
        return PluginError(plugin.name, subject.name, text, time=self.view.now)
