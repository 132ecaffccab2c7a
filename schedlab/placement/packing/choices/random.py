"""Random: any node that can take the pod, with equal chances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    return look.draw(look.free.shape[1])


random = Choice(_score, local=False)
