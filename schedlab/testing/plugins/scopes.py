"""Scopes: whether an answer hangs on what its scope may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.testing.plugins.calls import Bench, Part, Trouble, counted, parts, prepare, shaped
from schedlab.testing.plugins.compare import close, first_difference, told, where
from schedlab.testing.plugins.worlds import SIZES, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

OTHERS = "only other nodes changed; declare scope='cluster', or drop what looks across nodes (mean, max, sort, len)"
OWN = "only pods and usage changed; declare scope='node'"


def scope(bench: Bench) -> str:
    """Change what the scope may not see; nothing else happens to the answer."""
    scopes = {}
    for seed, size in enumerate(SIZES):
        for how in ("fill", "empty"):
            for which, specs, advice in _changes(size):
                world = World(size, seed)
                for part in parts(bench.plugin(world)):
                    scopes[part.kind] = part.scope
                    if part.scope != "cluster" and (advice is OTHERS or part.scope == "static"):
                        _hold(part, world, which, how, specs, advice)
                        world = World(size, seed)
    declared = ", ".join(f"{kind} {scope}" for kind, scope in scopes.items())
    return declared if set(scopes.values()) == {"cluster"} else f"{declared}: nothing else has a say"


def _changes(size: int) -> Iterator[tuple[NDArray[Any], bool, str]]:
    """Yield which nodes change, whether their specs do, and what it means if other answers change with them."""
    everywhere = np.arange(size)
    yield everywhere, False, OWN
    if size > 1:
        for which in (everywhere[::2], everywhere[1::2], everywhere[:1]):
            yield which, True, OTHERS


def _hold(part: Part, world: World, which: NDArray[Any], how: str, specs: bool, advice: str) -> None:
    """Change some nodes and compare the answers of those that must not notice."""
    before = {
        row: (answer, counted(part, world, row))
        for row in world.pending
        if prepare(part, world, row).free and (answer := shaped(part, world, row)) is not None
    }
    kept = np.ones(world.size, np.bool_)
    if advice is OTHERS:
        kept[which] = False
    world.disturb(which.tolist(), how, specs=specs)
    for row, (was, mask) in before.items():
        if not prepare(part, world, row).free:
            continue
        now = shaped(part, world, row)
        at = -1 if now is None else first_difference(was, now, mask & kept)
        if now is not None and at >= 0 and not close(was, now, mask & kept):
            raise Trouble(
                f"{part.name()} is of scope {part.scope!r}, but node {world.name(at)} goes from {told(part, was[at])} "
                f"to {told(part, now[at])} where {advice} ({where(world, row)})"
            )
