"""Filters run twice on nodes with nominated pods: with these taken for bound, and without; both must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.hosting import Hosting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.nominees import Guests
    from schedlab.plugins.api import Plugin

Verdicts = list[tuple["Plugin", "NDArray[Any]"]]


class Claims(NamedTuple):
    """The nodes that reject a pod because of pods nominated for them.

    Attributes
    ----------
    positions
        int64 (n,), in ascending order.
    verdicts
        Per filter that ran: the plug-in and its codes (n,), 0 for a pass.
    guests
        The nominated pods of these nodes.
    """

    positions: NDArray[np.int64]
    verdicts: Verdicts
    guests: Guests

    def over(self, verdicts: Verdicts) -> Verdicts:
        """Return verdicts on all nodes, (N,), with the claimed nodes' own put in."""
        own = {plugin.name: verdict for plugin, verdict in self.verdicts}
        found = []
        for plugin, verdict in verdicts:
            codes = _codes(verdict).copy()
            codes[self.positions] = own[plugin.name]
            found.append((plugin, codes))
        return found


def claims(
    filters: Iterable[Plugin],
    view: ClusterView,
    guests: Guests,
    ask: Callable[[Plugin, Hosting], NDArray[Any] | None],
) -> Claims | None:
    """Run the filters on the nodes that have guests; ``ask`` calls one, None if it is skipped.

    Returns
    -------
    Claims
        None if no such node rejects the pod.
    """
    nodes: dict[Any, Hosting] = {}
    rejected = np.zeros(len(guests.positions), np.bool_)
    verdicts: Verdicts = []
    for plugin in filters:
        scope = plugin.filter_scope
        if scope not in nodes:
            nodes[scope] = Hosting(view.nodes(scope), guests)
        verdict = ask(plugin, nodes[scope])
        if verdict is not None:
            verdicts.append((plugin, _codes(verdict)))
            rejected |= verdicts[-1][1] != 0
    if not rejected.any():
        return None
    some = [(plugin, verdict[rejected]) for plugin, verdict in verdicts]
    left = guests._replace(positions=guests.positions[rejected], counts=guests.counts[:, rejected])
    return Claims(left.positions, some, left)


def _codes(verdict: NDArray[Any]) -> NDArray[np.int64]:
    """Return a verdict as codes: False is 1, the first that filters declare."""
    return (~verdict if verdict.dtype == np.bool_ else verdict).astype(np.int64)
