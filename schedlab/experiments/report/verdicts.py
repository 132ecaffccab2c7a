"""The verdicts: a row a comparison, which the page's script sorts and filters; and how often each was given."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from schedlab.experiments.comparison import Mean
from schedlab.experiments.comparison.verdict import WORDS, place
from schedlab.experiments.report.html import Cell, table
from schedlab.experiments.table import bounded, cell, counted, differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from schedlab.experiments.comparison import Comparison, Difference
    from schedlab.metrics import Metric

    Own = Mapping[str, Metric[Any]]

MOST = 5000  # rows of the table; a browser gets slow beyond
SIGNS = dict(zip(WORDS, "▲▼△▽=?", strict=True))  # a verdict must be told without colours
SINGLE = "no verdict"
CAPTION = (
    "Scheduler - baseline, over the replicates in which both have the metric, also in % of the baseline's mean; pp: "
    "percentage points. Better and worse need the interval of the mean difference ({level}) and the paired test, "
    "corrected for all comparisons of this page, to agree; equivalent: the whole interval lies within ± the margin. "
    "won: replicates in which it was better : worse. effect: mean difference over its standard deviation (d_z, Hedges' "
    "correction). Where a mean is a lower bound (≥), the difference is at most (≤) or at least (≥) so much, or unknown."
)


def overview(comparison: Comparison) -> str:
    """Return how often each scheduler got each verdict."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in comparison.verdicts:
        counts.setdefault((each.baseline, each.scheduler), Counter())[_word(each)] += 1
    shown = [word for word in (*WORDS, SINGLE) if any(of[word] for of in counts.values())]
    rows: list[list[str | Cell]] = [
        [
            name,
            baseline,
            *(Cell(str(of[word]), order=of[word], kind=_kind(word) if of[word] else "none") for word in shown),
        ]
        for (baseline, name), of in counts.items()
    ]
    headings: list[str | Cell] = [
        "scheduler",
        "baseline",
        *(Cell(f"{SIGNS.get(word, '')} {word}".strip()) for word in shown),
    ]
    caption = "How many comparisons, over all traces and metrics, ended with which verdict."
    return table(headings, rows, caption=caption, name="overview") if rows else ""


def verdicts(comparison: Comparison, own: Own) -> str:
    """Return the table of verdicts, the decided ones first; ``own`` are metrics beside the package's."""
    order = sorted(comparison.verdicts, key=lambda each: place(each.verdict))
    if not order:
        return "<p>There is nothing to compare: no scheduler besides the baseline, or no metric that both have.</p>\n"
    places = [name for name in ("trace", "baseline") if len({getattr(each, name) for each in order}) > 1]
    rows = [_row(each, places, own) for each in order[:MOST]]
    left = len(order) - len(rows)
    more = f"<p>{left:,} more rows are left out; results.comparison.to_frame() has all.</p>\n" if left else ""
    one = "" if "baseline" in places else f"The baseline is {order[0].baseline}. "
    caption = one + CAPTION.format(level=f"{comparison.confidence:.3g}")
    numbers = map(Cell, ("difference", "interval", "means", "won", "effect", "p"))
    headings: list[str | Cell] = ["scheduler", "verdict", "metric", *places, *numbers]
    return table(headings, rows, caption=caption, name="verdicts", filters=range(len(places) + 3)) + more


def _row(each: Difference, places: Sequence[str], own: Own) -> list[str | Cell]:
    share = 100 * each.difference / abs(each.mean_baseline) if each.mean_baseline else math.nan
    means = [
        cell(each.metric, Mean(mean, 0.0, bool(bounds)), own).value
        for mean, bounds in (
            (each.mean_baseline, each.baseline_bounds),
            (each.mean_scheduler, each.scheduler_bounds),
        )
    ]
    first, *ends, unit = differences(each.metric, (each.difference, each.low, each.high), own)
    word = _word(each)
    unknown = each.bound == "unknown"
    return [
        each.scheduler,
        Cell(f"{SIGNS.get(word, '·')} {each.verdict}", _remark(each), place(word), f"verdict {_kind(word)}"),
        each.metric,
        *(str(getattr(each, name)) for name in places),
        Cell(
            bounded(f"{first} {unit}".rstrip(), each.bound) if each.n else "-",
            ""
            if math.isnan(share) or unknown
            else bounded(f"{share:{'+,.0f' if abs(share) >= 100 else '+.3g'}} %", each.bound),
            None if unknown else _order(each.difference),
        ),
        _interval(each, ends, own),
        Cell(f"{means[0]} → {means[1]}", order=_order(each.mean_scheduler)),
        Cell("-") if unknown else Cell(f"{each.wins} : {each.losses}", f"of {each.n}", each.wins - each.losses),
        Cell("-") if each.bound else Cell(_short(each.effect), order=_order(each.effect)),
        Cell(_p(each.p_adjusted), order=_order(each.p_adjusted)),
    ]


def _word(each: Difference) -> str:
    return each.verdict if each.verdict in SIGNS else SINGLE


def _kind(word: str) -> str:
    return "single" if word == SINGLE else word


def _interval(each: Difference, ends: Sequence[str], own: Own) -> Cell:
    if math.isnan(each.low):
        return Cell("-")
    margin = " ".join(differences(each.metric, [each.margin], own)).rstrip().removeprefix("+")  # may be far smaller
    return Cell(f"[{', '.join(ends)}]", f"margin ± {margin}", _order(each.low))


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.2f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"


def _p(value: float) -> str:
    return "-" if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _remark(each: Difference) -> str:
    left = f"{counted(each.left_out, 'replicate')} left out" if each.left_out else ""
    decide = f"{each.needed_text} would decide" if each.needed_text else ""
    return "; ".join(filter(None, (decide, each.reason, left)))


def main_rows(found: Sequence[Difference], trace: str, baseline: str, metric: str) -> list[Difference]:
    """Return the differences of one trace, baseline and metric that have numbers."""
    wanted = (trace, baseline, metric)
    return [each for each in found if (each.trace, each.baseline, each.metric) == wanted and each.n]
