"""How far data had to travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.metrics.columns import NEVER, column, within
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(
    unit="bytes",
    better="lower",
    formula="sum of the input bytes read from another node, over bindings",
    source="data locality as in Zaharia et al., Delay scheduling, EuroSys 2010",
)
def bytes_moved(run: Run) -> int:
    """Bytes of input data that crossed the network, over all attempts."""
    moved = column(run, "pods", "bytes_moved")
    return int(moved[within(run, column(run, "pods", "bound", NEVER))].sum()) if moved.any() else 0
