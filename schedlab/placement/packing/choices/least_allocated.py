"""Least allocated: the mean fraction left, after the pod, of what it asks for; kube-scheduler's, without rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    asked = look.want > 0
    score: Floats = ((look.free - look.want) * asked).sum(axis=0) / np.maximum(asked.sum(axis=0), 1)
    return score


least_allocated = Choice(_score)
