"""Trial: the filters of one pod asked again, on some nodes, and of a cluster that was changed for a hypothesis."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.hosting import Hosting
from schedlab.cluster.node_views import Subset, frozen
from schedlab.plugins.api import Reject, Skip
from schedlab.scoring.could_fit import OWN
from schedlab.scoring.evaluation import local, rejection_by, skips

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.calls import Calls


class Rejection(NamedTuple):
    """Why a node is out: the filter that was the first to reject it, its code, and the nodes as it saw them.

    Where ``prepare`` rejected the pod on every node, ``reject`` says how.
    """

    plugin: Plugin
    code: int
    nodes: Any
    reject: Reject | None = None


class Trial:
    """The filters that a pod's cycle does not skip.

    A filter that is skipped in the cluster as it is stays out in any hypothesis, and one that is not stays in, as in
    kube-scheduler, where PreFilter runs once.

    Attributes
    ----------
    filters
        In the order of the profile.
    near
        Those whose verdict on a node hangs on the pod's state and that node alone, its guests included.
    far
        The others.
    """

    def __init__(self, filters: Iterable[Plugin], calls: Calls, view: ClusterView, pod: int) -> None:
        self.pod, self._calls, self._view = pod, calls, view
        self._all = tuple(filters)
        calls.subject = self._subject = view.pod(pod)
        self._states: dict[str, Any] = {}
        self.filters = self._all
        self.again()
        self.filters = tuple(each for each in self._all if not skips(self._states.get(each.name), filters=True))
        self.near = tuple(each for each in self.filters if local(each) or each.guests)
        self.far = tuple(each for each in self.filters if each not in self.near)

    @property
    def rejection(self) -> tuple[Plugin, Reject] | None:
        """What ``prepare`` said last that rejects the pod on every node."""
        return rejection_by(self._all, self._states)

    def again(self) -> None:
        """Prepare anew, the cluster having changed."""
        with self._calls.blamed(self._subject):
            preparing = tuple((each, each.prepare) for each in self.filters if each.prepare)
            self._states = self._calls.prepare(self._subject, preparing)
            self._view.nodes("cluster").feasible = frozen(np.ones(len(self._view.nodes("static")), np.bool_))

    def fits(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return bool (n,): which of some nodes pass, also with the pods that are nominated for them."""
        if self.rejection is not None:
            return np.zeros(len(positions), np.bool_)
        with self._calls.blamed(self._subject):
            passed = np.ones(len(positions), np.bool_)
            for _, verdict, _ in self._plain(positions):
                passed &= self._calls.passed(verdict, self._subject)
            for at, _, verdict, _ in self._hosting(positions):
                passed[at] &= self._calls.passed(verdict, self._subject)
            return passed

    def rejected(self, position: int) -> Rejection | None:
        """Return why a node is out, None if it is not; what nominated pods forbid comes first."""
        if self.rejection is not None:
            plugin, reject = self.rejection
            return Rejection(plugin, 0, None, reject)
        where = np.array([position])
        with self._calls.blamed(self._subject):
            hosting = (each[1:] for each in self._hosting(where))
            for plugin, verdict, nodes in chain(hosting, self._plain(where)):
                if not self._calls.passed(verdict, self._subject)[0]:
                    return Rejection(plugin, int(verdict[0]) or 1, nodes)
        return None

    def ask(self, plugin: Plugin, nodes: Any) -> NDArray[Any]:
        """Return what a near filter says of some nodes, seen through a view that was made for this."""
        with self._calls.blamed(self._subject):
            self._calls.running = plugin
            verdict = self._asked(plugin, nodes, len(nodes))
            self._calls.passed(verdict, self._subject)
            return verdict

    def _plain(self, positions: NDArray[np.int64]) -> Iterator[tuple[Plugin, NDArray[Any], Any]]:
        """Yield filters, what they say of some nodes, and these as they see them."""
        for plugin in self._running():
            nodes = Subset(self._view.nodes(plugin.filter_scope), positions)
            assert plugin.filter is not None
            anothers = not plugin.filter.__module__.startswith(OWN)  # it may look at all nodes at once
            kept = plugin.filter_scope == "static" and plugin.prepare is None
            if kept or (plugin.filter_scope == "cluster" and anothers):
                yield plugin, self._asked(plugin, None)[positions], nodes
            else:
                yield plugin, self._asked(plugin, nodes, len(positions)), nodes

    def _hosting(self, positions: NDArray[np.int64]) -> Iterator[tuple[Any, Plugin, NDArray[Any], Any]]:
        """Yield the same for the nodes that have guests, these taken for bound, with their places in ``positions``."""
        guests = self._view.guests(self._subject)
        if guests is None or not (mine := np.isin(guests.positions, positions)).any():
            return
        guests = guests._replace(positions=guests.positions[mine], counts=guests.counts[:, mine])
        order = np.argsort(positions)
        at = order[np.searchsorted(positions[order], guests.positions)]
        for plugin in self._running():
            nodes = Hosting(self._view.nodes(plugin.filter_scope), guests)
            yield at, plugin, self._asked(plugin, nodes, len(nodes)), nodes

    def _running(self) -> Iterator[Plugin]:
        """Yield the filters that can be asked: a ``prepare`` may find nothing left to do, and give no state."""
        for plugin in self.filters:
            self._calls.running = plugin
            state: Any = self._states.get(plugin.name)
            if not (skips(state, filters=True) and state.state is None):
                yield plugin

    def _asked(self, plugin: Plugin, nodes: Any, count: int | None = None) -> NDArray[Any]:
        state = self._states.get(plugin.name)
        states = {plugin.name: state.state} if isinstance(state, Skip) else self._states
        shape = (len(self._view.nodes("static")) if count is None else count,)
        verdict = self._calls.ask(plugin.filter, plugin.filter_scope, self._subject, states, shape, nodes)
        assert verdict is not None
        return verdict
