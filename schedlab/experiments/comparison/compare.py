"""compare: a table of runs to verdicts, ranks and the spread over tie-breaks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from schedlab.errors import InputError
from schedlab.experiments.comparison.columns import chosen, entries
from schedlab.experiments.comparison.difference import Difference
from schedlab.experiments.comparison.estimate import estimate
from schedlab.experiments.comparison.margin import MARGIN, check_margin, is_share, margin_of
from schedlab.experiments.comparison.needed import more_replicates
from schedlab.experiments.comparison.pairing import pair
from schedlab.experiments.comparison.ranks import Ranks, rank
from schedlab.experiments.comparison.significance import corrected
from schedlab.experiments.comparison.ties import TieSpread, tie_spreads
from schedlab.experiments.comparison.verdict import judge
from schedlab.metrics import metrics as known_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from schedlab.experiments.comparison.estimate import Estimates
    from schedlab.experiments.comparison.margin import Margin
    from schedlab.experiments.comparison.pairing import Pairs
    from schedlab.experiments.comparison.verdict import Better

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Comparison:
    """What the runs of a suite say of its schedulers.

    Attributes
    ----------
    verdicts
        One a (trace, metric, baseline, scheduler), in this order.
    ranks
        One a metric that has a better side.
    ties
        The spread over tie-break seeds, which no verdict and no mean contains.
    metrics, baselines, confidence
        What was compared, against what, and how sure intervals and corrected tests are.
    """

    verdicts: tuple[Difference, ...]
    ranks: tuple[Ranks, ...]
    ties: tuple[TieSpread, ...]
    metrics: tuple[str, ...]
    baselines: tuple[str, ...]
    confidence: float

    def to_frame(self, what: Literal["verdicts", "ranks", "ties"] = "verdicts") -> pd.DataFrame:
        """Return one part as a table; of the ranks, a row for each metric, trace and scheduler."""
        if what == "ranks":
            return pd.DataFrame(
                {"metric": ranks.metric, "trace": each.trace, "scheduler": name, "rank": place}
                for ranks in self.ranks
                for each in ranks.standings
                for name, place in each.ranks.items()
            )
        table = pd.DataFrame(map(asdict, self.verdicts if what == "verdicts" else self.ties))
        return table.astype({"needed": "Int64"}) if "needed" in table else table


def compare(
    rows: pd.DataFrame,
    *,
    baselines: Sequence[str],
    better: Callable[[str], Better],
    metrics: Sequence[str] = (),
    margin: Margin = MARGIN,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare every scheduler with every baseline, in the same replicates.

    Parameters
    ----------
    rows
        One row a run: trace, scheduler, replicate, tie, run, error ("": it ended well), then metric entries such
        as ``wait.p95``, with a column ``wait.p95.censored`` where a value may be a lower bound.
    baselines
        Schedulers.
    better
        Entry to which side is better; None: neither is.
    metrics
        Entries or families such as ``wait``; none: all entries that have a better side and do not depend on the host:
        runs that share a machine slow each other down.
    margin
        Of equivalence: a share of the baseline's mean, or a mapping as in `margin_of`.
    confidence
        Of intervals; 1 - it is the false discovery rate of better and worse over all comparisons made here.

    Raises
    ------
    InputError
        A baseline, metric, margin or the confidence is none.
    """
    if not 0.5 <= confidence < 1:
        raise InputError(f"confidence {confidence:g}", field="confidence", mend="give a share such as 0.95")
    names = chosen(rows, metrics) if metrics else [entry for entry in entries(rows) if _worth(entry, better)]
    check_margin(margin, names)
    found = pair(rows, baselines, names)
    margins = np.array([margin_of(margin, each.metric, _mean(each.base)) for each in found])
    shares = [is_share(margin, each.metric) for each in found]
    verdicts = _verdicts(found, estimate(found, confidence), margins, shares, better, confidence)
    ranks, ties = rank(rows, names, better), tie_spreads(rows, names)
    return Comparison(verdicts, ranks, ties, tuple(names), tuple(baselines), confidence)


def _worth(entry: str, better: Callable[[str], Better]) -> bool:
    """Return whether an entry is compared where none are named."""
    item = known_metrics().get(entry.split(".")[0])
    return better(entry) is not None and not (item is not None and item.host)


class _Numbers(NamedTuple):
    """The statistics of one comparison."""

    mean: float
    low: float
    high: float
    effect: float
    p: float
    p_adjusted: float
    margin: float
    share: bool  # the margin is one of the baseline's mean
    more: int


def _verdicts(
    found: Sequence[Pairs],
    made: Estimates,
    margins: NDArray[np.float64],
    shares: Sequence[bool],
    better: Callable[[str], Better],
    confidence: float,
) -> tuple[Difference, ...]:
    p_adjusted = corrected(made.p)
    level = (1 - confidence) * np.divide(made.p, p_adjusted, out=np.ones_like(made.p), where=p_adjusted > 0)
    count = np.array([len(each.base) for each in found], np.int64)
    some = np.isfinite(made.low) & np.isfinite(made.high)
    more = np.zeros_like(count)
    more[some] = more_replicates(
        count[some], made.mean[some], made.spread[some], margins[some], level[some], confidence
    )
    columns = (made.mean, made.low, made.high, made.effect, made.p, p_adjusted, margins, np.array(shares), more)
    numbers = (_Numbers(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
    return tuple(
        _difference(pairs, row, row.p_adjusted <= 1 - confidence, better(pairs.metric))
        for pairs, row in zip(found, numbers, strict=True)
    )


def _difference(pairs: Pairs, row: _Numbers, significant: bool, better: Better) -> Difference:
    interval = row.low, row.high
    verdict = judge(pairs, row.mean, interval, row.margin, share=row.share, significant=significant, better=better)
    base, other = _mean(pairs.base), _mean(pairs.other)
    less, greater = int(np.count_nonzero(pairs.differences < 0)), int(np.count_nonzero(pairs.differences > 0))
    wins, losses = (greater, less) if better == "higher" else (less, greater)
    return Difference(
        trace=pairs.trace,
        metric=pairs.metric,
        baseline=pairs.baseline,
        scheduler=pairs.scheduler,
        n=len(pairs.base),
        left_out=pairs.left_out,
        mean_baseline=base,
        mean_scheduler=other,
        baseline_bounds=int(pairs.base_bound.sum()),
        scheduler_bounds=int(pairs.other_bound.sum()),
        difference=row.mean,
        ratio=other / base if base else float("nan"),
        low=row.low,
        high=row.high,
        bound=pairs.bound,
        effect=row.effect,
        wins=wins,
        losses=losses,
        p=row.p,
        p_adjusted=row.p_adjusted,
        margin=row.margin,
        verdict=verdict.word,
        reason=verdict.reason,
        needed=row.more if verdict.word == "undecided" and row.more else None,
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
