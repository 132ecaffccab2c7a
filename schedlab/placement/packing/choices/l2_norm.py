"""L2 norm: the least sum of squares of what is left of what is asked for (Panigrahy et al., 2011)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    left = (look.free - look.want) * (look.want > 0)
    score: Floats = -(left * left).sum(axis=0)
    return score


l2_norm = Choice(_score, fills=True, bins=True)
