"""Whose scope is wrong: the part whose answer for a node hangs on which nodes it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.node_views import Subset
from schedlab.scoring.could_fit import OWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.scoring.incremental import Part


def culprit(
    asked: list[tuple[Part, NDArray[Any]]],
    feasible: NDArray[np.bool_],
    view: ClusterView,
    ask: Callable[[Part, Any], NDArray[Any]],
) -> tuple[Part, str]:
    """Return the part that a wrong row is due to, and what it does; no text if only its last bits differ.

    Parameters
    ----------
    asked
        The parts, with their answers for all nodes.
    feasible
        bool (N,).
    ask
        Calls a part with some nodes.
    """
    everywhere = np.arange(len(feasible))
    for part, answer in asked:
        nodes = view.nodes("static" if part.static else "node")
        for positions in (everywhere[::2], everywhere[1::2], *everywhere[:, None]):
            full = answer[positions].astype(np.float64)
            some = ask(part, Subset(nodes, positions))
            if np.array_equal(full, some, equal_nan=True):
                continue
            if not part.filters and np.allclose(full, some, rtol=1e-9, atol=1e-9, equal_nan=True):
                return part, ""
            kind = "verdict" if part.filters else "score"
            return part, f"it is of scope {part.scope!r}, but a node's {kind} changes with the other nodes"
    strangers = [part for part, _ in asked if not part.function.__module__.startswith(OWN)]
    return (
        (strangers or [part for part, _ in asked])[0],
        "asked anew it answers otherwise, though no node that it may see changed",
    )
