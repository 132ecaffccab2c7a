"""Ranks over traces, and the spread over tie-break seeds, as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schedlab.experiments.comparison import Mean
from schedlab.experiments.report.html import Cell, table
from schedlab.experiments.table import cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from schedlab.experiments.comparison import Comparison, Ranks
    from schedlab.experiments.comparison.ranks import Standing
    from schedlab.metrics import Metric


def ranks(comparison: Comparison) -> str:
    """Return a row for each metric: how far traces and replicates agree about the order."""
    rows = [_row(each) for each in comparison.ranks if each.standings]
    caption = (
        "W: Kendall's coefficient of concordance over traces, 1 if all order the schedulers alike; tau: mean of "
        "Kendall's tau-b over pairs of traces. Best: the first rank by the mean, with the share of the replicates in "
        "which it is the best, = between those that share it; * some values are lower bounds, so that the order may be "
        "another one."
    )
    return (
        table(["metric", Cell("W"), Cell("tau"), "best on each trace"], rows, caption=caption, name="ranks")
        if rows
        else ""
    )


def _row(ranks: Ranks) -> list[str | Cell]:
    best = "; ".join(f"{each.trace}: {_best(each)}{'*' * each.bounds}" for each in ranks.standings)
    numbers = [Cell("-") if math.isnan(x) else Cell(f"{x:.2f}", order=x) for x in (ranks.concordance, ranks.tau)]
    return [ranks.metric, *numbers, Cell(best, kind="note")]


def _best(standing: Standing) -> str:
    if 1 < len(standing.best) == len(standing.ranks):
        return "all equal"
    share = f" ({100 * standing.best_stays:.0f} % of {standing.replicates})" if standing.replicates > 1 else ""
    return f"{' = '.join(standing.best)}{share}"


def ties(comparison: Comparison, own: Mapping[str, Metric[Any]]) -> str:
    """Return the spread over tie-break seeds, where there are several; ``own`` are metrics beside the package's."""
    rows: list[list[str | Cell]] = [
        [
            each.scheduler,
            each.trace,
            each.metric,
            Cell(cell(each.metric, Mean(each.mean, 0.0), own).value, order=each.mean),
            Cell(cell(each.metric, Mean(each.spread, 0.0), own).value, order=each.spread),
            Cell(cell(each.metric, Mean(each.widest, 0.0), own).value, order=each.widest),
            Cell(f"{each.seeds} x {each.replicates}"),
        ]
        for each in comparison.ties
    ]
    caption = (
        "How far a number moves with the seed of the tie-breaks alone: greatest - least within a replicate. No "
        "verdict and no mean contains these runs."
    )
    headings: list[str | Cell] = [
        "scheduler",
        "trace",
        "metric",
        *map(Cell, ("mean", "mean spread", "widest", "seeds x replicates")),
    ]
    return table(headings, rows, caption=caption, name="ties") if rows else ""
