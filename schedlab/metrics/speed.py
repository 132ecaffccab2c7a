"""How fast the scheduler itself was; numbers of this machine, not of the policy alone, and of the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run

OMEGA = "decision time as in Schwarzkopf et al., Omega, EuroSys 2013, section 4"


@metric(
    unit="1/s",
    better="higher",
    formula="decisions / CPU-seconds of scheduling, over the whole run",
    source=OMEGA,
    host=True,
)
def pods_per_s(run: Run) -> float:
    """Decisions per CPU-second of scheduling; NaN where the clock saw no time pass."""
    timings = run.manifest["timings"]
    seconds = float(timings["scheduling_cpu_s"])
    return timings["decisions"] / seconds if seconds > 0 else float("nan")


@metric(
    unit="s",
    better="lower",
    formula="CPU-seconds of scheduling / decisions, over the whole run",
    source=OMEGA,
    host=True,
)
def decision_time(run: Run) -> float:
    """Mean CPU time that a decision takes; NaN without decisions."""
    timings = run.manifest["timings"]
    return float(timings["scheduling_cpu_s"]) / timings["decisions"] if timings["decisions"] else float("nan")
