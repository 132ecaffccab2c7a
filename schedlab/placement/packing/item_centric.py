"""Item-centric packing: take the next pod, choose its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab import streams
from schedlab.placement.packing.choice import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.packing.choice import Choice, Floats
    from schedlab.placement.packing.guard import Guard
    from schedlab.placement.rules import Gang

    Ints = NDArray[np.int64]

KEPT = 2**24  # scores kept of classes that come again


class Run(NamedTuple):
    """So many pods of a class, one after the other."""

    cls: int
    pods: int


class Batch(NamedTuple):
    """Runs that come one after the other; of a gang, at least its least or none are placed."""

    runs: tuple[Run, ...]
    gang: Gang | None = None


class Chooser:
    """Finds the node for the next pod, keeping scores that still hold."""

    def __init__(self, guard: Guard, choice: Choice, seed: int, *, opened_first: bool) -> None:
        self.guard, self.state, self.choice, self.opened_first = guard, guard.state, choice, opened_first
        self.all = np.arange(len(self.state.order))
        self.last = -1
        self._stream, self._drawn = streams.key(seed, "packing"), 0
        self._scores: dict[int, tuple[int, Floats]] = {}  # when, in steps touched
        self._keeps = choice.local and len(self.all) * len(self.state.problem.count) <= KEPT

    def draw(self, count: int) -> Floats:
        """Return numbers in 0..1, each time others."""
        self._drawn += count
        return streams.uniform(self._stream, np.arange(self._drawn - count, self._drawn))

    def scores(self, cls: int) -> Floats:
        """Return float64 (N,), the scores of a class, -inf where it does not fit; they may be changed for it."""
        state = self.state
        if cls not in self._scores:
            found = self._look(cls, self.all)
        else:
            when, found = self._scores[cls]
            dirty = np.unique(np.array(state.touched[when:], np.int64))
            if len(dirty) > len(self.all) // 4:
                found = self._look(cls, self.all)
            elif len(dirty):
                found[dirty] = self._look(cls, dirty)
        if self._keeps:
            self._scores[cls] = len(state.touched), found
        return found

    def _look(self, cls: int, at: Ints) -> Floats:
        state = self.state
        fits = state.fits(cls, at)
        where = at[fits]
        score = np.full(len(at), -np.inf)
        if len(where):
            want = state.size[cls][:, None] * state.per[:, where]
            score[fits] = self.choice.score(Look(state, want, state.free[:, where], cls, where, self.last, self.draw))
        return score

    def best(self, cls: int, scores: Floats) -> int:
        """Return the node for a pod of a class, -1: none."""
        if self.guard.minds(cls):
            scores = np.where(self.guard.allows(cls, self.all), scores, -np.inf)
        if self.opened_first:
            opened = np.where(self.state.opened, scores, -np.inf)
            node = int(opened.argmax())
            if opened[node] > -np.inf:
                return node
        node = int(scores.argmax())
        return node if scores[node] > -np.inf else -1

    def again(self, cls: int, scores: Floats) -> Floats:
        """Return the scores after a pod of the class was placed on the last node."""
        if not self.choice.local:
            return self.scores(cls)
        at = self.all[self.last : self.last + 1]
        scores[self.last] = self._look(cls, at)[0]
        if self._keeps:
            self._scores[cls] = len(self.state.touched), scores
        return scores


def place_run(chooser: Chooser, run: Run) -> int:
    """Place pods of a class one after the other; return how many found no node."""
    guard, state, (cls, left) = chooser.guard, chooser.state, run
    if not len(chooser.all):
        return left
    scores = chooser.scores(cls)
    bulk = chooser.choice.fills and not guard.minds(cls)
    while left:
        node = chooser.best(cls, scores)
        if node < 0:
            return left
        pods = state.more(cls, node, left) if bulk else 1
        guard.place(cls, node, pods)
        chooser.last = node
        left -= pods
        if left:
            scores = chooser.again(cls, scores)
    return 0


def place(chooser: Chooser, batches: Sequence[Batch]) -> None:
    """Place what fits, gangs as a whole; what waited for other pods is tried again once these are placed."""
    guard = chooser.guard
    while batches:
        before, rest = len(guard.state.done), []
        for batch in batches:
            mark = len(guard.state.done)
            left = tuple(Run(run.cls, pods) for run in batch.runs if (pods := place_run(chooser, run)))
            if batch.gang is not None and guard.falls_short(batch.gang):
                guard.undo(mark)
                left = batch.runs
            if left:
                rest.append(Batch(left, batch.gang))
        if not guard.waits or len(guard.state.done) == before:
            return
        batches = rest
