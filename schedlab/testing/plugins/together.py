"""Together: what a policy asks about all pods that wait, about one, and about none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.cluster.pods import NOWHERE
from schedlab.plugins.together.contract import Ask
from schedlab.testing.plugins.calls import Bench, Trouble
from schedlab.testing.plugins.effects import changes, kept, seed_generators

if TYPE_CHECKING:
    from schedlab.testing.plugins.worlds import World


def together(bench: Bench) -> str:
    """The policy says what its contract has, asks about pods that wait, the same again, and changes nothing."""
    count = 0
    for world in bench.worlds():
        plugin = bench.plugin(world)
        for name in ("every", "pod_by_pod", "rejects"):
            if not hasattr(plugin.rule, name):
                raise Trouble(f"the policy does not say {name!r}; see schedlab.plugins.together.contract.Together")
        state = kept(world, world.pending[0])
        rows = tuple(int(row) for row in world.pending)
        for waiting in (rows, rows[:1], ()):
            one, two = (_asked(plugin.together, world, waiting, seed) for seed in (1, 2))
            if one != two:
                raise Trouble("ask answers otherwise when it is called again in the same cluster; keep nothing")
            count += 1
        changes("together", state, kept(world, world.pending[0]))
    return f"{count} answers"


def _asked(ask: Any, world: World, waiting: tuple[int, ...], seed: int) -> Ask | None:
    seed_generators(seed)
    try:
        found = ask(world.view, waiting)
    except Exception as error:
        raise Trouble(f"ask: {type(error).__name__}: {error}") from error
    if found is None:
        return None
    if not isinstance(found, Ask):
        raise Trouble(f"ask gave {found!r:.60}; give an Ask, or None")
    if strangers := set(found.pods) - set(waiting):
        raise Trouble(f"ask names pod {min(strangers)}, which is none of those that wait")
    if settled := [row for row in found.movable if world.view.pods.node[row] == NOWHERE]:
        raise Trouble(f"ask lets pod {settled[0]} move, which runs nowhere")
    return found
