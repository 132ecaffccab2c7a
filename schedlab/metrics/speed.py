"""How fast the scheduler itself was; numbers of this machine, not of the policy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(unit="1/s", host=True)
def pods_per_s(run: Run) -> float:
    """Decisions per CPU-second of scheduling; NaN where the clock saw no time pass."""
    timings = run.manifest["timings"]
    seconds = float(timings["scheduling_cpu_s"])
    return timings["decisions"] / seconds if seconds > 0 else float("nan")
