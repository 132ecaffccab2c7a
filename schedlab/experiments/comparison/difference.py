"""Difference: what one comparison of two schedulers found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schedlab.experiments.comparison.needed import CAP

if TYPE_CHECKING:
    from schedlab.experiments.comparison.pairing import Bound


@dataclass(frozen=True)
class Difference:
    """A scheduler against a baseline, in one metric on one trace; differences are scheduler - baseline.

    Attributes
    ----------
    n, left_out
        Replicates that were paired; those in which one side is missing.
    mean_baseline, mean_scheduler
        In the metric's unit, over the n replicates; NaN if there are none.
    baseline_bounds, scheduler_bounds
        In how many of the n replicates the value is a lower bound.
    difference, ratio
        Of the two means; the ratio is NaN if the baseline's mean is 0.
    low, high
        Confidence interval of the difference; infinite on the side that lower bounds leave open, NaN where n < 2.
    bound
        What the observed difference is to the true one: "" (equal), "at most", "at least", "unknown".
    effect
        Cohen's d_z with Hedges' correction, see `effect_size`; NaN where n < 3.
    wins, losses
        In how many replicates the scheduler was strictly better, strictly worse (lower and higher, where the
        metric has no better side). The matched-pairs rank-biserial correlation without ranks, or paired Cliff's
        delta, is (wins - losses) / n.
    p, p_adjusted
        Of the paired test; after the correction for all comparisons. NaN where there is none.
    margin
        Half width of the band of equivalence, in the metric's unit.
    verdict
        "better", "worse", "equivalent" or "undecided"; "lower" or "higher" for a metric that has no better side;
        "deterministic difference, n = 1", "identical, n = 1", "undecided, n = 1" or "not comparable".
    reason
        Why it is undecided or not comparable, if something else than too few replicates is the cause.
    needed
        How many more replicates would decide, `CAP` + 1 for more than that; None where it is decided, or where
        more replicates would not help.
    """

    trace: str
    metric: str
    baseline: str
    scheduler: str
    n: int
    left_out: int
    mean_baseline: float
    mean_scheduler: float
    baseline_bounds: int
    scheduler_bounds: int
    difference: float
    ratio: float
    low: float
    high: float
    bound: Bound
    effect: float
    wins: int
    losses: int
    p: float
    p_adjusted: float
    margin: float
    verdict: str
    reason: str
    needed: int | None

    @property
    def needed_text(self) -> str:
        """How many more replicates would decide, as a phrase; "" where that is no question."""
        if self.needed is None:
            return ""
        return (
            f"more than {CAP} more replicates"
            if self.needed > CAP
            else f"{self.needed} more replicate{'s' * (self.needed != 1)}"
        )
