"""Traces of a suite: what is loaded, how it is changed, and what its replicates are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from schedlab.errors import InputError
from schedlab.experiments.grid.contender import beside
from schedlab.experiments.grid.replicates import Replicates
from schedlab.workload import load_trace
from schedlab.workload.load import find_trace
from schedlab.workload.loaders import options as options_of
from schedlab.workload.transforms import apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from schedlab.workload import Workload


class Trace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A trace of a suite.

    Attributes
    ----------
    trace
        What `load_trace` takes: a name, or a folder or file, looked for here and then in the suite's folder.
    name
        For tables; default: the trace with its options and transforms.
    options
        Of the loader.
    transforms
        Applied in this order, each a mapping from its name to its options.
    replicates
        Instead of the suite's: a count of seeds, or `Replicates`.
    optional
        Its absence is a note, and no error.
    """

    trace: str
    name: str = ""
    options: dict[str, Any] = {}
    transforms: tuple[dict[str, dict[str, Any]], ...] = ()
    replicates: Annotated[int, msgspec.Meta(ge=1)] | Replicates | None = None
    optional: bool = False

    @property
    def label(self) -> str:
        """Name for tables."""
        steps = (f"{name}({_told(options, ', ')})" for step in self.transforms for name, options in step.items())
        return self.name or " ".join(filter(None, (self.trace, _told(self.options, " "), *steps)))


@dataclass(frozen=True)
class World:
    """A workload to be: in one replicate, what all schedulers of a suite meet."""

    where: str
    options: str = "{}"  # JSON: hashable
    transforms: str = "[]"  # JSON

    @staticmethod
    def of(where: str, options: Mapping[str, Any], transforms: Sequence[Any] = (), seed: int = 0) -> World:
        """Return the world of a trace with loader options and transforms; the seed is for a loader that draws.

        Raises
        ------
        InputError
            There is no such trace.
        """
        drawn = {"seed": seed} if draws(where, options) else {}
        return World(where, _json(drawn | dict(options)), _json(list(transforms)))

    def load(self) -> Workload:
        """Load and transform it.

        Raises
        ------
        InputError
            There is no such trace, an option is wrong, or something in its files is.
        """
        return apply(load_trace(self.where, **json.loads(self.options)), json.loads(self.transforms))


def worlds(trace: Trace, replicates: int | Replicates, folder: Path) -> tuple[Iterator[World], Replicates | None]:
    """Return the worlds of a trace, one for each replicate, and how these arise (None: there is but one).

    Where a count of seeds is asked and the trace draws nothing, or its seed is fixed, there is one world.

    Raises
    ------
    InputError
        There is no such trace.
    """
    where = trace.trace
    if not _known(where) and (folder / where).exists():
        where = str(beside(where, folder))
    drawn = draws(where, trace.options)
    if isinstance(replicates, int):
        replicates = Replicates(seeds=replicates)
    if replicates.seeds and not drawn:
        return iter([World.of(where, trace.options, trace.transforms)]), None
    made = (
        World.of(
            where,
            trace.options,
            [*trace.transforms, *replicates.transforms(row)],
            replicates.first + row if replicates.seeds else 0,
        )
        for row in range(replicates.count)
    )
    return made, replicates


def draws(where: str, options: Mapping[str, Any]) -> bool:
    """Say whether a trace with some options depends on a seed that they do not give."""
    loader, _ = find_trace(where)
    return "seed" in options_of(loader) and "seed" not in options


def _known(where: str) -> bool:
    try:
        find_trace(where)
    except InputError:
        return False
    return True


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _told(options: dict[str, Any], between: str) -> str:
    return between.join(f"{name}={value}" for name, value in options.items())
