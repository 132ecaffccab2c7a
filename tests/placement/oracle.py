"""The optimum by brute force, pod by pod; the rules written once more from their docstrings, as plainly as can be.

Only for tests, and only for problems of about 4 nodes and 8 pods.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from schedlab.placement.level import Level
from schedlab.placement.problem import Problem
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread

Where = list[int | None]  # by pod: its node


class Thing(NamedTuple):
    """A pod that is placed, or one that stays."""

    number: int
    groups: frozenset[int]
    node: int
    cls: int | None  # None: it stays


class Best(NamedTuple):
    """A best placement and its values by level."""

    values: tuple[int, ...]
    where: Where


def optimum(problem: Problem, levels: Sequence[Level]) -> Best | None:
    """Return a placement whose values are the best, lexicographically; None: nothing is feasible."""
    key: tuple[int, ...] | None = None
    best: Best | None = None
    for where in placements(problem):
        values = tuple(value_of(problem, where, level.name) for level in levels)
        signed = tuple(level.sense * value for level, value in zip(levels, values, strict=True))
        if (key is None or signed > key) and allowed(problem, where):
            key, best = signed, Best(values, list(where))
    return best


def assignment_of(problem: Problem, where: Where) -> np.ndarray:
    """Return int64 (C, N): the pods, and phantoms wherever they fit."""
    assignment = np.zeros((len(problem.count), len(problem.nodes)), np.int64)
    for cls, node in zip(problem.class_of.tolist(), where, strict=True):
        if node is not None:
            assignment[cls, node] += 1
    for phantom in np.flatnonzero(problem.phantom).tolist():
        assignment[phantom] = phantoms(problem, where)
    return assignment


def placements(problem: Problem) -> Iterator[Where]:
    """Yield all placements that respect sizes and devices; of equal pods, those later in order go to later nodes."""
    classes = problem.class_of.tolist()
    nodes = len(problem.nodes)

    def rest(where: Where) -> Iterator[Where]:
        pod = len(where)
        if pod == len(classes):
            yield where
            return
        same = pod > 0 and classes[pod - 1] == classes[pod]
        start = (nodes if where[-1] is None else where[-1]) if same else 0
        for node in range(start, nodes + 1):
            if node == nodes:
                yield from rest([*where, None])
            elif fits(problem, [*on(classes, where, node), classes[pod]], node):
                yield from rest([*where, node])

    return rest([])


def on(classes: Sequence[int], where: Where, node: int) -> list[int]:
    """Return the classes of the pods on a node, one for each pod."""
    return [classes[pod] for pod, there in enumerate(where) if there == node]


def fits(problem: Problem, pods: Sequence[int], node: int) -> bool:
    """Say whether a node can hold pods, given by their classes."""
    kind = int(problem.type_of[node])
    if not all(problem.compatible[cls, kind] for cls in pods):
        return False
    for resource in range(len(problem.resources)):
        if sum(int(problem.demand[cls, resource]) for cls in pods) > problem.capacity[kind, resource]:
            return False
    asked = [(int(problem.share[cls, 0]), int(problem.share[cls, 1])) for cls in pods if problem.share[cls, 0]]
    return deal(tuple(sorted(problem.devices[kind])), tuple(sorted(asked)))


@lru_cache(maxsize=100_000)
def deal(room: tuple[int, ...], asked: tuple[tuple[int, int], ...]) -> bool:
    """Say whether pods that ask for (devices, milli) can be dealt devices: try all for the last, then for the rest."""
    if not asked:
        return True
    devices, milli = asked[-1]
    for chosen in combinations(range(len(room)), devices):
        left = [there - milli if device in chosen else there for device, there in enumerate(room)]
        if min(left) >= 0 and deal(tuple(sorted(left)), asked[:-1]):
            return True
    return False


def allowed(problem: Problem, where: Where) -> bool:
    """Say whether a placement breaks nothing: sizes, what must be placed, rules."""
    classes = problem.class_of.tolist()
    if not all(fits(problem, on(classes, where, node), node) for node in range(len(problem.nodes))):
        return False
    for cls, least in enumerate(problem.required.tolist()):
        if sum(own == cls and node is not None for own, node in zip(classes, where, strict=True)) < least:
            return False
    things = _things(problem, where)
    return all(_holds(problem, rule, things) for rule in problem.rules)


def _things(problem: Problem, where: Where) -> list[Thing]:
    things = []
    for cls, node in zip(problem.class_of.tolist(), where, strict=True):
        if node is not None:
            own = frozenset(index for index, group in enumerate(problem.groups) if group.members[cls])
            things.append(Thing(len(things), own, node, cls))
    for index, group in enumerate(problem.groups):
        for node, kind in enumerate(problem.type_of.tolist()):
            things += [
                Thing(len(things) + more, frozenset([index]), node, None) for more in range(group.residents[kind])
            ]
    return things


def domain_of(problem: Problem, key: str, node: int) -> int | None:
    if key == HOST:
        return node
    if key == EVERYWHERE:
        return 0
    code = int(problem.domains[key][problem.type_of[node]])
    return code if code >= 0 else None


def _holds(problem: Problem, rule: object, things: list[Thing]) -> bool:
    if isinstance(rule, Apart):
        return _apart(problem, rule, things)
    if isinstance(rule, Near):
        return _near(problem, rule, things)
    if isinstance(rule, Spread):
        return _spread(problem, rule, things)
    if isinstance(rule, Limit):
        return _limit(problem, rule, things)
    assert isinstance(rule, Gang)
    members = sum(rule.who in thing.groups and thing.cls is not None for thing in things)
    return members == 0 or members >= rule.least


def _apart(problem: Problem, rule: Apart, things: list[Thing]) -> bool:
    for one in things:
        for other in things:
            here, there = domain_of(problem, rule.key, one.node), domain_of(problem, rule.key, other.node)
            if (
                rule.who in one.groups
                and rule.whom in other.groups
                and one.number != other.number
                and (one.cls is not None or other.cls is not None)
                and here is not None
                and here == there
            ):
                return False
    return True


def _near(problem: Problem, rule: Near, things: list[Thing]) -> bool:
    begun = set()
    for pod in things:
        if rule.who not in pod.groups or pod.cls is None:
            continue
        here = domain_of(problem, rule.key, pod.node)
        if here is None:
            return False
        company = [
            other for other in things if rule.whom in other.groups and domain_of(problem, rule.key, other.node) == here
        ]
        if not company:
            return False
        if all(other.cls is not None and rule.who in other.groups for other in company):
            begun.add(here)
    waiting = any(rule.whom in thing.groups and thing.cls is None for thing in things)
    return not begun or (len(begun) == 1 and not waiting)


def _spread(problem: Problem, rule: Spread, things: list[Thing]) -> bool:
    kinds = problem.type_of.tolist()
    counts = {domain_of(problem, rule.key, node): 0 for node in range(len(problem.nodes)) if rule.eligible[kinds[node]]}
    counts.pop(None, None)
    for thing in things:
        domain = domain_of(problem, rule.key, thing.node)
        if rule.whom in thing.groups and rule.eligible[kinds[thing.node]] and domain is not None:
            counts[domain] += 1
    least = 0 if len(counts) < rule.least_domains or not counts else min(counts.values())
    for pod in things:
        if rule.who in pod.groups and pod.cls is not None:
            domain = domain_of(problem, rule.key, pod.node)
            if domain is None or counts.get(domain, 0) - least > rule.skew:
                return False
    return True


def _limit(problem: Problem, rule: Limit, things: list[Thing]) -> bool:
    for domain in {domain_of(problem, rule.key, node) for node in range(len(problem.nodes))} - {None}:
        if rule.domain is not None and rule.domain != domain:
            continue
        total = 0
        for thing in things:
            if rule.who in thing.groups and domain_of(problem, rule.key, thing.node) == domain:
                if rule.resource < 0:
                    total += 1
                elif thing.cls is not None:
                    total += int(problem.demand[thing.cls, rule.resource])
        if total > rule.amount:
            return False
    return True


def value_of(problem: Problem, where: Where, name: str) -> int:
    """Return the value of one level, by its name; phantoms fill what they can."""
    pods = [(pod, cls, where[pod]) for pod, cls in enumerate(problem.class_of.tolist())]
    placed = [(cls, node) for _, cls, node in pods if node is not None]
    kinds = problem.type_of.tolist()
    new = [node for node in {node for _, node in placed} if not problem.occupied[kinds[node]]]
    if name.startswith("priority "):
        return sum(int(problem.priority[cls]) == int(name.split()[1]) for cls, _ in placed)
    if name == "pods":
        return len(placed)
    if name == "weight":
        return sum(int(problem.weight[cls]) for cls, _ in placed)
    if name == "nodes":
        return len(new)
    if name == "cost":
        return sum(int(problem.cost[kinds[node]]) for node in new)
    if name == "locality":
        return sum(int(problem.locality[cls, kinds[node]]) for cls, node in placed)
    if name == "moves":
        return _moves(problem, placed)
    assert name == "fragmentation"
    return sum(phantoms(problem, where))


def _moves(problem: Problem, placed: list[tuple[int, int]]) -> int:
    """Match running pods to pods of their class that are placed where they run; the others have moved."""
    total, open_ = 0, list(placed)
    for cls, node in zip(problem.class_of.tolist(), problem.runs_on.tolist(), strict=True):
        if node >= 0:
            if (cls, node) in open_:
                open_.remove((cls, node))
            else:
                total += int(problem.move_cost[cls])
    return total


def phantoms(problem: Problem, where: Where) -> list[int]:
    """Return how many phantoms fit each node, beside its pods."""
    (phantom,) = [cls for cls, each in enumerate(problem.phantom.tolist()) if each]
    classes, found = problem.class_of.tolist(), [0] * len(problem.nodes)
    for node in range(len(problem.nodes)):
        pods = [*on(classes, where, node), phantom]
        while sum(found) < problem.count[phantom] and fits(problem, pods, node):
            found[node] += 1
            pods.append(phantom)
    return found
