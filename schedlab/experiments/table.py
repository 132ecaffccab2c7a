"""The comparison as texts: headings and cells, for a terminal or a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from schedlab.experiments.comparison.columns import CENSORED
from schedlab.experiments.comparison.means import Line, Mean, scarcest
from schedlab.metrics import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pandas as pd

    from schedlab.experiments.comparison.pairing import Bound
    from schedlab.metrics import Metric

UNITS = {"fraction": "%", "s": "s", "1/s": "1/s", "1/h": "1/h", "price/h": "/h"}  # bytes name theirs in the cell
BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class Column(NamedTuple):
    """A metric as a column of the table."""

    metric: str
    heading: str
    unit: str  # shown below the heading


class Cell(NamedTuple):
    """A number as text, and its spread (empty if it has none)."""

    value: str
    spread: str


def columns(lines: Sequence[Line], more: Mapping[str, Metric[Any]] | None = None) -> list[Column]:
    """Return the table's columns: those metrics of the comparison that some scheduler has, ``more`` last."""
    known = {name for line in lines for name in line.metrics}
    util = sorted(name for name in known if name.startswith("util."))
    waits = ["wait.p50", "wait.p95", "wait.p99"]
    stranded = f"stranded.{scarcest(lines)}"
    wanted = ["placed", "pending", *util, stranded, *waits, "evictions", "bytes_moved"]
    wanted += ["backlog.mean", "scheduling_throughput", "pods_per_s"]
    wanted += [name for name in sorted(known) if name.partition(".")[0] in (more or {})]
    headings = {"bytes_moved": "data moved", "scheduling_throughput": "scheduling throughput", "pods_per_s": "pods"}
    return [
        Column(name, headings.get(name, name.replace(".", " ")), UNITS.get(unit_of(name, more), ""))
        for name in wanted
        if name in known
    ]


def cell(metric: str, found: Mean | None, more: Mapping[str, Metric[Any]] | None = None) -> Cell:
    """Return a metric of one scheduler as text; lower bounds begin with ≥, what is unknown is a dash.

    ``more`` are metrics beside the package's.
    """
    if found is None or math.isnan(found.mean):
        return Cell("-", "")
    mean, half, suffix = found.mean, found.half_range, ""
    unit = unit_of(metric, more)
    if unit == "fraction":
        mean, half = 100 * mean, 100 * half
    elif unit == "bytes":
        power = min(int(math.log2(mean) // 10), len(BYTES) - 1) if mean >= 1 else 0
        mean, half, suffix = mean / 1024**power, half / 1024**power, f" {BYTES[power]}"
    digits = _digits(mean, half, unit)
    bound = "≥ " if found.censored else ""
    spread = f"±{half:,.{digits}f}" if half else ""
    return Cell(f"{bound}{mean:,.{digits}f}{suffix}", spread)


def differences(metric: str, values: Sequence[float], more: Mapping[str, Metric[Any]] | None = None) -> list[str]:
    """Return differences in a metric as texts with their signs, and the unit that all of them are in.

    Those of fractions are in percentage points, "pp".
    """
    unit = unit_of(metric, more)
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    scale, suffix = (0.01, "pp") if unit == "fraction" else (1.0, UNITS.get(unit, ""))
    if unit == "bytes":
        power = min(int(math.log2(largest) // 10), len(BYTES) - 1) if largest >= 1 else 0
        scale, suffix = 1024.0**power, BYTES[power]
    digits = _digits(largest / scale, 0.0, unit)
    return [f"{value / scale:+,.{digits}f}".replace("inf", "∞") for value in values] + [suffix]


def bounded(text: str, bound: Bound) -> str:
    """Return the text of an observed difference as what it says of the true one."""
    return "unknown" if bound == "unknown" else {"at most": "≤ ", "at least": "≥ "}.get(bound, "") + text


def counted(count: int, noun: str) -> str:
    """Return so many of something."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def clock(seconds: float) -> str:
    """Return a span of time as people say it."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Return a number of bytes as people say it."""
    power = min(int(math.log2(count) // 10), len(BYTES) - 1) if count >= 1 else 0
    number = count / 1024**power
    return f"{number:.{2 if power and number < 100 else 0}f} {BYTES[power]}"


def _digits(mean: float, half: float, unit: str) -> int:
    """Return how many decimals: none for whole counts and what is large, else about three figures."""
    if abs(mean) >= 100 or (unit == "count" and mean.is_integer() and half.is_integer()):
        return 0
    if abs(mean) >= 10 or (unit in ("fraction", "count") and max(abs(mean), half) >= 0.1):
        return 1
    if not mean and not half:
        return 0
    return 2 if abs(mean) >= 0.1 else min(1 + math.ceil(-math.log10(abs(mean) or half)), 9)


def summary_texts(summary: pd.Series[Any], more: Mapping[str, Metric[Any]] | None = None) -> list[tuple[str, str]]:
    """Return (name, value with its unit) for each entry of a run's summary; ``more``: metrics beside the package's."""
    rows = []
    for name, value in summary.items():
        metric = str(name)
        if not metric.endswith(CENSORED):
            found = Mean(float(value), 0.0, bool(summary.get(metric + CENSORED, False)))
            rows.append((metric, f"{cell(metric, found, more).value} {UNITS.get(unit_of(metric, more), '')}".strip()))
    return rows
