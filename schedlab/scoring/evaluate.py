"""Evaluate: run a profile's filters and scores for one pod over all nodes."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.node_views import Subset, frozen
from schedlab.cluster.pod_views import ClassBatch, ClassView, PodView
from schedlab.errors import PluginError, SchedlabError
from schedlab.plugins.api import SKIP, Plugin
from schedlab.scoring.normalize import normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.node_views import Scope
    from schedlab.scoring.profile import Profile

STATIC_CELLS = 8_000_000  # kept answers of static rules, at most 64 MB; beyond that they are asked for anew
OWN = "schedlab.plugins."
LOCAL = ("static", "node")  # scopes in which a node's verdict depends on the pod's class and that node alone


class Evaluation(NamedTuple):
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
    best
        The first position with the highest total; -1 if no node is feasible.
    """

    feasible: NDArray[np.bool_]
    verdicts: tuple[tuple[Plugin, NDArray[Any]], ...]
    raw: dict[str, NDArray[Any]]
    normalized: dict[str, NDArray[Any]]
    total: NDArray[np.float64] | None
    best: int


class Evaluator:
    """A profile at work on a cluster."""

    def __init__(self, profile: Profile, view: ClusterView) -> None:
        self.profile, self.view = profile, view
        self.local = all(plugin.filter_scope in LOCAL and not plugin.prepare for plugin in profile.filters)
        plugins = {plugin.name: plugin for plugin in (*profile.filters, *(score.plugin for score in profile.scores))}
        self._preparing = tuple((plugin, plugin.prepare) for plugin in plugins.values() if plugin.prepare)
        scopes = [plugin.filter_scope for plugin in profile.filters] + [s.plugin.score_scope for s in profile.scores]
        self._wide = "cluster" in scopes
        self._static: dict[tuple[Any, int], NDArray[Any]] = {}  # answers of static rules, by class
        self._specs = -1  # the state of the nodes' specs that they hold for
        self._running = Plugin(profile.name, None)  # whom a fault is blamed on

    def evaluate(self, pod: int) -> Evaluation:
        """Filter all nodes and score the feasible ones.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        subject = self.view.pod(pod)
        try:
            with np.errstate(all="ignore"):  # a plug-in's 0/0 is reported by name where it matters
                return self._evaluate(subject)
        except SchedlabError:
            raise
        except Exception as error:
            raise self._error(subject, f"{type(error).__name__}: {error}") from error

    def _evaluate(self, subject: PodView) -> Evaluation:
        whole = self.view.nodes("cluster")
        shape = (len(whole),)
        if self._wide:
            whole.feasible = frozen(np.ones(shape, np.bool_))  # not the last pod's
        states: dict[str, Any] = {}
        for plugin, prepare in self._preparing:
            self._running = plugin
            states[plugin.name] = prepare(subject, self.view)
        feasible: NDArray[np.bool_] | None = None
        verdicts = []
        for plugin in self.profile.filters:
            self._running = plugin
            verdict = self._ask(plugin.filter, plugin.filter_scope, subject, states, shape)
            if verdict is None:
                continue
            if verdict.dtype.kind == "f":
                raise self._error(subject, "the filter gave floats; return bool or signed integers")
            passed = verdict if verdict.dtype == np.bool_ else self._decoded(verdict, subject)
            feasible = passed if feasible is None else feasible & passed
            verdicts.append((plugin, verdict))
        if feasible is None:
            feasible = np.ones(shape, np.bool_)
        if not feasible.any():
            return Evaluation(feasible, tuple(verdicts), {}, {}, None, -1)
        if self._wide:
            whole.feasible = frozen(feasible)
        return Evaluation(feasible, tuple(verdicts), *self._score(subject, feasible, states))

    def _decoded(self, verdict: NDArray[Any], subject: PodView) -> NDArray[np.bool_]:
        codes = (0, *(self._running.codes or ()))
        if verdict.size and not min(codes) <= verdict.min() <= verdict.max() <= max(codes):
            raise self._error(subject, f"the filter gave a code beyond those it declares, {sorted(codes[1:])}")
        passed: NDArray[np.bool_] = verdict == 0
        return passed

    def _ask(
        self, function: Any, scope: Scope, subject: PodView, states: dict[str, Any], shape: tuple[int, ...]
    ) -> NDArray[Any] | None:
        """Call a filter or score with what its scope may see; return numbers (N,), None if it is skipped."""
        seen = subject if scope == "cluster" else subject.shared
        nodes = self.view.nodes(scope)
        if self._running.prepare is None:
            if scope == "static":
                return self._ask_once(function, nodes, shape, subject)
            return self._shaped(function(seen, nodes), shape, subject)
        state = states[self._running.name]
        return None if state is SKIP else self._shaped(function(seen, nodes, state), shape, subject)

    def _ask_once(self, function: Any, nodes: Any, shape: tuple[int, ...], subject: PodView) -> NDArray[Any]:
        """Call a static filter or score once for a pod class, until a node's spec changes."""
        specs = self.view.log.specs
        if specs != self._specs or len(self._static) * shape[0] > STATIC_CELLS:
            self._static.clear()
            self._specs = specs
        key = function, subject.shared.index
        if key not in self._static:
            self._static[key] = self._shaped(function(subject.shared, nodes), shape, subject).copy()
        return self._static[key]

    def could_fit(self, classes: Sequence[int], positions: NDArray[np.int64]) -> set[int]:
        """Return those of some pod classes that may pass on one of some nodes; for `local` filters.

        Only filters of scope node are asked: they are what changes as pods come and go. All classes are put to a
        filter at once, (R, P, 1) against (R, 1, N).
        """
        subset = Subset(self.view.nodes("node"), positions)
        views = [self.view.class_view(index) for index in classes]
        passed = np.ones((len(classes), len(subset)), np.bool_)
        with np.errstate(all="ignore"):
            for plugin in self.profile.filters:
                if plugin.filter_scope == "node":
                    passed &= self._batch(plugin, views, subset)
        return {classes[row] for row in np.flatnonzero(passed.any(axis=1)).tolist()}

    def _batch(self, plugin: Plugin, classes: list[ClassView], nodes: Subset) -> NDArray[np.bool_]:
        """Return bool (P, N), in one call if the plug-in broadcasts, else class by class."""
        assert plugin.filter is not None
        shape = (len(classes), len(nodes))
        verdict: NDArray[Any] = np.zeros(())
        # The package's rules are written to broadcast; another's may read one class's value for all of them.
        # And a vector over resources must not pass for one over pods.
        if plugin.filter.__module__.startswith(OWN) and len(classes) not in (1, len(classes[0].demand)):
            with suppress(Exception):  # the class-by-class evaluation below meets it again
                verdict = np.asarray(plugin.filter(ClassBatch(classes), nodes.for_batch()))
        if verdict.shape != shape:
            try:
                answers = [np.asarray(plugin.filter(each, nodes)) for each in classes]
                passed = [each if each.dtype == np.bool_ else each == 0 for each in answers]  # a filter may mix the two
                return np.stack([np.broadcast_to(each, len(nodes)) for each in passed])
            except Exception:  # a real fault: let the full evaluation meet it and report it
                return np.ones(shape, np.bool_)
        return verdict if verdict.dtype == np.bool_ else verdict == 0

    def _score(
        self, subject: PodView, feasible: NDArray[np.bool_], states: dict[str, Any]
    ) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], NDArray[np.float64], int]:
        weighted, raws, normalized = [], {}, {}
        for score in self.profile.scores:
            self._running = plugin = score.plugin
            raw = scaled = self._ask(plugin.score, plugin.score_scope, subject, states, feasible.shape)
            if raw is None or scaled is None:
                continue
            if score.normalize != "none":
                if not math.isfinite(np.add.reduce(raw)):  # the normaliser might hide it
                    self._blame({plugin.name: raw}, feasible, subject)
                scaled = self._shaped(normalize(raw, feasible, score.normalize), feasible.shape, subject)
            raws[plugin.name], normalized[plugin.name] = raw, scaled
            weighted.append(scaled if score.weight == 1 else scaled * score.weight)
        total = np.zeros(feasible.shape)
        if weighted:  # never in place on the first: it may be the plug-in's own
            total = np.add(weighted[0], weighted[1] if len(weighted) > 1 else 0.0, dtype=np.float64)
            for each in weighted[2:]:
                total += each
        low = total[total.argmin()]  # NaN counts as the smallest, and below as the largest
        np.putmask(total, ~feasible, -np.inf)
        best = int(total.argmax())
        if not (math.isfinite(low) and math.isfinite(total[best])):
            self._blame(normalized, feasible, subject)
        return raws, normalized, total, best

    def _shaped(self, answer: Any, shape: tuple[int, ...], subject: PodView) -> NDArray[Any]:
        array = answer if type(answer) is np.ndarray else np.asarray(answer)
        if array.dtype.kind not in "bif":
            raise self._error(subject, f"it gave {array.dtype}; return numbers, one for each node")
        if array.shape != shape:
            try:
                array = np.broadcast_to(array, shape)
            except ValueError:
                text = f"it gave shape {array.shape} for {shape[0]} nodes; return one value for each node"
                raise self._error(subject, text) from None
        return array

    def _blame(self, scores: dict[str, NDArray[Any]], feasible: NDArray[np.bool_], subject: PodView) -> None:
        """Raise for the first of some scores that is not finite on a feasible node; elsewhere it does not matter."""
        for score in self.profile.scores:
            self._running = score.plugin
            bad = feasible & ~np.isfinite(scores.get(score.plugin.name, np.zeros(())))
            if bad.any():
                node = self.view.node_name(int(bad.argmax()))
                raise self._error(subject, f"the score of node {node} is not finite (NaN or infinite)")

    def _error(self, subject: PodView, text: str) -> PluginError:
        return PluginError(self._running.name, subject.name, text, time=self.view.now)
