"""Earliest deadline first: the least maximum lateness on one machine (Jackson, UCLA research report 43, 1955)."""

from __future__ import annotations

import math
from typing import Any

from schedlab.plugins.api import order


@order
def earliest_deadline(pod: Any, now: int) -> float:
    """Take the pod first that is wanted done first; those without a deadline last."""
    return float(pod.deadline) if pod.deadline >= 0 else math.inf
