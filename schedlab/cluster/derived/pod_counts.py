"""How many pods with some labels each node holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.cluster.log import USED
from schedlab.cluster.node_views import frozen
from schedlab.objects.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.log import Cursor
    from schedlab.cluster.state import Cluster


class _Kept(NamedTuple):
    """Counts, and the place in the log up to which they hold."""

    counts: NDArray[np.int64]
    cursor: Cursor


class PodCounts:
    """Counts per selector, kept: after a change only the nodes that it touched are counted again."""

    MOST = 1000  # selectors; then all begin anew

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}
        self._matches: dict[Hashable, list[bool]] = {}  # per selector: class by class, as far as asked

    def of(self, selector: LabelSelector | Mapping[str, str], cluster: Cluster) -> NDArray[np.int64]:
        """Return int64 (N,), the bound pods of each node that the selector matches; {} matches every pod."""
        if not isinstance(selector, LabelSelector):
            selector = LabelSelector(match_labels=dict(selector))
        terms = tuple((each.key, each.operator, tuple(each.values)) for each in selector.match_expressions)
        key = (tuple(sorted(selector.match_labels.items())), terms)
        log = cluster.log
        kept = self._kept.get(key)
        cursor = log.cursor()
        if kept is not None and kept.cursor == cursor:
            return frozen(kept.counts)  # type: ignore[no-any-return]
        touched = None if kept is None else log.since(kept.cursor, USED)
        matches = self._matching(key, selector, cluster)
        if kept is None or touched is None:
            if len(self._kept) >= self.MOST:
                self._kept.clear()
                self._matches.clear()
            counts = _count(matches, cluster)
        else:
            counts = kept.counts
            if touched:
                counts = counts.copy()  # what was shown before stays as it is
                for position in touched:
                    counts[position] = matches[cluster.pods.cls[cluster.pods_on(position)]].sum()
        self._kept[key] = _Kept(counts, cursor)
        return frozen(counts)  # type: ignore[no-any-return]

    def _matching(self, key: Hashable, selector: LabelSelector, cluster: Cluster) -> NDArray[np.bool_]:
        """Return bool (C,): which pod classes the selector matches."""
        known = self._matches.setdefault(key, [])
        for index in range(len(known), len(cluster.classes)):
            known.append(selector.matches(cluster.classes[index].pod.metadata.labels))
        return np.array(known, np.bool_)


def _count(matches: NDArray[np.bool_], cluster: Cluster) -> NDArray[np.int64]:
    bound = cluster.pods.bound()
    chosen = bound[matches[cluster.pods.cls[bound]]]
    return np.bincount(cluster.pods.node[chosen], minlength=len(cluster.nodes))
