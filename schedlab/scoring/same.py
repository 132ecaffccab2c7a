"""Same: what normalised scores add to every node's total, for pod classes to which they give all nodes the same.

Most pods prefer no node and tolerate or do not tolerate the same taints everywhere. Their scores of NodeAffinity and
TaintToleration are one number for all nodes, and what remains is a row that can be kept summed up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.scoring.incremental import shared, united
from schedlab.scoring.normalize import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schedlab.cluster.pod_views import ClassView
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.incremental import Incremental
    from schedlab.scoring.prepared import Skipped
    from schedlab.scoring.profile import Profile


class Same:
    """The sums, known per class and what it skips until a node's spec changes.

    ``wide`` are the filters without kept rows; ``ask`` calls a part with arrays.
    """

    def __init__(self, profile: Profile, rows: Incremental, wide: Sequence[Plugin], ask: Callable[..., Any]) -> None:
        self._profile, self._rows, self._ask = profile, rows, ask
        self._wide = frozenset((plugin.name, True) for plugin in wide)
        self._static = {part.plugin.name: part for part in rows.parts if part.static and not part.filters}
        self._facets = united(self._static.values())
        self._known: dict[tuple[Any, Skipped], float | None] = {}
        self._specs = -1

    def of(self, pod: ClassView, skipped: Skipped) -> float | None:
        """Return the sum; None if it differs between nodes, or if anything that has no kept row has a say."""
        log = self._rows.view.log
        if self._specs != log.specs:
            self._known.clear()
            self._specs = log.specs
        key = shared(self._facets, pod), skipped
        if key not in self._known:
            self._known[key] = self._sum(pod, skipped) if self._wide <= skipped else None
        return self._known[key]

    def _sum(self, pod: ClassView, skipped: Skipped) -> float | None:
        total = 0.0
        for score in self._profile.scores:
            name = score.plugin.name
            if (name, False) in skipped or (score.normalize == "none" and (name, False) in self._rows.named):
                continue
            if name not in self._static or not isinstance(score.normalize, str):
                return None
            raw = self._rows.static_row(self._static[name], pod, self._ask)
            if not len(raw) or not math.isfinite(raw[0]) or (raw != raw[0]).any():
                return None
            total += score.weight * float(normalize(raw[:1], np.ones(1, np.bool_), score.normalize)[0])
        return total
