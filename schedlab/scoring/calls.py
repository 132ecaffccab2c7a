"""Calls: a profile's plug-ins asked with arrays. Each sees what its scope shows, and its answer is checked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.pod_views import ClassView, PodView
from schedlab.errors import PluginError, SchedlabError
from schedlab.plugins.api import UNRESOLVABLE, Plugin, Reject, Skip
from schedlab.scoring.evaluation import skips
from schedlab.scoring.incremental import Part, shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.node_views import Scope
    from schedlab.scoring.prepared import Preparing

STATIC_CELLS = 8_000_000  # kept answers of static rules, at most 64 MB; beyond that they are asked for anew


class Calls:
    """Who is asked, and about which pod, so that a fault has a name.

    Attributes
    ----------
    running
        The plug-in under way.
    subject
        The pod under way, for calls that see its class only.
    """

    def __init__(self, name: str, view: ClusterView) -> None:
        self.running = Plugin(name, None)
        self.subject: Any = None
        self._view = view
        self._static: dict[tuple[Any, Any], NDArray[Any]] = {}  # answers of static rules, by class
        self._specs = -1  # the state of the nodes' specs that they hold for

    def prepare(self, subject: PodView, preparing: Preparing) -> dict[str, Any]:
        """Ask some ``prepare`` about a pod, up to the first that rejects it for good; return their states by name."""
        states: dict[str, Any] = {}
        with np.errstate(all="ignore"):
            for plugin, prepare in preparing:
                self.running = plugin
                state = prepare(subject.shown_to(plugin.name, oracle=plugin.oracle), self._view)
                states[plugin.name] = state
                if type(state) is Reject and state.code == UNRESOLVABLE:
                    break
        return states

    def ask_part(self, part: Part, pod: ClassView, nodes: Any) -> NDArray[Any]:
        """Call a kept part with arrays and check its answer."""
        self.running = part.plugin
        state = () if part.plugin.prepare is None else (None,)
        with np.errstate(all="ignore"):
            answer = self.shaped(part.function(pod, nodes, *state), (len(nodes),), pod)
        if part.filters:
            self.passed(answer, pod)
        return answer

    def ask(
        self,
        function: Any,
        scope: Scope,
        subject: PodView,
        states: dict[str, Any],
        shape: tuple[int, ...],
        some: Any = None,
    ) -> NDArray[Any] | None:
        """Call a filter or score with what its scope may see of all or some nodes; return (N,), None if skipped."""
        plugin = self.running
        seen = subject.shown_to(plugin.name, oracle=plugin.oracle) if scope == "cluster" else subject.shared
        nodes = self._view.nodes(scope) if some is None else some
        if plugin.prepare is None:
            if scope == "static" and some is None:
                return self._ask_once(function, nodes, shape, subject)
            return self.shaped(function(seen, nodes), shape, subject)
        state = states[plugin.name]
        if isinstance(state, Skip):
            if skips(state, function == plugin.filter):
                return None
            state = state.state
        return self.shaped(function(seen, nodes, state), shape, subject)

    def _ask_once(self, function: Any, nodes: Any, shape: tuple[int, ...], subject: PodView) -> NDArray[Any]:
        """Call a static filter or score once for a pod class, until a node's spec changes."""
        specs = self._view.log.specs
        if specs != self._specs or len(self._static) * shape[0] > STATIC_CELLS:
            self._static.clear()
            self._specs = specs
        plugin = self.running
        facets = plugin.filter_facets if function == plugin.filter else plugin.score_facets
        key = function, shared(facets, subject.shared)
        if key not in self._static:
            self._static[key] = self.shaped(function(subject.shared, nodes), shape, subject).copy()
        return self._static[key]

    def passed(self, verdict: NDArray[Any], subject: Any) -> NDArray[np.bool_]:
        """Return where a filter passes, bool (N,); its codes must be declared."""
        if verdict.dtype == np.bool_:
            return verdict
        if verdict.dtype.kind == "f":
            raise self.error(subject, "the filter gave floats; return bool or signed integers")
        passed: NDArray[np.bool_] = verdict == 0
        known = passed
        for code in self.running.codes or ():
            known = known | (verdict == code)
        if not known.all():
            codes = sorted(self.running.codes or ())
            text = f"the filter gave code {verdict[~known][0]}, which is not among those it declares, {codes}"
            raise self.error(subject, text)
        return passed

    def shaped(self, answer: Any, shape: tuple[int, ...], subject: Any) -> NDArray[Any]:
        """Return an answer as numbers of that shape, or raise the fault."""
        array = answer if type(answer) is np.ndarray else np.asarray(answer)
        if array.dtype.kind not in "bif":
            raise self.error(subject, f"it gave {array.dtype}; return numbers, one for each node")
        if array.shape != shape:
            try:
                array = np.broadcast_to(array, shape)
            except ValueError:
                text = f"it gave shape {array.shape} for {shape[0]} nodes; return one value for each node"
                raise self.error(subject, text) from None
        return array

    @contextmanager
    def blamed(self, subject: Any) -> Iterator[None]:
        """Let whatever a plug-in raises be a fault of the one under way."""
        try:
            with np.errstate(all="ignore"):  # a plug-in's 0/0 is reported by name where it matters
                yield
        except SchedlabError:
            raise
        except Exception as error:
            raise self.error(subject, f"{type(error).__name__}: {error}") from error

    def error(self, subject: Any, text: str) -> PluginError:
        """Return a fault of the plug-in under way."""
        whose = self.subject if isinstance(subject, ClassView) else subject
        return PluginError(self.running.name, whose.name, text, time=self._view.now)
