"""A suite's comparison as tables of the terminal."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from schedlab.cli.console import print_table
from schedlab.experiments.comparison.means import SORTED_BY
from schedlab.experiments.comparison.needed import CAP
from schedlab.experiments.comparison.verdict import place
from schedlab.experiments.table import bounded, cell, columns, counted, differences

if TYPE_CHECKING:
    from schedlab.experiments import Results
    from schedlab.experiments.comparison import Difference, Line


MOST = 6  # metrics whose verdicts stand side by side


def print_means(trace: str, lines: list[Line], results: Results) -> None:
    """Print one trace's schedulers side by side."""
    shown = columns(lines, results.own)
    headings = [f"{column.heading.replace(' ', chr(10), 1)}\n{column.unit}" for column in shown]
    rows = [
        [
            line.scheduler,
            *("\n".join(filter(None, cell(each.metric, line.metrics.get(each.metric), results.own))) for each in shown),
        ]
        for line in lines
    ]
    count = max((line.replicates for line in lines), default=0)
    over = ("mean ± half range of " if count > 1 else "") + counted(count, "replicate")
    print_table(f"{trace}: {over}, by {SORTED_BY}", ["scheduler", *headings], rows)


def print_verdicts(results: Results) -> None:
    """Print, for each trace and baseline, the verdict on every scheduler: in each metric, or how many, if many."""
    comparison = results.comparison
    words = sorted(dict.fromkeys(each.verdict for each in comparison.verdicts), key=place)
    for trace, baseline in dict.fromkeys((each.trace, each.baseline) for each in comparison.verdicts):
        found = [each for each in comparison.verdicts if (each.trace, each.baseline) == (trace, baseline)]
        names = list(dict.fromkeys(each.scheduler for each in found))
        title = f"{trace} against {baseline}, over {results.populations.get(trace) or 'one workload'}"
        if len(comparison.metrics) > MOST:
            counts = Counter((each.scheduler, each.verdict) for each in found)
            rows = [[name, *(str(counts[name, word]) for word in words)] for name in names]
            print_table(f"{title}: verdicts in {len(comparison.metrics)} metrics", ["scheduler", *words], rows)
            continue
        metrics = list(dict.fromkeys(each.metric for each in found))
        cells = {(each.scheduler, each.metric): _verdict(each, results) for each in found}
        rows = [[name, *(cells.get((name, metric), "-") for metric in metrics)] for name in names]
        texts = tuple(range(len(metrics) + 1))
        print_table(f"{title}: difference [{comparison.confidence:.0%} interval]", ["scheduler", *metrics], rows, texts)


def _verdict(found: Difference, results: Results) -> str:
    """Return a verdict with its numbers below it."""
    told = f"{found.verdict} ({found.needed} more)" if found.needed and found.needed <= CAP else found.verdict
    if not found.n or (found.difference == 0 and not found.bound):
        return told
    values = [found.difference, *([] if math.isnan(found.low) else [found.low, found.high])]
    first, *others, unit = differences(found.metric, values, results.own)
    interval = f"[{others[0]}, {others[1]}]" if others else ""
    return f"{told}\n{bounded(' '.join(filter(None, (first, interval, unit))), found.bound)}"
