"""Slots and quotas: whether a problem is one of counting pods, and how many fit where."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.placement.rules import EVERYWHERE, HOST, Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, eq=False)
class Quota:
    """At most so many pods of some classes, or on nodes of some types."""

    members: Bools
    amount: int


class Quotas(NamedTuple):
    """Those of classes and those of types, each nested in or apart from the others, the largest set first."""

    classes: list[Quota]
    types: list[Quota]


def slots_of(problem: Problem) -> Ints | str:
    """Return int64 (T,), how many pods fit a node of a type, if that is all that sizes say; else why not.

    It is if what all classes that fit the node ask for alike runs out before anything else can.
    """
    most = problem.most()
    slots = np.zeros(len(problem.capacity), np.int64)
    for kind in range(len(slots)):
        fits = most[:, kind] > 0
        devices = _devices(problem, kind, fits)
        if isinstance(devices, str):
            return devices
        columns = [*_sizes(problem, kind), *devices]
        room = int(problem.count[fits].sum())
        for _, demand, capacity in columns:
            asked = demand[fits]
            if len(asked) and asked.min() == asked.max() > 0:
                room = min(room, int(capacity // asked[0]))
        for name, demand, capacity in columns:
            if capacity < 0:
                return f"residents are beyond {name}"
            if int(demand[fits].max(initial=0)) * room > capacity:
                return f"pods ask for different {name}, which is scarce"
        slots[kind] = room
    return slots


def _sizes(problem: Problem, kind: int) -> Iterator[tuple[str, Ints, int]]:
    """Yield what a node has of everything, and what pods of each class ask of it."""
    for index, resource in enumerate(problem.resources):
        yield resource, problem.demand[:, index], int(problem.capacity[kind, index])
    for rule in problem.rules:
        if isinstance(rule, Limit) and rule.key == HOST:
            yield (*_asked(problem, rule), _left(problem, rule, np.arange(len(problem.capacity)) == kind, 1))


def _devices(problem: Problem, kind: int, fits: Bools) -> list[tuple[str, Ints, int]] | str:
    """Return devices as one more thing that is counted, if no two pods can share one."""
    shares = problem.share[fits & (problem.share[:, 0] > 0), 1]
    if not len(shares):
        return []
    usable = [left for left in problem.devices[kind] if left >= shares.min()]
    if any(left < shares.max() or left >= 2 * shares.min() for left in usable):
        return "pods share devices"
    return [("devices", problem.share[:, 0], len(usable))]


def _asked(problem: Problem, rule: Limit) -> tuple[str, Ints]:
    members = problem.groups[rule.who].members & ~problem.phantom
    if rule.resource < 0:
        return "pods", members.astype(np.int64)
    return problem.resources[rule.resource], np.where(members, problem.demand[:, rule.resource], 0)


def _left(problem: Problem, rule: Limit, where: Bools, nodes: Ints | int) -> int:
    residents = problem.groups[rule.who].residents * nodes
    return rule.amount - (int(residents[where].sum()) if rule.resource < 0 else 0)


def quotas_of(problem: Problem) -> Quotas | str:
    """Return the limits of domains as quotas of classes everywhere or of all classes somewhere; or why they are not."""
    quotas = Quotas([], [])
    reach = problem.most() > 0
    for rule in problem.rules:
        if not isinstance(rule, Limit) or (rule.key == HOST and rule.domain is not None):
            return f"there is a rule of another kind: {type(rule).__name__}"
        if rule.key == HOST:
            continue
        name, asked = _asked(problem, rule)
        classes = (asked > 0) & reach.any(axis=1)
        each = asked[classes]
        for where in _domains(problem, rule):
            left = _left(problem, rule, where, problem.size)
            if left < 0:
                return f"residents are beyond a limit of {name}"
            if int(each @ problem.count[classes]) <= left:
                continue
            if each.min() != each.max():
                return f"pods with a limit ask for different {name}"
            amount = left // int(each[0])
            if (where | ~reach[classes].any(axis=0)).all():
                quotas.classes.append(Quota(classes, amount))
            elif (classes | ~reach[:, where].any(axis=1)).all():
                quotas.types.append(Quota(where, amount))
            else:
                return "a limit of some pods is one of some nodes, too"
    for family in quotas:
        family.sort(key=lambda quota: -int(quota.members.sum()))
        if not _nested([quota.members for quota in family]):
            return "limits overlap and are not nested"
    return quotas


def _domains(problem: Problem, rule: Limit) -> Iterator[Bools]:
    codes = np.zeros(len(problem.capacity), np.int64) if rule.key == EVERYWHERE else problem.domains[rule.key]
    for code in np.unique(codes[codes >= 0]).tolist():
        if rule.domain in (None, code):
            yield codes == code


def _nested(sets: Sequence[Bools]) -> bool:
    return all(
        not (one & other).any() or (one | other).sum() == max(one.sum(), other.sum())
        for index, one in enumerate(sets)
        for other in sets[:index]
    )
