"""Two runs side by side: each entry of their summaries, as numbers and as texts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from schedlab.experiments.comparison import Mean
from schedlab.experiments.comparison.columns import CENSORED
from schedlab.experiments.comparison.pairing import bound_of
from schedlab.experiments.table import UNITS, bounded, cell, differences
from schedlab.metrics import summary, unit_of

if TYPE_CHECKING:
    from schedlab.experiments.comparison.pairing import Bound
    from schedlab.record import Run


class Measured(NamedTuple):
    """An entry of the summaries of two runs; a number is NaN where a run does not have it."""

    metric: str
    a: float
    b: float
    a_text: str
    b_text: str
    difference: str  # b - a as text
    bound: Bound  # what b - a of these numbers is to the true difference


def measured(a: Run, b: Run) -> list[Measured]:
    """Return each entry of either summary."""
    found = [{str(name): value for name, value in summary(run).items()} for run in (a, b)]
    names = [name for name in dict.fromkeys([*found[0], *found[1]]) if not name.endswith(CENSORED)]
    rows = []
    for name in names:
        first, second = (float(of.get(name, math.nan)) for of in found)
        flags = [bool(of.get(name + CENSORED)) for of in found]
        known = math.isfinite(first) and math.isfinite(second)
        bound = bound_of(*flags)
        difference = bounded(" ".join(differences(name, [second - first])).rstrip(), bound) if known else "-"
        texts = [_text(name, value, flag) for value, flag in zip((first, second), flags, strict=True)]
        rows.append(Measured(name, first, second, texts[0], texts[1], difference, bound))
    return rows


def _text(name: str, value: float, bound: bool) -> str:
    return f"{cell(name, Mean(value, 0.0, bound)).value} {UNITS.get(unit_of(name), '')}".rstrip()
