"""Shortest job first, by the true run time: what a perfect prediction would give.

It has the least mean wait on one machine (Smith, Various optimizers for single-stage production, Naval Research
Logistics Quarterly 3, 1956).
"""

from __future__ import annotations

import math
from typing import Any

from schedlab.plugins.api import order


@order(oracle=True)
def shortest_job(pod: Any, now: int) -> float:
    """Take the pod first that will run shortest, be it to its end or to its walltime; those that run for ever last."""
    return min((float(span) for span in (pod.duration, pod.walltime) if span > 0), default=math.inf)
