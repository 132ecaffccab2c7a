"""Select: the node with the highest total, ties by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab import streams

if TYPE_CHECKING:
    from schedlab.cluster import ClusterView
    from schedlab.scoring.evaluation import Choice, Evaluation
    from schedlab.scoring.profile import Ties


def select(evaluation: Choice | Evaluation, view: ClusterView, ties: Ties, *stream: int) -> int:
    """Return the position of the winner; ``stream`` (seed, pod, attempt) keys random ties."""
    total = evaluation.total
    if total is None:
        raise ValueError("no node is feasible")
    winner = evaluation.best
    if ties == "rank" and view.by_rank:
        return winner
    best = np.flatnonzero(total == total[winner])
    if ties == "rank":
        return int(best[view.nodes("static").rank[best].argmin()])
    return int(best[streams.integer(streams.key(*stream), 0, len(best))])
