"""Shortest job first, by the run time that was asked for."""

from __future__ import annotations

import math
from typing import Any

from schedlab.plugins.api import order


@order
def shortest_walltime(pod: Any, now: int) -> float:
    """Take the pod first that asked for the shortest run time; those that did not say last."""
    return float(pod.walltime) if pod.walltime > 0 else math.inf
