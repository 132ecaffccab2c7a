"""The plug-in contract: what `filter`, `score` and a rule are.

A rule is a function, or a class with parameters (a dataclass or an msgspec struct) or a module that has any of

* ``prepare(pod, cluster)``: once per pod; its result is given to filter and score as a third argument, or it
  is `SKIP`, and the rule is out of this pod's cycle (which is not the same as a score of 0);
* ``filter(pod, nodes)``: bool (N,), True passes; or integers (N,), 0 passes and other values are declared codes;
* ``score(pod, nodes)``: numbers, any shape that broadcasts to (N,), finite wherever a node is feasible;
* ``reasons(pod, nodes)``: for each text, such as "Insufficient cpu", a bool (N,) telling where it applies;
* ``assign(pod, node)``: devices on the chosen node.

Nobody inherits from anything. The framework masks, normalises, weights, checks and breaks ties.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from schedlab.cluster.node_views import Scope

RESOLVABLE, UNRESOLVABLE = "resolvable", "unresolvable"  # could evicting pods make the node pass?
Normalizer = Literal["none", "max", "reversed_max", "min_max"] | Callable[[NDArray[Any], NDArray[np.bool_]], Any]
Target = TypeVar("Target", bound=Callable[..., Any])


class _Skip:
    def __repr__(self) -> str:
        return "SKIP"


SKIP: Final = _Skip()


class Mark(NamedTuple):
    """What a decorator noted on a function or class."""

    kind: Literal["filter", "score"]
    scope: Scope
    name: str | None
    codes: Mapping[int, str]
    normalize: Normalizer | None


@overload
def filter(target: Target) -> Target: ...
@overload
def filter(
    *, scope: Scope = ..., name: str | None = ..., codes: Mapping[int, str] | None = ...
) -> Callable[[Target], Target]: ...
def filter(
    target: Target | None = None,
    *,
    scope: Scope = "cluster",
    name: str | None = None,
    codes: Mapping[int, str] | None = None,
) -> Target | Callable[[Target], Target]:
    """Declare a filter: ``filter(pod, nodes)`` gives bool (N,), or integers (N,) with 0 for a pass.

    Parameters
    ----------
    scope
        What it may see: ``static``, ``node`` or ``cluster`` (always right, slowest).
    name
        Default: the function's or class's name.
    codes
        What the integers other than 0 mean for preemption, e.g. ``{1: "resolvable", 2: "unresolvable"}``.
    """
    return _decorate(target, Mark("filter", scope, name, codes or {1: RESOLVABLE}, None))


@overload
def score(target: Target) -> Target: ...
@overload
def score(
    *, scope: Scope = ..., name: str | None = ..., normalize: Normalizer | None = ...
) -> Callable[[Target], Target]: ...
def score(
    target: Target | None = None,
    *,
    scope: Scope = "cluster",
    name: str | None = None,
    normalize: Normalizer | None = None,
) -> Target | Callable[[Target], Target]:
    """Declare a score: ``score(pod, nodes)`` gives numbers (N,), higher is better.

    Parameters
    ----------
    scope
        What it may see: ``static``, ``node`` or ``cluster`` (always right, slowest).
    name
        Default: the function's or class's name.
    normalize
        How to bring it to 0..100: ``none``, ``max`` and ``reversed_max`` (Kubernetes' floor(100 s / max)),
        ``min_max``, or a callable ``(raw, feasible)``. Default: ``none`` if it is the profile's only score,
        else ``min_max`` over the feasible nodes.
    """
    return _decorate(target, Mark("score", scope, name, {}, normalize))


def _decorate(target: Target | None, mark: Mark) -> Target | Callable[[Target], Target]:
    def apply(function: Target) -> Target:
        marked: Any = function
        marked.__schedlab__ = mark
        return function

    return apply if target is None else apply(target)


def ratio(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return a / b elementwise, 0 where b is 0: what a score wants of a node without that resource."""
    for each in (a, b):
        if (traced := getattr(type(each), "ratio", None)) is not None:  # a symbol (schedlab.scoring.trace)
            return traced(each, a, b)  # type: ignore[no-any-return]
    a, b = np.asarray(a, float), np.asarray(b, float)
    out = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    np.divide(a, b, out=out, where=b != 0)
    return out


@dataclass(frozen=True)
class Plugin:
    """A rule, resolved: what the framework calls. Made by `Plugin.of`."""

    name: str
    rule: Any
    filter: Callable[..., Any] | None = None
    filter_scope: Scope = "cluster"
    codes: Mapping[int, str] | None = None
    score: Callable[..., Any] | None = None
    score_scope: Scope = "cluster"
    normalize: Normalizer | None = None
    prepare: Callable[..., Any] | None = None
    reasons: Callable[..., Any] | None = None
    assign: Callable[..., Any] | None = None

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
        owner = rule if inspect.isfunction(rule) or inspect.ismodule(rule) else type(rule)
        mark = getattr(owner, "__schedlab__", None)
        marks: dict[str, tuple[Mark, Callable[..., Any]]] = {}
        if mark is not None:
            marks[mark.kind] = mark, rule
        else:
            for kind in ("filter", "score"):
                found = getattr(getattr(owner, kind, None), "__schedlab__", None)
                if found is not None:
                    marks[kind] = found, getattr(rule, kind)
        if not marks:
            raise TypeError(f"{rule!r} is no plug-in: decorate it, or its filter or score, with @filter or @score")
        named = [mark.name for mark, _ in marks.values() if mark.name]
        hooks: dict[str, Any] = {
            hook: getattr(rule, hook, None) for hook in ("prepare", "reasons", "assign") if not inspect.isfunction(rule)
        }
        if "filter" in marks:
            mark, hooks["filter"] = marks["filter"]
            hooks |= {"filter_scope": mark.scope, "codes": mark.codes}
        if "score" in marks:
            mark, hooks["score"] = marks["score"]
            hooks |= {"score_scope": mark.scope, "normalize": mark.normalize}
        return Plugin(named[0] if named else owner.__name__.rpartition(".")[2], rule, **hooks)
