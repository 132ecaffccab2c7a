"""The verdicts: a row a comparison, which the page's script sorts and filters; and how often each was given."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from schedlab.experiments.comparison import Mean
from schedlab.experiments.report.html import Cell, table
from schedlab.experiments.table import cell, differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from schedlab.experiments.comparison import Comparison, Difference
    from schedlab.metrics import Metric

    Own = Mapping[str, Metric[Any]]

MOST = 5000  # rows of the table; a browser gets slow beyond
# verdict to its sign: it must be told without colours; in the order of the sorted table
SIGNS = {"better": "▲", "worse": "▼", "higher": "△", "lower": "▽", "equivalent": "=", "undecided": "?"}
SINGLE = "no verdict"
WORDS = (*SIGNS, SINGLE)
CAPTION = (
    "Scheduler - baseline, over the replicates that both know, also in % of the baseline's mean. Better and worse need "
    "the interval of the mean difference ({level}) and the paired test, corrected for all comparisons of this page, to "
    "agree; equivalent: the whole interval lies within ± the margin. won: replicates in which it was better : "
    "worse. effect: mean difference over its standard deviation (d_z, Hedges' correction). ≥ lower bound."
)


def overview(comparison: Comparison) -> str:
    """Return how often each scheduler got each verdict."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in comparison.verdicts:
        counts.setdefault((each.baseline, each.scheduler), Counter())[_word(each)] += 1
    shown = [word for word in WORDS if any(of[word] for of in counts.values())]
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
    order = sorted(comparison.verdicts, key=lambda each: WORDS.index(_word(each)))
    if not order:
        return "<p>There is nothing to compare: no scheduler besides the baseline, or no metric that both know.</p>\n"
    places = [name for name in ("trace", "baseline") if len({getattr(each, name) for each in order}) > 1]
    rows = [_row(each, places, own) for each in order[:MOST]]
    left = len(order) - len(rows)
    more = f"<p>{left:,} more rows are left out; results.comparison.to_frame() has all.</p>\n" if left else ""
    one = "" if "baseline" in places else f"The baseline is {order[0].baseline}. "
    caption = one + CAPTION.format(level=f"{comparison.confidence:.3g}")
    numbers = map(Cell, ("difference", "interval", "means", "won", "effect", "p"))
    headings: list[str | Cell] = ["scheduler", "verdict", "metric", *places, *numbers, "remark"]
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
    *told, unit = differences(each.metric, (each.difference, each.low, each.high, each.margin), own)
    word = _word(each)
    bound = {"at most": "≤ ", "at least": "≥ "}.get(each.bound, "")
    return [
        each.scheduler,
        Cell(f"{SIGNS.get(word, '·')} {each.verdict}", order=WORDS.index(word), kind=f"text {_kind(word)}"),
        each.metric,
        *(str(getattr(each, name)) for name in places),
        Cell(
            f"{bound}{told[0]} {unit}".rstrip() if each.n else "-",
            "" if math.isnan(share) else f"{bound}{share:+.3g} %",
            _order(each.difference),
        ),
        _interval(each, told[1:]),
        Cell(f"{means[0]} → {means[1]}", order=_order(each.mean_scheduler)),
        Cell(f"{each.wins} : {each.losses}", f"of {each.n}", each.wins - each.losses),
        Cell(_short(each.effect), order=_order(each.effect)),
        Cell(_p(each.p_adjusted), order=_order(each.p_adjusted)),
        Cell(_remark(each), kind="note"),
    ]


def _word(each: Difference) -> str:
    return each.verdict if each.verdict in SIGNS else SINGLE


def _kind(word: str) -> str:
    return "single" if word == SINGLE else word


def _interval(each: Difference, told: list[str]) -> Cell:
    low, high, margin = told
    if math.isnan(each.low):
        return Cell("-")
    return Cell(f"[{low}, {high}]", f"margin ± {margin.removeprefix('+')}", _order(each.low))


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.2f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"


def _p(value: float) -> str:
    return "-" if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _remark(each: Difference) -> str:
    left = f"{each.left_out} replicate(s) left out" if each.left_out else ""
    decide = f"{each.needed_text} would decide" if each.needed_text else ""
    return "; ".join(filter(None, (decide, each.reason, left)))


def main_rows(found: Sequence[Difference], trace: str, baseline: str, metric: str) -> list[Difference]:
    """Return the differences of one trace, baseline and metric that have numbers."""
    wanted = (trace, baseline, metric)
    return [each for each in found if (each.trace, each.baseline, each.metric) == wanted and each.n]
