"""Adding: totals from one kept row of plain scores, static scores normalised once, and the scores of the moment.

For the rules of kube-scheduler, whose scores are whole numbers: these may be added up in any order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.scoring.evaluation import Choice, skips
from schedlab.scoring.incremental import CELLS, Incremental, shared
from schedlab.scoring.normalize import normalize, normalizer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.cluster.pod_views import ClassView
    from schedlab.scoring.incremental import Part
    from schedlab.scoring.profile import Profile, Weighted

WHOLE = "schedlab.plugins.kubernetes."  # rules whose scores are whole numbers, finite, and normalised to such
MAXIMA = ("max", "reversed_max")  # normalisers that depend on nothing but the maximum

Floats = Any


class Adding:
    """What the scores that are not in the kept row add to it.

    Parameters
    ----------
    rows
        All local parts of the profile; its static rows are used.
    ask_part
        Calls a part with arrays and checks the answer.
    """

    def __init__(self, profile: Profile, rows: Incremental, ask_part: Callable[..., Any]) -> None:
        self._rows, self._ask_part = rows, ask_part
        static = {part.plugin.name: part for part in rows.parts if part.static and not part.filters}
        plain = {part.plugin.name for part in rows.parts if not part.filters and part.normalize == "none"}
        left = [score for score in profile.scores if score.plugin.name not in plain]
        self._scores = [(score, static.get(score.plugin.name)) for score in left]
        self.whole = all(_whole(score) for score in profile.scores) and all(
            part.normalize in MAXIMA if part else (score.plugin.name, False) not in rows.named
            for score, part in self._scores
        )
        self._known: dict[Any, Floats] = {}
        self._specs = -1

    def choose(
        self,
        kept: NDArray[np.float64],
        feasible: NDArray[np.bool_],
        pod: ClassView,
        states: dict[str, Any],
        ask: Callable[[Weighted], NDArray[Any]],
    ) -> Choice | None:
        """Return the best node; None if a number is not finite.

        ``kept`` has -inf wherever a local filter rejects, ``feasible`` are the nodes that no filter rejects, and
        ``ask`` calls a score of scope cluster.
        """
        total, constant = kept, 0.0
        for score, part in self._scores:
            if skips(states.get(score.plugin.name), filters=False):
                continue
            more = self._static(part, pod, feasible) if part else _weighted(score, states, ask(score), feasible)
            if isinstance(more, float):
                constant += more
            else:
                total = total + more
        total = total + constant
        np.putmask(total, ~feasible, -np.inf)
        best = int(total.argmax())
        return Choice(best, total) if math.isfinite(total[best]) else None

    def _static(self, part: Part, pod: ClassView, feasible: NDArray[np.bool_]) -> Floats:
        """Return a static score, normalised and weighted; a float if it is the same everywhere."""
        log = self._rows.view.log
        if log.specs != self._specs or len(self._known) * len(feasible) > CELLS:
            self._known.clear()
            self._specs = log.specs
        raw = self._rows.static_row(part, pod, self._ask_part)
        at = int(raw.argmax())
        high = float(raw[at] if feasible[at] else np.where(feasible, raw, -np.inf).max())
        key = part.plugin.name, shared(part.facets, pod), high
        found = self._known.get(key)
        if found is None:
            row = normalize(raw, feasible, part.normalize, None, high) * part.weight
            found = self._known[key] = float(row[0]) if (row == row[0]).all() else row
        return found


def _whole(score: Weighted) -> bool:
    rule = score.plugin.score
    return rule is not None and rule.__module__.startswith(WHOLE) and float(score.weight).is_integer()


def _weighted(
    score: Weighted, states: dict[str, Any], raw: NDArray[Any], feasible: NDArray[np.bool_]
) -> NDArray[np.float64]:
    scaled = raw if score.normalize == "none" else normalize(raw, feasible, normalizer_of(score, states))
    return scaled if score.weight == 1 else scaled * score.weight
