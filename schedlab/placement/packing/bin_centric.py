"""Bin-centric packing: take the next node, choose pods for it until none fits (Panigrahy et al., 2011)."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Look
from schedlab.placement.packing.shares import shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.packing.choice import Choice, Floats
    from schedlab.placement.packing.guard import Guard

    Ints = NDArray[np.int64]


class Filler:
    """Fills nodes with at most ``left`` pods of each class, of a tier only once none of those before it fits.

    Resources are weighted by the demand for them, as in Panigrahy et al.
    """

    def __init__(self, guard: Guard, choice: Choice, left: Ints, tiers: Sequence[Ints]) -> None:
        self.guard, self.state, self.choice, self.left, self.tiers = guard, guard.state, choice, left, tiers
        problem = guard.state.problem
        weight = problem.count * ~problem.phantom @ shares(problem)
        self._root = np.sqrt(weight / max(weight.max(initial=0.0), 1e-300))[:, None]
        self._contents: dict[tuple[int, bytes], list[int]] = {}

    def fill(self) -> None:
        """Fill all nodes in turn; again, as long as pods may have waited for others."""
        again = True
        while again and self.left.any():
            before = len(self.state.done)
            for node in range(len(self.state.order)):
                self._fill_like(node)
            again = self.guard.waits and len(self.state.done) > before

    def _fill_like(self, node: int) -> None:
        """Fill a node; one that was empty, like an equal one before it for which the same classes were left."""
        if self.guard.watches or self.state.assignment[:, node].any():
            self._fill(node)
            return
        key = int(self.state.kind[node]), (self.left > 0).tobytes()
        content = self._contents.get(key)
        if content is not None:
            pods = np.bincount(np.array(content, np.int64), minlength=len(self.left))
            if (pods <= self.left).all():
                for cls in content:
                    self.state.place(cls, node)
                self.left -= pods
                return
        content = self._fill(node)
        if (self.left[content] > 0).all():  # else others came in because of what ran out
            self._contents[key] = content

    def _fill(self, node: int) -> list[int]:
        """Put pods on a node until none fits; return their classes as they came.

        A class that the rules once keep out is not asked again until all nodes were filled.
        """
        state, guard, content, at = self.state, self.guard, list[int](), np.array([node])
        for tier in self.tiers:
            classes = tier
            while len(classes := classes[(self.left[classes] > 0) & state.fitting(classes, node)]):
                scores = self._scores(classes, node)
                cls = int(classes[scores.argmax()])
                if guard.watches:
                    ordered = classes[np.argsort(-scores, kind="stable")]
                    kept_out = (not guard.allows(each, at)[0] for each in ordered.tolist())
                    classes = np.sort(ordered[sum(takewhile(bool, kept_out)) :])
                    if not len(classes):
                        break
                    cls = int(ordered[-len(classes)])
                guard.place(cls, node)
                self.left[cls] -= 1
                content.append(cls)
        return content

    def _scores(self, classes: Ints, node: int) -> Floats:
        state = self.state
        want = self._root * (state.size[classes] * state.per[:, node]).T
        free = self._root * state.free[:, node, None]
        return self.choice.score(Look(state, want, free, classes, node, node, _no_draw))


def _no_draw(count: int) -> Floats:
    return np.zeros(count)
