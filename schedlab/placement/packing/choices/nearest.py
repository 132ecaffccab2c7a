"""Nearest: the node of the least locality cost, of equals the fullest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    cost = look.state.problem.locality[look.classes, look.state.kind[look.nodes]]
    tight = (look.want - look.free).mean(axis=0)  # -1..0
    return np.asarray(tight / 2 - cost, np.float64)


nearest = Choice(_score, fills=True)
