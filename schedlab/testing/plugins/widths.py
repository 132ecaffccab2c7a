"""Widths: all nodes = some of them = several pods at once = any order of storage, to the last bit where it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import ClusterView
from schedlab.cluster.node_views import Subset
from schedlab.testing.plugins.calls import (
    Bench,
    Part,
    State,
    Trouble,
    ask_with,
    counted,
    prepare,
    shaped,
    spread,
)
from schedlab.testing.plugins.compare import close, count, first_difference, told, where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.testing.plugins.worlds import World

WIDTHS, SINGLE = (2, 3, 5, 7, 8, 9, 13, 15, 16, 21, 24, 32, 40), 13  # and so many nodes one by one
LOCAL = ("static", "node")
BLAS = "a matrix product rounds by how many nodes there are: write (w[:, None] * x).sum(axis=0) instead of w @ x"


def _cases(bench: Bench) -> Iterator[tuple[World, Part, int, State, NDArray[Any]]]:
    """Yield the pods that a part of scope static or node answers by the class alone, with its full answer."""
    for world, own in bench.trials():
        for part in own:
            for row in world.pending if part.scope in LOCAL else ():
                state = prepare(part, world, row)
                answer = shaped(part, world, row) if state.free else None
                if answer is not None:
                    yield world, part, row, state, answer


def _subsets(world: World) -> Iterator[NDArray[np.int64]]:
    """Yield positions: single nodes, odd widths, and as the framework pads them, to multiples of 8 by the last one."""
    rng = np.random.default_rng(world.seed)
    yield from np.arange(min(world.size, SINGLE))[:, None]
    for width in sorted({min(width, world.size) for width in WIDTHS}):
        some = rng.permutation(world.size)[:width]
        yield some
        yield np.concatenate([some, np.repeat(some[-1:], -len(some) % 8)])
    tail = np.arange(max(0, world.size - 8), world.size)
    yield np.concatenate([tail, np.repeat(tail[-1:], -len(tail) % 8)])


def _compared(bench: Bench) -> Iterator[tuple[World, Part, int, NDArray[Any], Any, Any, Any]]:
    for world, part, row, state, answer in _cases(bench):
        mask, nodes = counted(part, world, row), world.view.nodes(part.scope)
        for positions in _subsets(world):
            some = spread(part, ask_with(part, world, row, state, Subset(nodes, positions)), len(positions))
            yield world, part, row, positions, answer[positions], some, mask[positions]


def subset(bench: Bench) -> str:
    """Some nodes get the answers that they get among all."""
    subsets = 0
    for world, part, row, positions, full, some, mask in _compared(bench):
        subsets += 1
        at = first_difference(full, some, mask)
        if at >= 0 and not close(full, some, mask):
            raise Trouble(
                f"{part.name()} is of scope {part.scope!r}, but node {world.name(int(positions[at]))} is "
                f"{told(part, full[at])} among all and {told(part, some[at])} if asked for {count(len(positions))} "
                f"alone; declare scope='cluster', or tell of each node by itself ({where(world, row)})"
            )
    return f"{subsets} subsets, 1 to {max(WIDTHS)} nodes" if subsets else "scope cluster: always all nodes"


def bits(bench: Bench) -> str:
    """Last bits do not hang on the number of nodes."""
    compared = 0
    for world, part, _, positions, full, some, mask in _compared(bench):
        if len(positions) < 2:
            continue  # the framework pads
        compared += 1
        at = first_difference(full, some, mask)
        if at >= 0 and close(full, some, mask):
            raise Trouble(
                f"{part.name()} on node {world.name(int(positions[at]))} is {float(full[at])!r} among {world.size} "
                f"nodes and {float(some[at])!r} among {len(positions)}; {BLAS}"
            )
    return "the same to the last bit, however many nodes" if compared else "scope cluster: always all nodes"


def batch(bench: Bench) -> str:
    """Several pods at once get the answers that they get one by one, or the call does not work at all."""
    once = looped = 0
    for world, own in bench.trials():
        for part in own:
            if part.scope not in LOCAL or part.plugin.prepare is not None:
                continue
            rows = [row for row in world.pending if shaped(part, world, row) is not None]
            for many in (3, len(rows)):
                done = _batch(part, world, rows[:many])
                once, looped = once + done, looped + (not done)
    if once:
        return "several pods at once" + (", elsewhere one by one" if looped else "")
    return "looped: asked for one pod at a time" if looped else "asked for one pod at a time"


def _batch(part: Part, world: World, rows: list[int]) -> bool:
    """Return whether a call for several pods works; its answers must then be right."""
    positions = np.arange(world.size)[::-1]
    nodes, pods = Subset(world.view.nodes(part.scope), positions), world.cluster.pods
    shape = len(rows), world.size
    if len(rows) in (1, len(world.cluster.nodes.resources)):
        return False
    try:
        with np.errstate(all="ignore"):
            many = np.asarray(part.function(world.view.class_batch(pods.cls[rows].tolist()), nodes.for_batch()))
    except Exception:  # written for one pod
        return False
    if many.shape != shape:
        return False
    for row, got in zip(rows, many, strict=True):
        one = shaped(part, world, row, nodes)
        assert one is not None
        got = spread(part, got, world.size)
        if not close(one, got, counted(part, world, row)[positions]):
            raise Trouble(
                f"{part.name()} takes {len(rows)} pods at once, with shape {shape}, but answers otherwise than for one "
                f"({where(world, row)}); reduce over axis=0 alone"
            )
    return True


def order(bench: Bench) -> str:
    """However the nodes are stored, each gets the same answer."""
    drawn = False
    for (world, own), (other, others) in zip(bench.trials(), bench.trials("shuffled"), strict=True):
        uids = other.cluster.nodes.uid.tolist()
        back = np.array([uids.index(uid) for uid in world.cluster.nodes.uid.tolist()])
        for part, twin in zip(own, others, strict=True):
            for row in world.pending:
                one, two = shaped(part, world, row), shaped(twin, other, row)
                if one is None or two is None:
                    continue
                mask = counted(part, world, row)
                at = first_difference(one, two[back], mask)
                if at >= 0 and not close(one, two[back], mask):
                    if part.scope == "cluster" and _drawn(part, world, row, one):
                        drawn = True
                        continue
                    raise Trouble(
                        f"{part.name()}: node {world.name(at)} goes from {told(part, one[at])} to "
                        f"{told(part, two[back][at])} if nodes are stored in another order; go by nodes.rank, not by "
                        f"position, and draw from pod.uniform(nodes.uid) ({where(world, row)})"
                    )
    return "draws by position: the same run gives the same draws" if drawn else "any order of nodes"


def _drawn(part: Part, world: World, row: int, answer: NDArray[Any]) -> bool:
    """Return whether an answer hangs on the run's seed: draws from ``pod.rng`` are for positions, not for nodes."""
    view, world.view = world.view, ClusterView(world.cluster, world.seed + 1)
    try:
        other = shaped(part, world, row)
    finally:
        world.view = view
    return other is not None and first_difference(answer, other) >= 0
