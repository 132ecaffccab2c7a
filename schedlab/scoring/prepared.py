"""Prepared: what ``prepare`` says of a whole pod class, where it looks at nothing but the class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.plugins.api import Skip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schedlab.cluster import ClusterView
    from schedlab.cluster.pod_views import ClassView
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.incremental import Part

Skipped = frozenset[tuple[str, bool]]  # (name of a plug-in, whether its filter), each out of the cycle


class Prepared:
    """Asks every ``prepare`` about a class first, showing it the class alone.

    One that looks at more is asked for each pod; so is one whose answer is a state, which may hang on anything.
    """

    def __init__(
        self, preparing: Sequence[tuple[Plugin, Callable[..., Any]]], parts: Sequence[Part], view: ClusterView
    ) -> None:
        self._preparing, self._parts, self._view = preparing, parts, view
        self._epoch = -1
        self._known: dict[int, tuple[dict[str, Any], Skipped] | None] = {}

    def of(self, shared: ClassView) -> tuple[dict[str, Any], Skipped] | None:
        """Return the state of each plug-in for all pods of a class, and what they skip; None: ask for each pod."""
        if self._epoch != self._view.log.epoch:
            self._known.clear()
            self._epoch = self._view.log.epoch
        if shared.index not in self._known:
            self._known[shared.index] = self._ask(shared)
        return self._known[shared.index]

    def _ask(self, shared: ClassView) -> tuple[dict[str, Any], Skipped] | None:
        states: dict[str, Any] = {}
        for plugin, prepare in self._preparing:
            try:
                with np.errstate(all="ignore"):
                    state = states[plugin.name] = prepare(_Shown(vars(shared)), _Shown({}))
            except Exception:  # it looks at more, or it is broken, which the pod's own cycle then meets
                return None
            if (state.state if isinstance(state, Skip) else state) is not None:
                return None
        skipped = skipped_by(states, self._parts)
        return None if skipped is None else (states, skipped)


def skips(state: Any, filters: bool) -> bool:
    """Return whether what ``prepare`` returned takes the filter, or else the score, out of the cycle."""
    return isinstance(state, Skip) and (state.filter if filters else state.score)


def skipped_by(states: dict[str, Any], parts: Sequence[Part]) -> Skipped | None:
    """Return which of some parts are out of the cycle; None if one that is in it has a state."""
    skipped = set()
    for part in parts:
        state = states.get(part.plugin.name)
        if skips(state, part.filters):
            skipped.add((part.plugin.name, part.filters))
        elif (state.state if isinstance(state, Skip) else state) is not None:
            return None
    return frozenset(skipped)


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
