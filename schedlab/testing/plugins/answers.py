"""Answers: what a filter or score returns, on every world and for every pending pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.node_views import Subset
from schedlab.plugins.api import EXCLUDED, RESOLVABLE, UNRESOLVABLE
from schedlab.testing.plugins.calls import Bench, Part, Trouble, ask, blamed, counted, shaped, subject
from schedlab.testing.plugins.compare import where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.testing.plugins.worlds import World


MEANINGS = (RESOLVABLE, UNRESOLVABLE, EXCLUDED)


def _all(bench: Bench) -> Iterator[tuple[World, Part, int]]:
    for world, own in bench.trials():
        for part in own:
            for row in world.pending:
                yield world, part, row


def calls(bench: Bench) -> str:
    """Every call returns."""
    count = skipped = 0
    for world, part, row in _all(bench):
        answered = ask(part, world, row) is not None
        count, skipped = count + 1, skipped + (not answered)
    if skipped == count:
        return f"prepare skipped all {count} pods: nothing to check"
    return f"{count} calls returned" + (f", {skipped} of them skipped by prepare" if skipped else "")


def shape(bench: Bench) -> str:
    """One number for each node."""
    for world, part, row in _all(bench):
        shaped(part, world, row)
    return "one number for each node"


def dtype(bench: Bench) -> str:
    """Numbers that the framework takes."""
    seen = set()
    for world, part, row in _all(bench):
        answer = ask(part, world, row)
        if answer is None:
            continue
        allowed, wanted = ("bi", "bool (True passes) or signed integers (0 passes)") if part.filters else (
            "bif", "bool, signed integers or floats")  # fmt: skip
        if answer.dtype.kind not in allowed:
            raise Trouble(f"{part.name()} returns {answer.dtype}; return {wanted}")
        seen.add(f"{part.kind} {answer.dtype}")
    return ", ".join(sorted(seen)) or "never called"


def finite(bench: Bench) -> str:
    """A number on every node that could be feasible."""
    for world, part, row in _all(bench):
        answer = None if part.filters else shaped(part, world, row)
        if answer is None:
            continue
        bad = counted(part, world, row) & ~np.isfinite(answer)
        if bad.any():
            at = int(bad.argmax())
            raise Trouble(
                f"{part.name()} is {answer[at]} on node {world.name(at)}, which could take the pod "
                f"({where(world, row)}); divide by ratio(a, b), which is 0 where b is 0"
            )
    return "on every node that could take the pod"


def codes(bench: Bench) -> str:
    """Every code that a filter gives is declared, with a known meaning."""
    seen: set[int] = set()
    declared: dict[int, str] = {}
    for world, part, row in _all(bench):
        if not part.filters:
            continue
        declared = dict(part.plugin.codes or {})
        if wrong := [
            f"{code}: {text!r}" for code, text in declared.items() if text not in (RESOLVABLE, UNRESOLVABLE, EXCLUDED)
        ]:
            raise Trouble(
                f"codes={{{', '.join(wrong)}}}; a code means {RESOLVABLE!r}, {UNRESOLVABLE!r} or {EXCLUDED!r}"
            )
        answer = ask(part, world, row)
        if answer is not None and answer.dtype.kind == "i":
            seen |= set(np.unique(answer).tolist())
    if unknown := sorted(seen - {0} - set(declared)):
        raise Trouble(f"the filter gives {unknown}, but declares {sorted(declared)}; add it to @filter(codes={{...}})")
    return f"given {sorted(seen - {0})}, declared {sorted(declared)}" if seen else "it gives bool"


def reasons(bench: Bench) -> str:
    """Every rejection has a reason, in any subset of the nodes."""
    texts: set[str] = set()
    for world, part, row in _all(bench):
        verdict = shaped(part, world, row) if part.filters else None
        if verdict is None or part.plugin.reasons is None:
            continue
        rejected = verdict != 0
        if not rejected.any():
            continue
        positions = np.flatnonzero(rejected)
        nodes = world.view.nodes(part.scope)
        whole = _reasons(part, world, row, nodes, world.size)
        some = _reasons(part, world, row, Subset(nodes, positions), len(positions))
        for text, told in some.items():
            if text not in whole or not np.array_equal(whole[text][positions], told):
                raise Trouble(f"reasons: {text!r} holds for other nodes if only the rejected ones are shown "
                              f"({where(world, row)}); tell of each node by itself")  # fmt: skip
        mute = ~np.logical_or.reduce([np.zeros(len(positions), np.bool_), *some.values()])
        if mute.any():
            name = world.name(int(positions[mute.argmax()]))
            raise Trouble(f"reasons gives none for node {name}, which the filter rejects ({where(world, row)})")
        texts |= {text for text, told in some.items() if told.any()}
    return ", ".join(repr(text) for text in sorted(texts)[:3]) + (", ..." if len(texts) > 3 else "") or "never asked"


def _reasons(part: Part, world: World, row: int, nodes: Any, width: int) -> dict[str, NDArray[np.bool_]]:
    assert part.plugin.reasons is not None
    try:
        told = part.plugin.reasons(subject(part, world, row), nodes)
    except Exception as error:
        raise blamed(error, f"reasons, {where(world, row)}") from error
    if not isinstance(told, dict) or not all(isinstance(text, str) for text in told):
        raise Trouble(f"reasons returns {type(told).__name__}; return a dict of text to bool, one for each node")
    found = {}
    for text, held in told.items():
        array = np.asarray(held)
        if array.dtype != np.bool_ or array.shape not in ((), (1,), (width,)):
            raise Trouble(f"reasons: {text!r} is {array.dtype} of shape {array.shape}; give bool, shape ({width},)")
        found[text] = np.broadcast_to(array, width)
    return found
