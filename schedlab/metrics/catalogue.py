"""The catalogue: every metric by name, the one table of their definitions, and what an entry of a summary is."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pandas as pd

from schedlab import metrics as package
from schedlab.errors import InputError
from schedlab.extensions import Kind, nearest, packages
from schedlab.metrics.contract import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from schedlab.metrics.contract import Better, Unit

GROUP = "schedlab.metrics"  # of entry points
DECORATE = 'decorate it with @metric(unit="s")'


@functools.cache
def metrics() -> dict[str, Metric[Any]]:
    """Return the package's metrics by name, found by looking into its modules; those that depend on the host last."""
    names = [info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    found = [item for name in names for item in _members(importlib.import_module(name))]
    return {item.__name__: item for item in sorted(found, key=lambda item: item.host)}


def _members(module: ModuleType) -> list[Metric[Any]]:
    return [each for each in vars(module).values() if isinstance(each, Metric) and each.__module__ == module.__name__]


KIND = Kind(
    noun="metric",
    example="my.py:slow_pods",
    decorate=DECORATE,
    group=GROUP,
    own=metrics,
    holds=lambda found: isinstance(found, Metric),
    members=_members,
    name_of=lambda found: str(found.__name__),
)


def choose(wanted: Iterable[str | Metric[Any]]) -> dict[str, Metric[Any]]:
    """Return metrics by the names that their entries in a summary begin with.

    Parameters
    ----------
    wanted
        Each a metric, or the name of one: of the package, of one that an installed package declares as an entry point
        of the group ``schedlab.metrics``, ``file.py:name`` or ``package.module:name``.

    Raises
    ------
    InputError
        If there is no such metric, with the nearest names; or two different ones would have one name in a summary.
    """
    found: dict[str, Metric[Any]] = {}
    for each in wanted:
        item = KIND.locate(each) if isinstance(each, str) else each
        if not isinstance(item, Metric):
            raise InputError(f"{item!r:.80} is no metric: {DECORATE}")
        name = item.__name__
        if (metrics() | found).get(name, item) is not item:
            raise InputError(f"there are two metrics {name!r}", mend="give your own another name")
        found[name] = item
    return found


def table(wanted: Mapping[str, Metric[Any]] | None = None) -> pd.DataFrame:
    """Return what metrics mean, one a row: name, unit, better, formula, source; default: those of the package."""
    rows = [
        (name, item.unit, _better(item), item.formula, item.source)
        for name, item in (metrics() if wanted is None else wanted).items()
    ]
    return pd.DataFrame(rows, columns=["name", "unit", "better", "formula", "source"])


def _better(item: Metric[Any]) -> str:
    if item.better is None or isinstance(item.better, str):
        return item.better or ""
    return ", ".join(f"{index or item.__name__}: {better}" for index, better in item.better.items())


def offered() -> list[str]:
    """Return the names of the metrics that installed packages offer; nothing is loaded."""
    return sorted(packages(GROUP))


def unit_of(entry: str, more: Mapping[str, Metric[Any]] | None = None) -> Unit:
    """Return the unit of an entry of a summary, such as ``wait.p95``; ``more`` are metrics beside the package's."""
    return _of(entry, more)[0].unit


def better_of(entry: str, more: Mapping[str, Metric[Any]] | None = None) -> Better | None:
    """Return which values of an entry of a summary are good; None if that is no question of good."""
    item, index = _of(entry, more)
    return item.better_of(index)


def _of(entry: str, more: Mapping[str, Metric[Any]] | None) -> tuple[Metric[Any], str]:
    name, _, index = entry.partition(".")
    known = metrics() | dict(more or {})
    if name not in known:
        raise InputError(f"there is no metric {name!r}", mend=nearest(name, known))
    return known[name], index
