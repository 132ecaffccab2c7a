"""Calls: a plug-in's filter or score called on a world, with just what its scope may see."""

from __future__ import annotations

import inspect
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.node_views import ScopeError, frozen
from schedlab.plugins.api import Plugin, Skip
from schedlab.plugins.budget import Budget
from schedlab.testing.plugins.compare import count, where
from schedlab.testing.plugins.worlds import SIZES, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from schedlab.cluster.node_views import Scope


SECONDS = 10.0  # for one call, on clusters of at most 61 nodes


class Trouble(Exception):
    """A check does not pass; ``check`` names another one if it is that which the fault belongs to."""

    def __init__(self, text: str, check: str = "") -> None:
        super().__init__(" ".join(text.split()))
        self.check = check


class Part(NamedTuple):
    """The filter or the score of a plug-in."""

    plugin: Plugin
    kind: str
    function: Callable[..., Any]
    scope: Scope

    @property
    def filters(self) -> bool:
        """Whether this is the filter."""
        return self.kind == "filter"

    def name(self) -> str:
        """Return "the score", or "the filter"."""
        return f"the {self.kind}"


def parts(plugin: Plugin) -> list[Part]:
    """Return the filter and the score of a plug-in, as far as it has them."""
    found = []
    if plugin.filter is not None:
        found.append(Part(plugin, "filter", plugin.filter, plugin.filter_scope))
    if plugin.score is not None:
        found.append(Part(plugin, "score", plugin.score, plugin.score_scope))
    return found


@dataclass(frozen=True)
class Bench:
    """A rule under check: every trial gets an instance of its own."""

    rule: Any
    budget: Budget = field(default_factory=lambda: Budget(SECONDS))

    def plugin(self, world: World) -> Plugin:
        """Return a fresh instance, set up for a world."""
        rule = self.rule
        if not (inspect.isclass(rule) or inspect.isfunction(rule) or inspect.ismodule(rule)):
            with suppress(Exception):  # what cannot be copied is shared by all trials
                rule = deepcopy(rule)
        plugin = self.budget.guard(Plugin.of(rule))
        if plugin.setup is not None:
            workload = world.workload if plugin.oracle else world.workload.without_foresight()
            try:
                plugin.setup(workload)
            except Exception as error:
                raise blamed(error, f"setup(workload) on a cluster of {world.size}") from error
        return plugin

    def worlds(self, order: str = "inserted") -> Iterator[World]:
        """Yield new worlds of all sizes, the same ones every time."""
        for seed, size in enumerate(SIZES):
            yield World(size, seed, order)

    def trials(self, order: str = "inserted") -> Iterator[tuple[World, list[Part]]]:
        """Yield new worlds of all sizes with the parts of a fresh instance."""
        for world in self.worlds(order):
            yield world, parts(self.plugin(world))


class State(NamedTuple):
    """What ``prepare`` said for one part: out of the cycle, or the arguments after the nodes."""

    skipped: bool
    more: tuple[Any, ...] = ()

    @property
    def free(self) -> bool:
        """Whether the answer hangs on nothing else than what the scope may see."""
        return not self.skipped and (not self.more or self.more[0] is None)


def prepare(part: Part, world: World, row: int) -> State:
    """Ask ``prepare`` for a pod."""
    if part.plugin.prepare is None:
        return State(False)
    try:
        with np.errstate(all="ignore"):
            state = part.plugin.prepare(subject(part, world, row, whole=True), world.view)
    except Exception as error:
        raise blamed(error, f"prepare, {where(world, row)}") from error
    if isinstance(state, Skip):
        return State(state.filter if part.filters else state.score, (state.state,))
    return State(False, (state,))


def subject(part: Part, world: World, row: int, *, whole: bool = False) -> Any:
    """Return the pod as a part may see it."""
    pod = world.view.pod(row)
    if whole or part.scope == "cluster":
        return pod.shown_to(part.plugin.name, oracle=part.plugin.oracle)
    return pod.shared


def ask(part: Part, world: World, row: int, nodes: Any = None) -> NDArray[Any] | None:
    """Return a copy of a part's answer for a pod, any shape; None if it is skipped.

    Raises
    ------
    Trouble
        If the call raises.
    """
    state = prepare(part, world, row)
    return None if state.skipped else ask_with(part, world, row, state, nodes)


def ask_with(part: Part, world: World, row: int, state: State, nodes: Any = None) -> NDArray[Any]:
    """Return a copy of a part's answer for a pod and what ``prepare`` returned."""
    if nodes is None:
        nodes = world.view.nodes(part.scope)
        if part.scope == "cluster":
            mask = np.ones(len(nodes), np.bool_) if part.filters else world.fits(row)
            nodes.feasible = frozen(mask)
    try:
        with np.errstate(all="ignore"):
            return np.array(part.function(subject(part, world, row), nodes, *state.more))
    except Exception as error:
        raise blamed(error, f"{part.name()}, {where(world, row)}") from error


def shaped(part: Part, world: World, row: int, nodes: Any = None) -> NDArray[Any] | None:
    """Return a part's answer, one number for each node, a filter's as codes; None if it is skipped."""
    answer = ask(part, world, row, nodes)
    return None if answer is None else spread(part, answer, world.size if nodes is None else len(nodes))


def spread(part: Part, answer: NDArray[Any], width: int) -> NDArray[Any]:
    """Return an answer broadcast to the nodes, a filter's as codes: True is 0, False 1."""
    if answer.shape not in ((), (1,), (width,)):
        raise Trouble(
            f"{part.name()} returns shape {answer.shape} for {count(width)}; return one number for each node: node "
            "columns are (resources, nodes), so reduce over axis=0",
            "shape",
        )
    if part.filters and answer.dtype == np.bool_:
        answer = np.where(answer, 0, 1)
    return np.broadcast_to(answer, width)


def counted(part: Part, world: World, row: int) -> NDArray[np.bool_]:
    """Return the nodes (N,) on which an answer matters: all for a filter, else those that could be feasible."""
    if part.filters:
        return np.ones(world.size, np.bool_)
    mask = world.fits(row)
    for other in parts(part.plugin):
        if other.filters and (verdict := shaped(other, world, row)) is not None:
            mask &= verdict == 0
    return mask


def blamed(error: Exception, during: str, check: str = "calls") -> Trouble:
    """Return a fault of a call as the check that it fails, with what to do."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, ScopeError):
        return Trouble(f"{error} ({during})", "scope")
    if isinstance(error, ValueError) and any(word in str(error) for word in ("read-only", "WRITEABLE")):
        return Trouble(
            f"it writes into a view; work on a copy, as in nodes.used[:].copy() ({during}: {error})", "mutation"
        )
    return Trouble(f"{during}: {type(error).__name__}: {error}", check)
