"""Prepared: what ``prepare`` says of a whole pod class, where it looks at nothing but the class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


class Known(NamedTuple):
    """What is known of a class."""

    states: dict[str, Any]  # by plug-in
    skipped: Skipped  # by these
    rest: Preparing  # to be asked for each pod


class Prepared:
    """Asks every ``prepare`` about a class first, showing it the class alone.

    One that looks at more is asked for each pod; so is one whose answer is a state, which may hang on anything.
    """

    def __init__(self, preparing: Preparing, view: ClusterView) -> None:
        self._preparing, self._view = preparing, view
        self._epoch = -1
        self._known: dict[int, Known] = {}

    def of(self, shared: ClassView) -> Known:
        """Return what is known of a class until a node comes or goes."""
        if self._epoch != self._view.log.epoch:
            self._known.clear()
            self._epoch = self._view.log.epoch
        found = self._known.get(shared.index)
        if found is None:
            found = self._known[shared.index] = self._ask(shared)
        return found

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
        skipped = frozenset(
            (name, each) for name, state in states.items() for each in (True, False) if skips(state, each)
        )
        return Known(states, skipped, tuple(rest))


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
