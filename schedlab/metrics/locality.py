"""How far data had to travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.metrics.columns import column
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(unit="bytes")
def bytes_moved(run: Run) -> int:
    """Bytes of input data that crossed the network, over all attempts."""
    return int(column(run, "pods", "bytes_moved").sum())
