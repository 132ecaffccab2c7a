"""The margin of equivalence: how large a difference does not matter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.experiments.comparison.columns import names_of, within
from schedlab.extensions import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 0.02
Margin = float | Mapping[str, float | str]


def margin_of(margin: Margin, metric: str, baseline: float) -> float:
    """Return the margin for a metric, in its unit.

    Parameters
    ----------
    margin
        A share of the baseline's mean; or a mapping from entry or family to "5%" of that mean, or to a number in
        the metric's unit. An entry goes before its family; what the mapping does not name has 2 %.
    metric
        The entry.
    baseline
        The baseline's mean; a share of 0 is 0.
    """
    if not isinstance(margin, Mapping):
        return margin * abs(baseline)
    given = _given(margin, metric)
    return float(given[:-1]) / 100 * abs(baseline) if isinstance(given, str) else float(given)


def is_share(margin: Margin, metric: str) -> bool:
    """Return whether the margin for a metric is a share of the baseline's mean; else it is an amount."""
    return not isinstance(margin, Mapping) or isinstance(_given(margin, metric), str)


def _given(margin: Mapping[str, float | str], metric: str) -> float | str:
    name = max((name for name in margin if within(metric, name)), key=len, default=None)
    return f"{MARGIN:%}" if name is None else margin[name]


def check_margin(margin: Margin, metrics: Sequence[str]) -> None:
    """Refuse a margin that is none.

    Raises
    ------
    InputError
        It names a metric that is not compared, or a value is neither a number nor a percentage, or is negative.
    """
    if not isinstance(margin, Mapping):
        _check(margin, "margin")
        return
    for name, given in margin.items():
        if not any(within(metric, name) for metric in metrics):
            raise InputError(f"there is no metric {name!r}", field="margin", mend=nearest(name, names_of(metrics)))
        _check(given, f"margin.{name}")


def _check(given: float | str, field: str) -> None:
    text = given.removesuffix("%") if isinstance(given, str) and given.endswith("%") else given
    try:
        number = math.nan if text is given and isinstance(given, str) else float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise InputError(f"{given!r} is no margin", field=field, mend="give a number in the metric's unit, or 5%")
