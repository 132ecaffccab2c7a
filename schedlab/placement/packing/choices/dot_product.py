"""Dot product: what is free looks most like what is asked for (Panigrahy et al., 2011, DotProduct)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    score: Floats = (look.want * look.free).sum(axis=0)
    return score


dot_product = Choice(_score, bins=True)
