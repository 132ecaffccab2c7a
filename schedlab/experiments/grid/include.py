"""Including: the grids that a suite file and the files it includes make together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from schedlab.errors import InputError
from schedlab.experiments.grid import read
from schedlab.experiments.grid.grid import Grid
from schedlab.experiments.grid.written import Comparing, Written

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Gathered:
    """What a suite file and all that it includes say.

    An included file (or mapping) that has both traces and schedulers is a grid beside the others; one that has only
    traces or only schedulers lends them to the grid of the file that includes it.

    Attributes
    ----------
    grids
        With the folder of the file that each stands in.
    problems
        Files that could not be included.
    """

    grids: list[tuple[Grid, Path]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, written: Written, folder: Path, trail: tuple[str, ...]) -> Comparing:
        """Add a suite and what it includes; return how to compare, with what it leaves open from what it includes.

        ``trail`` names the files that led to it, itself last.
        """
        grid = Grid(**{name: getattr(written, name) for name in Grid.__struct_fields__})
        comparing = written.compare
        beside: list[tuple[Grid, Path]] = []
        for included, place, inner in self._included(written, folder, trail):
            comparing = _completed(comparing, inner)
            if included.traces and included.schedulers:
                beside.append((included, place))
            else:
                grid = _lent(grid, included)
        self.grids += [(grid, folder)] if grid.traces or grid.schedulers else []
        self.grids += beside
        return comparing

    def _included(
        self, written: Written, folder: Path, trail: tuple[str, ...]
    ) -> Iterator[tuple[Grid, Path, Comparing]]:
        for each in written.include:
            if isinstance(each, Grid):
                yield each, folder, Comparing()
                continue
            try:
                file = read.find(each, folder)
                name = read.identity(file)
                if name in trail:
                    circle = " includes ".join(Path(one).name for one in (*trail[trail.index(name) :], name))
                    raise InputError(f"the suites include each other in a circle: {circle}")
                content = {"name": Path(each).stem} | read.parse(file, each)
                inner = read.checked(content, Written, each)
            except InputError as error:
                self.problems.append(f"include {each!r} of {Path(trail[-1]).name} was skipped: {error}")
                continue
            nested = Gathered()
            comparing = nested.take(inner, file.parent if isinstance(file, Path) else Path(), (*trail, name))
            self.problems += nested.problems
            yield from ((grid, place, comparing) for grid, place in nested.grids)


def _completed(comparing: Comparing, other: Comparing) -> Comparing:
    """Return how to compare, with what is left at its default as another suite has it."""
    default = Comparing()
    names = [name for name in Comparing.__struct_fields__ if getattr(comparing, name) == getattr(default, name)]
    return msgspec.structs.replace(comparing, **{name: getattr(other, name) for name in names})


def _lent(grid: Grid, lender: Grid) -> Grid:
    """Return a grid with another one's traces or schedulers before its own, and the parameters that they mention."""
    return msgspec.structs.replace(
        grid,
        traces=lender.traces + grid.traces,
        schedulers=lender.schedulers + grid.schedulers,
        parameters=lender.parameters | grid.parameters,
    )
