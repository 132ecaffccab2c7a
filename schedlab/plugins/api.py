"""The plug-in contract: what `filter`, `score`, `order`, `column` and a rule are.

A rule is a function, or a class with parameters (a dataclass or an msgspec struct) or a module that has any of

* ``setup(workload)``: once per run, before anything happens;
* ``prepare(pod, cluster)``: once per pod; its result is given to filter and score as a third argument, or it
  is `SKIP`, and the rule is out of this pod's cycle (which is not the same as a score of 0), or a `Skip` that takes
  out one of the two, or a `Reject`: the pod may go nowhere;
* ``filter(pod, nodes)``: bool (N,), True passes; or integers (N,), 0 passes and other values are declared codes;
* ``score(pod, nodes)``: numbers, any shape that broadcasts to (N,), finite wherever a node is feasible;
* ``normalize(raw, feasible)``: its own way to bring its score to 0..100, numbers (N,); with ``prepare`` it gets the
  state as a third argument;
* ``reasons(pod, nodes)``: for each text, such as "Insufficient cpu", a bool (N,) telling where it applies;
* ``assign(pod, node)``: devices on the chosen node;
* ``key(pod, now)``: the pod's place in the queue, smallest first;
* ``lane(pod)`` and ``lane_key(lane, cluster)``, of an order: the pods of a lane, anything hashable, go by their keys,
  and whenever a pod is to be tried the lane whose key is smallest then gives its first.
* ``reservations(view, fits)``: who may start out of order, `schedlab.plugins.backfill.contract`;
* ``ask(view, pending)``: what a solver is asked about pods that wait, `schedlab.plugins.together.contract`.

Nobody inherits from anything. The framework masks, normalises, weights, checks and breaks ties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schedlab.cluster.classes import Facets
from schedlab.cluster.derived.kept import Column
from schedlab.plugins.plugin import Plugin

if TYPE_CHECKING:
    from schedlab.cluster.node_views import Scope

__all__ = [
    "CHANGES", "EXCLUDED", "RESOLVABLE", "SKIP", "UNRESOLVABLE", "Column", "Mark", "Normalizer", "Plugin", "Reject",
    "Skip",
    "backfill", "column", "filter", "order", "ratio", "score", "together",
]  # fmt: skip

CHANGES = ("release", "bind", "node", "usage")  # what may change a rejection
RESOLVABLE, UNRESOLVABLE = "resolvable", "unresolvable"  # could evicting pods make the node pass?
EXCLUDED = "excluded"  # unresolvable, and out before any filter is asked: the pod names the few nodes it may go to
Normalizer = (
    Literal["none", "integer", "max", "reversed_max", "min_max"] | Callable[[NDArray[Any], NDArray[np.bool_]], Any]
)
Target = TypeVar("Target", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)  # a state may be an array, which has no truth
class Skip:
    """What ``prepare`` returns to take a rule's filter, its score or both out of a pod's cycle.

    ``state`` is the third argument of the one that stays. Of a rule that skips both, ``lasting`` says that it is out
    for all pods of the class until an object or a node's spec changes, or a pod with affinity terms comes or goes.
    """

    filter: bool = False
    score: bool = False
    state: Any = None
    lasting: bool = False

    def __post_init__(self) -> None:
        """Refuse what would let one pod's state answer for others.

        Raises
        ------
        ValueError
            If it is lasting, and does not skip both.
        """
        if self.lasting and not (self.filter and self.score):
            raise ValueError("lasting goes with filter=True and score=True: else pods of a class would share a state")

    def __repr__(self) -> str:
        both = self.filter and self.score
        return "SKIP" if both else f"Skip(filter={self.filter}, score={self.score}, state={self.state!r:.60})"


SKIP: Final = Skip(filter=True, score=True)


@dataclass(frozen=True)
class Reject:
    """What ``prepare`` returns where the pod may go to no node at all, whatever the filters would say.

    The first that is unresolvable decides, and nothing is prepared after it; else the last does (kube-scheduler's
    PreFilter).
    """

    reason: str
    code: Literal["resolvable", "unresolvable"] = "unresolvable"


class Mark(NamedTuple):
    """What a decorator noted on a function or class."""

    kind: Literal["filter", "score", "order", "backfill", "together"]
    scope: Scope = "cluster"
    name: str | None = None
    codes: Mapping[int, str] | None = None
    normalize: Normalizer | None = None
    oracle: bool = False
    wake_on: frozenset[str] | None = None
    retry_after: int | str | None = None
    facets: frozenset[str] | None = None
    guests: bool = False


@overload
def filter(target: Target) -> Target: ...
@overload
def filter(
    *,
    scope: Scope = ...,
    name: str | None = ...,
    codes: Mapping[int, str] | None = ...,
    wake_on: str | Iterable[str] | None = ...,
    retry_after: int | str | None = ...,
    oracle: bool = ...,
    facets: str | Iterable[str] | None = ...,
    guests: bool = ...,
) -> Callable[[Target], Target]: ...
def filter(
    target: Target | None = None,
    *,
    scope: Scope = "cluster",
    name: str | None = None,
    codes: Mapping[int, str] | None = None,
    wake_on: str | Iterable[str] | None = None,
    retry_after: int | str | None = None,
    oracle: bool = False,
    facets: str | Iterable[str] | None = None,
    guests: bool = False,
) -> Target | Callable[[Target], Target]:
    """Declare a filter: ``filter(pod, nodes)`` gives bool (N,), or integers (N,) with 0 for a pass.

    Parameters
    ----------
    scope
        What it may see: ``static``, ``node`` or ``cluster`` (always right, slowest).
    name
        Default: the function's or class's name.
    codes
        What the integers other than 0 mean for preemption, e.g. ``{1: "resolvable", 2: "unresolvable"}``. A node that
        is ``"excluded"`` was ruled out before any filter.
    wake_on
        What could change a rejection: some of ``release`` (a pod left a node), ``bind`` (a pod was bound), ``node``
        (a node joined, was uncordoned, or its spec changed) and ``usage`` (a pod is measured to use more or less; a
        scheduler listens to that only if a filter says so). A pod is tried again only after a change that one of the
        filters which were first to reject a node names. Default: any.
    retry_after
        A rejected pod is tried again at most so many microseconds after each rejection; or the name of the rule's
        parameter that holds them. 0: never for that reason.
    oracle
        Whether it may know the future: ``pod.duration``, and durations and usage in ``setup``. Runs record it.
    facets
        All that the rule, its ``prepare`` too, reads of a pod: some of ``requests``, ``placement`` (node name, node
        selectors and affinity, tolerations, ports), ``peers`` (pod affinity, spread constraints, namespace, owner),
        ``labels``, ``storage`` (images, volumes), ``priority``. In scopes static and node, classes that agree in these
        share an answer, and ``prepare`` may hang on nothing else; in scope cluster, pods of one class share a verdict.
        Default: anything.
    guests
        Whether in scope cluster it counts ``nodes.guests``, with counts below 0 for pods that are to be taken for gone,
        and its verdict on a node hangs on its state, on that node and on these alone. It is then asked about evictions
        without any being made.
    """
    codes, changes = codes or {1: RESOLVABLE}, _changes(wake_on)
    mark = Mark("filter", scope, name, codes, oracle=oracle, wake_on=changes, retry_after=retry_after)
    mark = mark._replace(facets=_facets(facets), guests=guests)
    return _decorate(target, mark)


@overload
def score(target: Target) -> Target: ...
@overload
def score(
    *,
    scope: Scope = ...,
    name: str | None = ...,
    normalize: Normalizer | None = ...,
    oracle: bool = ...,
    facets: str | Iterable[str] | None = ...,
) -> Callable[[Target], Target]: ...
def score(
    target: Target | None = None,
    *,
    scope: Scope = "cluster",
    name: str | None = None,
    normalize: Normalizer | None = None,
    oracle: bool = False,
    facets: str | Iterable[str] | None = None,
) -> Target | Callable[[Target], Target]:
    """Declare a score: ``score(pod, nodes)`` gives numbers (N,), higher is better.

    Parameters
    ----------
    scope
        What it may see: ``static``, ``node`` or ``cluster`` (always right, slowest).
    name
        Default: the function's or class's name.
    normalize
        How to bring it to 0..100: ``none``, ``integer`` (it is 0..100, and cut to whole numbers as kube-scheduler's
        are), ``max`` and ``reversed_max`` (Kubernetes' floor(100 s / max)), ``min_max``, or a callable
        ``(raw, feasible)``. Default: ``none`` if it is the profile's only score, else ``min_max`` over the feasible
        nodes.
    oracle
        Whether it may know the future: ``pod.duration``, and durations and usage in ``setup``. Runs record it.
    facets
        All that the rule reads of a pod, as for `filter`.
    """
    return _decorate(target, Mark("score", scope, name, None, normalize, oracle, facets=_facets(facets)))


@overload
def order(target: Target) -> Target: ...
@overload
def order(*, name: str | None = ..., oracle: bool = ...) -> Callable[[Target], Target]: ...
def order(
    target: Target | None = None, *, name: str | None = None, oracle: bool = False
) -> Target | Callable[[Target], Target]:
    """Declare an order of the queue: ``key(pod, now)`` gives something that sorts, smallest first.

    It stands in for priority and first come first served, which still decides between equal keys. A pod's key is taken
    when it is queued and whenever it is to be tried again. In a class or module the method is called ``key``; with
    ``lane(pod)`` and ``lane_key(lane, cluster)`` beside it, the order between lanes is decided anew for each pod, by
    what the cluster is then, and of lanes with equal keys the one whose first pod goes before the others'.
    """
    return _decorate(target, Mark("order", name=name, oracle=oracle))


@overload
def backfill(target: Target) -> Target: ...
@overload
def backfill(*, name: str | None = ...) -> Callable[[Target], Target]: ...
def backfill(target: Target | None = None, *, name: str | None = None) -> Target | Callable[[Target], Target]:
    """Declare a backfilling policy: ``reservations(view, fits)`` gives its `Reservations` for one run.

    It decides which pods and gangs may start before others that have waited longer and do not fit yet, and is told of
    all that wait in the order of the queue, `schedlab.plugins.backfill.contract`.
    """
    return _decorate(target, Mark("backfill", name=name))


@overload
def together(target: Target) -> Target: ...
@overload
def together(*, name: str | None = ...) -> Callable[[Target], Target]: ...
def together(target: Target | None = None, *, name: str | None = None) -> Target | Callable[[Target], Target]:
    """Declare a policy that places pods together: ``ask(view, pending)`` gives what a solver is to decide, an `Ask`.

    The class also says when it asks and what becomes of who is left, `schedlab.plugins.together.contract.Together`.
    """
    return _decorate(target, Mark("together", name=name))


def column(*, reads: Iterable[str]) -> Callable[[Callable[..., Any]], Column]:
    """Declare a column derived from columns: ``f(nodes, *parameters)`` gives (N,) or (D, N).

    A node's value depends on that node's own columns alone, those named in ``reads``, so that it is computed anew only
    for nodes in which one of them changed. Call the result with any nodes view, in a plug-in or a probe.
    """
    return lambda function: Column(function, reads)


def _facets(named: str | Iterable[str] | None) -> frozenset[str] | None:
    if named is None:
        return None
    found = frozenset([named] if isinstance(named, str) else named)
    if unknown := sorted(found.difference(Facets._fields)):
        raise ValueError(f"facets names {unknown[0]!r}; name some of {', '.join(Facets._fields)}")
    return found


def _changes(wake_on: str | Iterable[str] | None) -> frozenset[str] | None:
    if wake_on is None:
        return None
    named = frozenset([wake_on] if isinstance(wake_on, str) else wake_on)
    if unknown := sorted(named.difference(CHANGES)):
        raise ValueError(f"wake_on names {unknown[0]!r}; name some of {', '.join(CHANGES)}")
    return named


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
            symbol: NDArray[np.float64] = traced(each, a, b)
            return symbol
    a, b = np.asarray(a, float), np.asarray(b, float)
    out = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    np.divide(a, b, out=out, where=b != 0)
    return out
