"""Effects: what a call changes besides its answer, and what besides its arguments changes its answer."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from schedlab.testing.plugins.calls import Bench, Part, Trouble, ask, parts, subject
from schedlab.testing.plugins.compare import first_difference, where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.testing.plugins.worlds import World


def mutation(bench: Bench) -> str:
    """The cluster and its views are as before."""
    for world, own in bench.trials():
        for part in own:
            for row in world.pending:
                nodes, pod = world.view.nodes(part.scope), subject(part, world, row)
                shared = getattr(pod, "shared", pod)
                before, seen = kept(world, row), [_attributes(each) for each in (nodes, shared)]
                ask(part, world, row)
                changes(part.name(), before, kept(world, row))
                for of, view, was in (("nodes", nodes, seen[0]), ("pod", shared, seen[1])):
                    _untouched(of, was, _attributes(view), part)
    return "cluster and views are as before"


def changes(who: str, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Refuse what changed."""
    for name, was in before.items():
        if was != after.get(name):
            raise Trouble(f"{who} changes {name} of the cluster; work on a copy", "mutation")


def kept(world: World, row: int) -> dict[str, bytes]:
    """Return all columns, and what objects the pod's class shares, as bytes."""
    cluster = world.cluster
    found = {f"nodes.{name}": each.tobytes() for name, each in vars(cluster.nodes).items() if _array(each)}
    found |= {f"pods.{name}": each.tobytes() for name, each in vars(cluster.pods).items() if _array(each)}
    cls = cluster.classes[int(cluster.pods.cls[row])]
    for name, vector in cls.vectors(cluster.nodes.resources)._asdict().items():
        found[f"pod.{name}"] = vector.tobytes()
    found["pod.spec or pod.labels"] = msgspec.json.encode(cls.pod, enc_hook=str)
    found["node objects"] = msgspec.json.encode(cluster.nodes.nodes, enc_hook=str)
    return found


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _attributes(view: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(view).items() if not name.startswith("_")}


def _untouched(of: str, before: dict[str, Any], after: dict[str, Any], part: Part) -> None:
    for name, value in after.items():
        if _array(value) and value.flags.writeable and name != "feasible":
            raise Trouble(f"{part.name()} makes {of}.{name} writable; work on a copy")
        if name not in before or (before[name] is not value and name != "feasible"):
            raise Trouble(f"{part.name()} sets {of}.{name}; views are shared, keep what you need in a local variable")


def determinism(bench: Bench) -> str:
    """Asked again, it answers the same: at once, after other pods, and as a fresh instance."""
    for world, own in bench.trials():
        first = [_answers(part, world) for part in own]
        again = [_answers(part, world) for part in own]
        fresh = [_answers(part, world) for part in parts(bench.plugin(world))]
        for part, one, two, three in zip(own, first, again, fresh, strict=True):
            advice = "draw from pod.uniform(nodes.uid) or pod.rng (scope='cluster'), and keep nothing between calls"
            _same(part, world, one, two, f"asked again, it answers otherwise; {advice}")
            _same(part, world, one, three, f"a fresh instance answers otherwise; {advice}")
    return "asked again it answers the same, and so does a fresh instance"


def randomness(bench: Bench) -> str:
    """No generator that all code shares has a say."""
    advice = "draw from pod.uniform(nodes.uid) or pod.rng (scope='cluster'), which the run's seed fixes"
    for world, own in bench.trials():
        for part in own:
            one = _answers(part, world, seed=1)
            if (name := _drawn(1)) is not None:
                raise Trouble(f"{part.name()} draws from the global generator of {name}; {advice}")
            two = _answers(part, world, seed=2)
            _same(part, world, one, two, f"it hangs on the seed of a global generator; {advice}")
    return "no global generator"


def _answers(part: Part, world: World, seed: int = 1) -> list[NDArray[Any] | None]:
    """Return the answers for all pending pods, the global generators seeded before the first."""
    seed_generators(seed)
    return [ask(part, world, row) for row in world.pending]


def _same(part: Part, world: World, one: list[Any], two: list[Any], text: str) -> None:
    for row, a, b in zip(world.pending, one, two, strict=True):
        same = (a is None) == (b is None) and (a is None or (a.shape == b.shape and first_difference(a, b) < 0))
        if not same:
            raise Trouble(f"{part.name()}, {where(world, row)}: {text}")


def seed_generators(seed: int) -> None:
    """Seed the generators that all code shares."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the very generator that must not be used


def _drawn(seed: int) -> str | None:
    """Return which global generator was used since it was seeded."""
    used = random.getstate() != random.Random(seed).getstate()
    if used:
        return "module random"
    now, then = np.random.get_state(legacy=False), np.random.RandomState(seed).get_state(legacy=False)  # noqa: NPY002 - as above
    return None if _position(now) == _position(then) else "np.random"


def _position(state: Any) -> Any:
    return state["state"]["pos"], state["state"]["key"].tobytes(), state["has_gauss"]


@contextmanager
def generators() -> Iterator[None]:
    """Leave the global generators as they were."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - as above
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002 - as above
