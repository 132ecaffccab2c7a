"""How many pods there were, how many of them were ever placed, and how fast they got done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, column, hours, is_text, window, within
from schedlab.metrics.contract import CENSORED, metric
from schedlab.metrics.lives import lives

if TYPE_CHECKING:
    from schedlab.record import Run

COUNT = "a plain count in the Run's tables"


@metric(
    unit="count",
    formula="number of pods submitted in the measured time, those initial at its start included",
    source=COUNT,
)
def pods(run: Run) -> int:
    """Pods submitted, the initial ones included."""
    return int(np.count_nonzero(lives(run).counted))


@metric(unit="count", better="higher", formula="number of these pods that were bound at least once", source=COUNT)
def placed(run: Run) -> int:
    """Pods that were bound at least once."""
    _, _, bound, counted = lives(run)
    return int(np.count_nonzero(counted & (bound != NEVER)))


@metric(unit="count", better="lower", formula="pods - placed", source=COUNT)
def pending(run: Run) -> int:
    """Pods that were never bound."""
    return pods(run) - placed(run)


@metric(
    unit="1/h",
    better="higher",
    formula="number of pods that succeeded in the measured time / its length in hours",
    source="Feitelson & Rudolph, Metrics and benchmarking for parallel job scheduling, LNCS 1459, 1998, pp. 1-24",
)
def throughput(run: Run) -> float:
    """Pods that finish their work per hour."""
    done = is_text(run, "pods", "phase", "Succeeded") & within(run, column(run, "pods", "finished", NEVER))
    return np.count_nonzero(done) / hours(run) if hours(run) else float("nan")


@metric(
    unit="s",
    better="lower",
    formula="latest end of a pod submitted in the measured time - their earliest submission",
    source="C_max of Graham et al., Annals of Discrete Mathematics 5, 1979, section 2",
)
def makespan(run: Run) -> pd.Series[float]:
    """Time from the first submission until the last pod is over; a lower bound while some are not."""
    first, last, _, counted = lives(run)
    if not counted.any():
        return pd.Series({"": float("nan"), CENSORED: False}, dtype=object)
    end = window(run)[1]
    begin = column(run, "pods", "submit")[first[counted]].min()
    over = column(run, "pods", "finished", NEVER)[last[counted]].max()
    return pd.Series({"": max(int(min(over, end) - begin), 0) / 1e6, CENSORED: bool(over > end)}, dtype=object)
