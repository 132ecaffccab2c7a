"""What a metric is: a function of a Run, with unit and definition, that the summary finds by its mark."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schedlab.record import Run

Unit = Literal["count", "fraction", "ratio", "s", "bytes", "1/s", "1/h", "price/h"]
Better = Literal["lower", "higher"]
Measured = TypeVar("Measured", bound="int | float | pd.Series[Any]")
CENSORED = "censored"  # of an entry: True where its value is a lower bound


class Metric(Generic[Measured]):
    """A function of a Run that `summary` calls.

    Attributes
    ----------
    unit
        Of the number, or of every number of the Series.
    better
        Which numbers are good; a mapping says it of some entries. None, or left out: that is no question of good.
    formula
        The definition, one line of plain text.
    source
        Paper and section, or standard, that it is taken from.
    host
        True for a number that depends on the machine's speed, so that two equal runs differ in it.
    """

    __name__: str

    def __init__(
        self,
        function: Callable[[Run], Measured],
        unit: Unit,
        better: Better | Mapping[str, Better] | None,
        formula: str,
        source: str,
        host: bool,
    ) -> None:
        self.function = function
        self.unit, self.better, self.host = unit, better, host
        self.formula, self.source = formula, source
        update_wrapper(self, function)

    def __call__(self, run: Run) -> Measured:
        """Measure a run."""
        return self.function(run)

    def entries(self, run: Run) -> dict[str, int | float | bool]:
        """Measure a run; return the summary's entries, ``<name>`` or ``<name>.<index>``, as Python numbers.

        Raises
        ------
        SchedlabError
            Naming metric and run, if the function raises or gives something else than numbers.
        """
        try:
            measured = self.function(run)
            if isinstance(measured, pd.Series):
                named = zip(measured.index, measured.to_numpy(), strict=True)
                return {f"{self.__name__}.{at}" if at != "" else self.__name__: _number(value) for at, value in named}
            return {self.__name__: _number(measured)}
        except Exception as error:
            told = f"metric {self.__name__} of {run!r}: {type(error).__name__}: {error}"
            raise SchedlabError(" ".join(told.split())) from error

    def better_of(self, index: str) -> Better | None:
        """Return which values of an entry are good; ``index`` is what follows the name, "" for nothing."""
        if index.rpartition(".")[2] == CENSORED:
            return None
        return self.better if self.better is None or isinstance(self.better, str) else self.better.get(index)


def _number(value: Any) -> int | float | bool:
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, int | float):
        raise TypeError(f"it gave {plain!r:.60}, and not a number or a Series of numbers")
    return plain


def metric(
    *,
    unit: Unit,
    better: Better | Mapping[str, Better] | None = None,
    formula: str = "",
    source: str = "",
    host: bool = False,
) -> Callable[[Callable[[Run], Measured]], Metric[Measured]]:
    """Make a function of a Run a metric, under the function's name.

    ``run.pods`` holds a row for each attempt, of initial pods too, whatever the warm-up; `schedlab.metrics.waits` and
    `schedlab.metrics.window` say which pods count, and which time.

    The function returns a number, or a Series, which adds one entry ``<name>.<index>`` per row; the empty index
    stands for ``<name>`` itself. An entry ``<name>.<index>.censored`` that is True says that ``<name>.<index>`` is a
    lower bound. What a run does not know is left out, not NaN. The attributes of `Metric` say what the parameters
    mean; without a formula the first line of the docstring serves.

    Raises
    ------
    TypeError
        If the unit or ``better`` is none that there is.
    """
    if unit not in get_args(Unit):
        raise TypeError(f"unit {unit!r}: use one of {', '.join(get_args(Unit))}")
    for each in [better] if better is None or isinstance(better, str) else better.values():
        if each not in (None, *get_args(Better)):
            raise TypeError(f"better {each!r}: use 'lower', 'higher' or None")

    def mark(function: Callable[[Run], Measured]) -> Metric[Measured]:
        first = (function.__doc__ or "").strip().partition("\n")[0]
        return Metric(function, unit, better, formula or first, source, host)

    return mark
