"""Backfill: passes of a backfilling policy over all pods that wait, one by one and in pairs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.errors import PluginError
from schedlab.plugins.backfill.contract import Unit
from schedlab.scheduling.backfill import Backfilling
from schedlab.scoring import Evaluator, Profile
from schedlab.testing.plugins.calls import Bench, Trouble
from schedlab.testing.plugins.effects import changes, kept, seed_generators

if TYPE_CHECKING:
    from schedlab.plugins.api import Plugin
    from schedlab.testing.plugins.worlds import World


def backfill(bench: Bench) -> str:
    """Two passes say what the contract has, the same again for a policy made anew, and change nothing."""
    count = 0
    for world in bench.worlds():
        state = kept(world, world.pending[0])
        one, two = (_passes(bench.plugin(world), world, seed) for seed in (1, 2))
        if one != two:
            raise Trouble("made anew, the policy answers otherwise in the same cluster; keep nothing outside of what "
                          f"reservations returns ({len(world.view.nodes('static'))} nodes)")  # fmt: skip
        changes("backfill", state, kept(world, world.pending[0]))
        count += len(one)
    return f"{count} answers"


def _passes(plugin: Plugin, world: World, seed: int) -> list[Any]:
    """Return all that a policy answers in two passes at one time."""
    seed_generators(seed)
    view, rows = world.view, [int(row) for row in world.pending]
    units = [Unit.of([row], view) for row in rows] + [Unit.of(pair, view) for pair in pairwise(rows)]
    answers: list[Any] = []
    try:
        work = Backfilling(plugin, Evaluator(Profile.of("first_fit"), view))
        for _ in range(2):
            work.begin()
            for unit in units:
                answers += _shown(work, unit, [int(world.fits(row).argmax()) for row in unit.pods])
                if work.done:
                    break
    except PluginError as error:
        raise Trouble(error.problem) from error
    return answers


def _shown(work: Backfilling, unit: Unit, nodes: list[int]) -> list[Any]:
    """Show a unit as a scheduler does that finds it does not fit after all, unless a place is asked for and given."""
    room = work.room(unit, nodes[:-1])
    told = [None if room is None else np.flatnonzero(room).tolist(), work.allows(unit, nodes)]
    return told if told[1] is None else [*told, work.waits(unit)]
