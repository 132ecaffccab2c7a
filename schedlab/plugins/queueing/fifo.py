"""First in, first out, whatever the priorities."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import order


@order
def fifo(pod: Any, now: int) -> int:
    """Take pods in the order in which they were queued."""
    return 0  # equal keys go first come first served
