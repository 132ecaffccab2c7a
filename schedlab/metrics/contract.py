"""What a metric is: a function of a Run, with its unit, that the summary finds by its mark."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from schedlab.record import Run

Unit = Literal["count", "fraction", "s", "bytes", "1/s"]
Measured = TypeVar("Measured", bound="int | float | pd.Series[Any]")


class Metric(Generic[Measured]):
    """A function of a Run that `summary` calls.

    Attributes
    ----------
    unit
        Of the number, or of every number of the Series.
    host
        True for a number that depends on the machine's speed, so that two equal runs differ in it.
    """

    __name__: str

    def __init__(self, function: Callable[[Run], Measured], unit: Unit, host: bool) -> None:
        self.function = function
        self.unit, self.host = unit, host
        update_wrapper(self, function)

    def __call__(self, run: Run) -> Measured:
        """Measure a run."""
        return self.function(run)


def metric(*, unit: Unit, host: bool = False) -> Callable[[Callable[[Run], Measured]], Metric[Measured]]:
    """Make a function of a Run part of the summary, under the function's name.

    A Series adds one entry ``<name>.<index>`` per row; the empty index stands for ``<name>`` itself.
    """

    def mark(function: Callable[[Run], Measured]) -> Metric[Measured]:
        return Metric(function, unit, host)

    return mark
