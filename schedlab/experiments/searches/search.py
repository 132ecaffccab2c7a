"""What a search is: a metric that a run does not tell, for it has to place the workload's pods again and again."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from schedlab.errors import SchedlabError
from schedlab.experiments import searches as package
from schedlab.metrics import Metric, metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schedlab.metrics import Better, Unit
    from schedlab.record import Run
    from schedlab.workload import Workload

    Function = Callable[..., dict[str, float]]
    Shared = Callable[[Workload, int], Any]
    Once = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True)
class Search:
    """A function of a workload, a profile and a seed that gives entries of a summary.

    With ``shared``, what that returned is its fourth argument.

    Attributes
    ----------
    function
        It gives the entry that is called like the search, and others that begin with its name and a dot.
    definition
        Name, unit, formula and source; it measures no run.
    shared
        A function of a workload and a seed for what is the same for all profiles, as JSON: it is called once and kept.
    """

    function: Function
    definition: Metric[int]
    shared: Shared | None = None

    def of(self, workload: Workload, profile: Any, seed: int, once: Once) -> dict[str, float]:
        """Return the entries; ``once`` calls what it is given, or returns what that returned before."""
        if self.shared is None:
            return self.function(workload, profile, seed)
        return self.function(workload, profile, seed, once(partial(self.shared, workload, seed)))


def search(
    name: str,
    *,
    unit: Unit,
    better: Better | Mapping[str, Better],
    formula: str,
    source: str,
    shared: Shared | None = None,
) -> Callable[[Function], Search]:
    """Make a function a search that a suite may name among its metrics; parameters are as of `metric` and `Search`."""

    def none(run: Run) -> int:
        raise SchedlabError(f"{name} is no metric of a run: {run!r} does not tell it")

    none.__name__ = name
    definition = metric(unit=unit, better=better, formula=formula, source=source)(none)
    return lambda function: Search(function, definition, shared)


def searches() -> dict[str, Search]:
    """Return every search by name, found by looking into the modules of this package."""
    names = [info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    found = [
        each for name in names for each in vars(importlib.import_module(name)).values() if isinstance(each, Search)
    ]
    return {each.definition.__name__: each for each in found}
