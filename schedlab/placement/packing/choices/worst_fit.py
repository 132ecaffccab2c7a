"""Worst fit: the node that the pod leaves emptiest, by the sum of the fractions left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    score: Floats = (look.free - look.want).sum(axis=0)
    return score


worst_fit = Choice(_score)
