"""First fit: the first node, in node order, that can take the pod (Johnson, 1973)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.choice import Choice

if TYPE_CHECKING:
    from schedlab.placement.packing.choice import Floats, Look


def _score(look: Look) -> Floats:
    return -np.asarray(look.nodes, np.float64)


first_fit = Choice(_score, fills=True)
