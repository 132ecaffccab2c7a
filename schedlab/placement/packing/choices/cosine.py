"""Cosine: the smallest angle between what is free and what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    want, free = look.want, look.free
    dot, square = (want * free).sum(axis=0), (want * want).sum(axis=0) * (free * free).sum(axis=0)
    score: Floats = dot / np.sqrt(np.maximum(square, 1e-300))
    return score


cosine = Choice(_score, bins=True)
