"""Heuristics: ways of packing for an objective, those first that do best for one of its kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.packing.pack import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.level import Level
    from schedlab.placement.packing.pack import Centric
    from schedlab.placement.problem import Problem


class Way(NamedTuple):
    """A rule of choice, an order of pods, an order of nodes, and what is taken next: a pod or a node."""

    rule: str
    order: str
    nodes: str
    centric: Centric = "item"

    @property
    def name(self) -> str:
        """What it is called."""
        items = "bin-centric" if self.centric == "bin" else self.order
        return f"{self.rule}, {items}, nodes {self.nodes}"


class Heuristic(NamedTuple):
    """A way of packing, and what it is called."""

    name: str
    run: Callable[[], NDArray[np.int64]]  # returns an assignment (C, N)


# the first of each did best on openb, synthetic clusters or vector bin packing; variety is worth more than the rest
WEIGHT = (
    Way("cosine", "decreasing dominant", "given"),
    Way("least_allocated", "decreasing total", "given"),
    Way("dot_product", "decreasing dominant", "given"),
    Way("dot_product", "decreasing density", "given"),
    Way("cosine", "given", "given", "bin"),
)
COUNT = (
    Way("least_allocated", "given", "largest"),
    Way("cosine", "given", "given", "bin"),
    Way("worst_fit", "given", "given"),
    Way("cosine", "decreasing density", "given"),
    Way("cosine", "given", "given"),
    Way("dot_product", "given", "given"),
    Way("least_allocated", "increasing dominant", "given"),
)
NODES = (
    Way("dot_product", "given", "largest", "bin"),
    Way("cosine", "decreasing dominant", "largest"),
    Way("best_fit", "decreasing weighted", "largest"),
    Way("first_fit", "decreasing total", "most_devices"),
    Way("l2_norm", "decreasing weighted", "cheapest"),
    Way("l2_norm", "given", "cheapest", "bin"),
    Way("cosine", "given", "cheapest", "bin"),
)
OTHERS = (
    Way("nearest", "decreasing dominant", "given"),
    Way("best_fit", "decreasing largest", "fewest_devices"),
    Way("l2_norm", "decreasing total", "smallest"),
    Way("best_fit", "given", "by_type"),
    Way("first_fit", "given", "given"),
    Way("most_allocated", "given", "given"),
    Way("next_fit", "given", "given"),
    Way("fgd", "given", "given"),
    Way("random", "given", "given"),
)


def heuristics(problem: Problem, levels: Sequence[Level], seed: int) -> Iterator[Heuristic]:
    """Yield ways of packing, those that do best for such levels first; each is deterministic and takes moments.

    Higher priorities come first where the levels ask for it, and nodes in use before others where they count nodes.
    Where pods run, ways that let them move come last.
    """
    by_priority = any(level.name.startswith("priority") for level in levels)
    value = (*WEIGHT, *COUNT) if levels[0].name == "weight" else (*COUNT, *WEIGHT)
    ways = [(way, False) for way in (*value, *OTHERS, *NODES)]
    if any(level.form.node.any() for level in levels):
        cheap = [way._replace(nodes="cheapest") for way in NODES] if _prices_differ(levels) else []
        ways = [(way, True) for way in (*cheap, *NODES)]
        ways += [(way, False) for way in value] + [(way, True) for way in (*OTHERS, *value)]
    for keep in (True, False) if problem.current.any() else (True,):
        for way, opened_first in dict.fromkeys(ways):
            tells = {"fgd": problem.share, "nearest": problem.locality}.get(way.rule)
            if tells is not None and not tells.any():
                continue
            given = way._asdict() | {"opened_first": opened_first, "by_priority": by_priority, "keep": keep}
            name = way.name + ", opened first" * opened_first + ", moving" * (not keep)
            yield Heuristic(name, partial(pack, problem, seed=seed, **given))


def _prices_differ(levels: Sequence[Level]) -> bool:
    """Whether a level makes some nodes dearer than others."""
    return any(len({price for price in level.form.node.tolist() if price}) > 1 for level in levels)
