"""Next fit: stay with the node placed on last; when it is full go on to the next one, and around (Johnson, 1973)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    nodes = np.asarray(look.nodes, np.float64)
    return -((nodes - max(look.last, 0)) % len(look.state.order))


next_fit = Choice(_score, fills=True, local=False)
