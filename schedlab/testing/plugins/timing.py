"""Timing: CPU time of one call, beside a built-in of the same kind and scope. Numbers, never a verdict."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from schedlab.plugins import registry
from schedlab.plugins.api import Plugin
from schedlab.testing.plugins.calls import Bench, Part, Trouble, ask_with, parts, prepare, subject
from schedlab.testing.plugins.report import Timing
from schedlab.testing.plugins.worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SPAN, ROUNDS, CALLS = 0.004, 5, 10  # seconds of CPU time in a round; the best round counts
BESIDE = {
    ("filter", "static"): "NodeUnschedulable",
    ("filter", "node"): "NodeResourcesFit",
    ("filter", "cluster"): "NodeResourcesFit",
    ("score", "static"): "first_fit",
    ("score", "node"): "best_fit",
    ("score", "cluster"): "next_fit",
}


def timings(bench: Bench, sizes: Sequence[int]) -> Iterator[Timing]:
    """Time each part on clusters of several sizes, its turns and the built-in's alternating."""
    for size in sizes:
        world = World(size, size, "plain")
        for part in parts(bench.plugin(world)):
            name = BESIDE[part.kind, part.scope]
            beside = next(each for each in parts(Plugin.of(registry.find(name))) if each.kind == part.kind)
            both = part, beside
            best = [float("inf")] * 2
            for _ in range(ROUNDS):
                best = [min(was, _seconds(each, world)) for was, each in zip(best, both, strict=True)]
            if best[0] < float("inf"):
                yield Timing(part.kind, size, best[0] * 1e6, name, best[1] * 1e6)


def _seconds(part: Part, world: World) -> float:
    """Return the CPU time of one call, over pods that ``prepare`` does not skip; infinite if it skips all."""
    try:
        states = [(row, prepare(part, world, row)) for row in world.pending[1:4]]
        asked = [(row, state) for row, state in states if not state.skipped]
        for row, state in asked:
            ask_with(part, world, row, state)
    except Trouble:
        return float("inf")  # a check tells
    nodes, calls, spent = world.view.nodes(part.scope), 0, 0.0
    with np.errstate(all="ignore"):
        while asked and spent < SPAN:
            for row, state in asked:
                pod = subject(part, world, row)
                begin = time.process_time()
                for _ in range(CALLS):
                    part.function(pod, nodes, *state.more)
                spent += time.process_time() - begin
                calls += CALLS
    return spent / calls if calls else float("inf")
