"""Prepared: what ``prepare`` says of a whole pod class, where it looks at nothing but the class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.plugins.api import Skip
from schedlab.scoring.evaluation import skips

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedlab.cluster import ClusterView
    from schedlab.cluster.pod_views import ClassView
    from schedlab.plugins.api import Plugin

Skipped = frozenset[tuple[str, bool]]  # name of a plug-in, with True for its filter and False for its score
Preparing = tuple[tuple["Plugin", "Callable[..., Any]"], ...]


class Known:
    """What is known of a class: states by plug-in, what these skip, and the plug-ins to be asked for each pod.

    ``route`` is the evaluator's: how it answers for the class.
    """

    __slots__ = ("rest", "route", "skipped", "states")

    def __init__(self, states: dict[str, Any], skipped: Skipped, rest: Preparing) -> None:
        self.states, self.skipped, self.rest = states, skipped, rest
        self.route: Any = None


class Prepared:
    """Asks every ``prepare`` about a class first, showing it the class alone.

    One that looks at more is asked for each pod; so is one whose answer is a state, which may hang on anything. Where
    all of these answer with a `Skip` that is lasting, the class is settled until something happens that could end it.
    """

    def __init__(self, preparing: Preparing, view: ClusterView) -> None:
        self._preparing, self._view = preparing, view
        self._epoch = -1
        self._known: dict[int, Known] = {}
        self._settled: dict[int, tuple[int, Known]] = {}  # since when, and what is known

    def of(self, shared: ClassView) -> Known:
        """Return what is known of a class until a node comes or goes."""
        if self._epoch != self._view.log.epoch:
            self._known.clear()
            self._settled.clear()
            self._epoch = self._view.log.epoch
        settled = self._settled.get(shared.index)
        if settled is not None:
            if settled[0] == self._view.standing:
                return settled[1]
            del self._settled[shared.index]
        found = self._known.get(shared.index)
        if found is None:
            found = self._known[shared.index] = self._ask(shared)
        return found

    def learn(self, shared: ClassView, known: Known, more: dict[str, Any]) -> None:
        """Take note of what was said of a pod of a class by those that were left."""
        if all(type(state) is Skip and state.lasting for state in more.values()):
            states, skipped = known.states | more, known.skipped | skipped_by(more)
            self._settled[shared.index] = self._view.standing, Known(states, skipped, ())

    def _ask(self, shared: ClassView) -> Known:
        states: dict[str, Any] = {}
        rest = []
        for plugin, prepare in self._preparing:
            try:
                with np.errstate(all="ignore"):
                    state = prepare(_Shown(vars(shared)), _Shown({}))
            except Exception:  # it looks at more, or it is broken, which the pod's own cycle then meets
                rest.append((plugin, prepare))
                continue
            if (state.state if isinstance(state, Skip) else state) is None:
                states[plugin.name] = state
            else:
                rest.append((plugin, prepare))
        return Known(states, skipped_by(states), tuple(rest))


def skipped_by(states: dict[str, Any]) -> Skipped:
    """Return the filters (True) and scores (False) that some states take out of the cycle."""
    return frozenset((name, each) for name, state in states.items() for each in (True, False) if skips(state, each))


class _Hidden(Exception):
    """Not an AttributeError, so that nobody takes it for an attribute that pods may lack."""


class _Shown:
    """Some attributes, read-only."""

    __slots__ = ("_attributes",)

    def __init__(self, attributes: dict[str, Any]) -> None:
        object.__setattr__(self, "_attributes", attributes)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._attributes[name]
        except KeyError:
            raise _Hidden(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise _Hidden(name)
