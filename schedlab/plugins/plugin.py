"""Plugin: a rule, resolved to what the framework calls."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedlab.cluster.classes import Facets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schedlab.cluster.node_views import Scope
    from schedlab.plugins.api import Mark, Normalizer

METHODS = {  # that bear a mark
    "filter": "filter", "score": "score", "order": "key", "backfill": "reservations", "together": "ask",
}  # fmt: skip
HOOKS = ("setup", "prepare", "reasons", "assign", "lane", "lane_key")
LANES = ("lane", "lane_key")


@dataclass(frozen=True)
class Plugin:
    """A rule, resolved: what the framework calls. Made by `Plugin.of`."""

    name: str
    rule: Any
    filter: Callable[..., Any] | None = None
    filter_scope: Scope = "cluster"
    filter_facets: tuple[int, ...] | None = None  # all of a class that a static answer hangs on; None: everything
    codes: Mapping[int, str] | None = None
    guests: bool = False  # whether the filter counts guests, also such as are to be taken for gone
    score: Callable[..., Any] | None = None
    score_scope: Scope = "cluster"
    score_facets: tuple[int, ...] | None = None
    normalize: Normalizer | None = None
    scale: Callable[..., Any] | None = None  # the rule's own normaliser, given its state
    prepare: Callable[..., Any] | None = None
    reasons: Callable[..., Any] | None = None
    assign: Callable[..., Any] | None = None
    setup: Callable[..., Any] | None = None
    order: Callable[..., Any] | None = None
    lane: Callable[..., Any] | None = None  # of an order, and then with ``lane_key``
    lane_key: Callable[..., Any] | None = None
    backfill: Callable[..., Any] | None = None
    together: Callable[..., Any] | None = None
    wake_on: frozenset[str] | None = None
    retry_after: int | None = None  # microseconds
    oracle: bool = False

    @staticmethod
    def of(rule: Any) -> Plugin:
        """Resolve a decorated function, a class (made with its defaults), an instance or a module.

        Raises
        ------
        TypeError
            If it is none of these.
        """
        if inspect.isclass(rule):
            rule = rule()
        declared = marks_of(rule).items()
        marks = {kind: (mark, getattr(rule, method) if method else rule) for kind, (mark, method) in declared}
        if not marks:
            raise TypeError(f"{rule!r} is no plug-in: decorate it, or its filter or score, with @filter or @score")
        hooks: dict[str, Any] = {hook: getattr(rule, hook, None) for hook in HOOKS if not inspect.isfunction(rule)}
        hooks["oracle"] = any(mark.oracle for mark, _ in marks.values())
        if "filter" in marks:
            mark, hooks["filter"] = marks["filter"]
            hooks |= {"filter_scope": mark.scope, "codes": mark.codes, "filter_facets": _numbers(mark.facets)}
            hooks |= {
                "guests": mark.guests,
                "wake_on": mark.wake_on,
                "retry_after": _microseconds(rule, mark.retry_after),
            }
        if "score" in marks:
            mark, hooks["score"] = marks["score"]
            own = None if inspect.isfunction(rule) else getattr(rule, "normalize", None)
            hooks |= {"score_scope": mark.scope, "score_facets": _numbers(mark.facets)}
            hooks |= {"normalize": mark.normalize or own, "scale": own}
        if "order" in marks:
            hooks["order"] = marks["order"][1]
        lanes = [hook for hook in LANES if hooks.get(hook)]
        if len(lanes) == 1 and "order" in marks:
            raise TypeError(f"{name_of(rule)} has {lanes[0]} alone: an order has both lane and lane_key, or neither")
        if "order" not in marks:  # then they are the rule's own affair
            hooks |= dict.fromkeys(LANES)
        for kind in ("backfill", "together"):
            if kind in marks:
                hooks[kind] = marks[kind][1]
        return Plugin(name_of(rule), rule, **hooks)


def marks_of(rule: Any) -> dict[str, tuple[Mark, str]]:
    """Return what anything declares, by kind: the mark, and the method that it is on, if any; nothing is made."""
    owner = _owner(rule)
    mark = getattr(owner, "__schedlab__", None)
    if mark is not None:
        return {mark.kind: (mark, "")}
    found = {}
    for kind, method in METHODS.items():
        mark = getattr(getattr(owner, method, None), "__schedlab__", None)
        if mark is not None and mark.kind == kind:
            found[kind] = mark, method
    return found


def name_of(rule: Any) -> str:
    """Return a rule's name."""
    named = [mark.name for mark, _ in marks_of(rule).values() if mark.name]
    return named[0] if named else str(_owner(rule).__name__).rpartition(".")[2]


def _owner(rule: Any) -> Any:
    """Return what a rule's declarations are on: itself, or an instance's class."""
    whole = inspect.isfunction(rule) or inspect.ismodule(rule) or inspect.isclass(rule)
    return rule if whole else type(rule)


def _numbers(facets: frozenset[str] | None) -> tuple[int, ...] | None:
    return None if facets is None else tuple(sorted(map(Facets._fields.index, facets)))


def _microseconds(rule: Any, after: int | str | None) -> int | None:
    """Return a time to retry after; None if there is none."""
    if after is None:
        return None
    value: Any = after
    if isinstance(after, str) and not inspect.isfunction(rule):
        value = getattr(rule, after, None)
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 0:
        told = f"retry_after={after!r}" + (f" is {value!r}" if value != after else "")
        raise TypeError(f"{told}: give microseconds, or the name of a parameter of the rule that holds them")
    return int(value) or None
