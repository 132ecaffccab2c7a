"""TaintToleration: taints keep pods away that do not tolerate them, or make a node less welcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.objects import Taint, Toleration, tolerates
from schedlab.plugins.api import UNRESOLVABLE, filter, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SOFT = "PreferNoSchedule"


class TaintToleration:
    """Reject nodes with a hard taint, NoSchedule or NoExecute, that the pod does not tolerate; count the soft ones."""

    @filter(scope="static", codes={1: UNRESOLVABLE}, wake_on="node", facets="placement")
    def filter(self, pod: Any, nodes: Any) -> NDArray[np.bool_]:
        """Pass nodes of which the pod tolerates every hard taint; for how long plays no part."""
        repelled = [_repellent(taints, pod.spec.tolerations) is not None for taints in nodes.taint_lists]
        passed: NDArray[np.bool_] = ~np.array(repelled, np.bool_)[nodes.taints]
        return passed

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Name the first hard taint of each node that the pod does not tolerate."""
        found: dict[str, NDArray[np.bool_]] = {}
        for code, taints in enumerate(nodes.taint_lists):
            taint = _repellent(taints, pod.spec.tolerations)
            if taint is not None:
                text = f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
                found[text] = found.get(text, False) | (nodes.taints == code)
        return found

    @score(scope="static", normalize="reversed_max", facets="placement")
    def score(self, pod: Any, nodes: Any) -> NDArray[np.float64]:
        """Count the soft taints that the pod does not tolerate; fewer is better, hence the reversed normalisation."""
        soft = [each for each in pod.spec.tolerations if each.effect in ("", SOFT)]
        counts = [sum(t.effect == SOFT and not tolerates(soft, t) for t in taints) for taints in nodes.taint_lists]
        found: NDArray[np.float64] = np.array(counts, np.float64)[nodes.taints]
        return found


def _repellent(taints: Sequence[Taint], tolerations: Sequence[Toleration]) -> Taint | None:
    return next((taint for taint in taints if taint.effect != SOFT and not tolerates(tolerations, taint)), None)
