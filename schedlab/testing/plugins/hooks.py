"""Hooks: the order of the queue and its lanes, and what ``assign`` does on the chosen node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.scoring.assign import assigned
from schedlab.testing.plugins.calls import Bench, Trouble, blamed, parts, shaped
from schedlab.testing.plugins.compare import where
from schedlab.testing.plugins.effects import changes, kept, seed_generators

if TYPE_CHECKING:
    from schedlab.cluster.devices import Holding
    from schedlab.plugins.api import Plugin
    from schedlab.testing.plugins.worlds import World


def key(bench: Bench) -> str:
    """Keys sort, come out the same again, and change nothing."""
    count = 0
    for world in bench.worlds():
        plugin, before = bench.plugin(world), [kept(world, row) for row in world.pending]
        keys = [_key(plugin, world, row, 1) for row in world.pending]
        again = [_key(plugin, world, row, 2) for row in world.pending]
        for row, one, two, state in zip(world.pending, keys, again, before, strict=True):
            if one != one:  # NaN, which no order has a place for
                raise Trouble(f"key gives {one!r} ({where(world, row)}); give something that sorts")
            if one != two:
                raise Trouble(
                    f"key gives {one!r} and then {two!r} for the same pod at the same time; draw from pod.rng, and "
                    f"keep nothing between calls ({where(world, row)})"
                )
            changes("key", state, kept(world, row))
        _sorted("keys", keys)
        count += len(keys)
    return f"{count} keys sort"


def lanes(bench: Bench) -> str:
    """Lanes are hashable, their keys sort, both come out the same again, and nothing is changed."""
    count = 0
    for world in bench.worlds():
        plugin, keys = bench.plugin(world), []
        for row in world.pending:
            before, one = kept(world, row), _lane(plugin, world, row, 1)
            two = _lane(plugin, world, row, 2)
            if one != two or one[1] != one[1]:
                raise Trouble(
                    f"lane and lane_key give {one!r} and then {two!r} for the same pod at the same time; give "
                    f"something that sorts, and keep nothing between calls ({where(world, row)})"
                )
            changes("lane_key", before, kept(world, row))
            keys.append(one[1])
        _sorted("keys of lanes", keys)
        count += len(keys)
    return f"{count} keys of lanes sort"


def _sorted(what: str, keys: list[Any]) -> None:
    try:
        sorted(keys)
    except (TypeError, ValueError) as error:
        kinds = ", ".join(sorted({type(each).__name__ for each in keys}))
        raise Trouble(f"{what} do not sort among each other ({kinds}: {error}); give numbers or tuples") from error


def _lane(plugin: Plugin, world: World, row: int, seed: int) -> tuple[Any, Any]:
    """Return a pod's lane and its key."""
    assert plugin.lane is not None
    assert plugin.lane_key is not None
    seed_generators(seed)
    try:
        lane = plugin.lane(world.view.pod(row).shown_to(plugin.name, oracle=plugin.oracle))
        hash(lane)
        return lane, plugin.lane_key(lane, world.view)
    except Exception as error:
        raise blamed(error, f"lane and lane_key, {where(world, row)}", "lanes") from error


def _key(plugin: Plugin, world: World, row: int, seed: int) -> Any:
    assert plugin.order is not None
    seed_generators(seed)
    try:
        return plugin.order(world.view.pod(row).shown_to(plugin.name, oracle=plugin.oracle), world.view.now)
    except Exception as error:
        raise blamed(error, f"key, {where(world, row)}", "key") from error


def assign(bench: Bench) -> str:
    """On every node that passes, ``assign`` gives devices, the same again, and changes nothing."""
    count = 0
    for world in bench.worlds():
        plugin = bench.plugin(world)
        filters = [part for part in parts(plugin) if part.filters]
        for row in world.pending:
            passed, state = world.fits(row), kept(world, row)
            for part in filters:
                if (verdict := shaped(part, world, row)) is not None:
                    passed &= verdict == 0
            for position in np.flatnonzero(passed).tolist():
                if (one := _assign(plugin, world, row, position)) != _assign(plugin, world, row, position):
                    raise Trouble(f"asked again for the same pod and node, it answers otherwise than {one} "
                                  f"({where(world, row)})")  # fmt: skip
                count += 1
            changes("assign", state, kept(world, row))
    return f"{count} choices"


def _assign(plugin: Plugin, world: World, row: int, position: int) -> Holding:
    try:
        return assigned(plugin, world.view, row, position)
    except Exception as error:
        text = f"assign on node {world.name(position)}, {where(world, row)}"
        raise blamed(error, text, "assign") from error
