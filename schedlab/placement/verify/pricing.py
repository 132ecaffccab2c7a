"""Pricing: whether any content of a node is worth more than claimed, by trying all that could be."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.rules import HOST, Apart, Limit, Near, Spread
from schedlab.placement.verify.affinity import wrong_apart, wrong_near
from schedlab.placement.verify.devices import fits
from schedlab.placement.verify.placed import Placed
from schedlab.placement.verify.quota import wrong_limit

if TYPE_CHECKING:
    from schedlab.placement.verify.facts import Facts
    from schedlab.placement.verify.worth import Worth

STEPS = 50_000  # of the search of one type; what takes more is not tried to the end


class TooLarge(Exception):
    """There are too many contents to try."""


class _Class(NamedTuple):
    """A class that may be on the node."""

    number: int
    most: int
    pod: int  # what each is worth
    kept: int  # what each of those that run there is worth besides
    current: int

    @property
    def slope(self) -> int:
        """The most that one more can be worth."""
        return self.pod + max(0, self.kept)


@dataclass
class _Closed:
    """What a search asks of one node: sizes are followed by the search, devices and rules are looked at here."""

    facts: Facts  # of this node alone
    everywhere: Facts
    kind: int

    def __post_init__(self) -> None:
        rules = self.facts.rules
        self._near = [rule for rule in rules if isinstance(rule, Near) and rule.key == HOST]
        self._apart = [rule for rule in rules if isinstance(rule, Apart)]
        self._limits = [  # one that names a host holds on that node only
            rule for rule in rules if isinstance(rule, Limit) and (rule.key != HOST or rule.domain is None)
        ]
        self._dealt: dict[tuple[tuple[tuple[int, int], int], ...], bool] = {}

    @property
    def company(self) -> set[int]:
        """The classes that others must be near to on their node."""
        return {cls for rule in self._near for cls in self.facts.members(rule.whom)}

    def holds(self, pods: dict[int, int]) -> bool:
        """Say whether pods may be there, with more to come."""
        asked: dict[tuple[int, int], int] = {}
        for cls, many in pods.items():
            devices, milli = self.facts.share[cls]
            if devices:
                asked[devices, milli] = asked.get((devices, milli), 0) + many
        key = tuple(sorted(asked.items()))
        if key not in self._dealt:
            self._dealt[key] = not asked or fits(self.facts.devices[self.kind], asked)
        if not self._dealt[key]:
            return False
        placed = Placed(self.facts, {0: pods})
        return not any(True for rule in self._apart for _ in wrong_apart(rule, placed)) and not any(
            True for rule in self._limits for _ in wrong_limit(rule, placed)
        )

    def complete(self, pods: dict[int, int]) -> bool:
        """Say whether pods may be there with none to come."""
        placed = Placed(self.facts, {0: pods} if pods else {})
        for rule in self._near:
            who, whom = self.facts.members(rule.who), self.facts.members(rule.whom)
            alone = pods.keys() & who and not pods.keys() & (whom - who) and not self.facts.residents(rule.whom, HOST)
            if any(True for _ in wrong_near(rule, placed)) or (alone and self.everywhere.residents(rule.whom, HOST)):
                return False
        return True


class _Search:
    """Contents, class by class, with what cannot beat the claim left out."""

    def __init__(self, closed: _Closed, classes: list[_Class], bonus: int, claim: int) -> None:
        self._closed, self._classes, self._bonus, self._claim = closed, classes, bonus, claim
        self._demand = [_sizes(closed.facts, each.number) for each in classes]
        self._steps = 0
        gains = [max(0, each.slope) * each.most for each in classes]
        self._gain = [*accumulate(reversed(gains), initial=0)][::-1]  # of all from a place on
        self._free: list[list[int]] = []  # by resource: of those from a place on that ask for none of it
        self._dense: list[list[tuple[int, int]]] = []  # by resource: the most worth for the size from a place on
        for resource in range(len(closed.facts.resources) + 1):
            free, dense = [0], [(0, 1)]
            for each, gain, demand in zip(reversed(classes), reversed(gains), reversed(self._demand), strict=True):
                size = demand[resource]
                free.append(free[-1] + (0 if size else gain))
                better = size and max(0, each.slope) * dense[-1][1] > dense[-1][0] * size
                dense.append((each.slope, size) if better else dense[-1])
            self._free.append(free[::-1])
            self._dense.append(dense[::-1])

    def beaten(self, place: int, left: list[int], pods: dict[int, int], worth: int) -> bool:
        """Say whether some content that begins with these pods is worth more than the claim."""
        used = any(not self._closed.facts.phantom[cls] for cls in pods)
        whole = place == len(self._classes)
        bonus = self._bonus if used else 0 if whole else max(0, self._bonus)
        if worth + self._above(place, left) + bonus <= self._claim:
            return False
        if whole:
            return self._closed.complete(pods)
        each, demand = self._classes[place], self._demand[place]
        most = min([each.most, *(there // size for there, size in zip(left, demand, strict=True) if size)])
        for many in range(most, -1, -1):
            self._steps += 1
            if self._steps > STEPS:
                raise TooLarge
            now = pods | {each.number: many} if many else pods
            if many and not self._closed.holds(now):
                continue
            more = many * each.pod + min(many, each.current) * each.kept
            after = [there - many * size for there, size in zip(left, demand, strict=True)]
            if self.beaten(place + 1, after, now, worth + more):
                return True
        return False

    def _above(self, place: int, left: list[int]) -> int:
        """Return what the classes from a place on cannot beat: of each resource alone, the densest all through."""
        if place == len(self._classes):
            return 0
        above = self._gain[place]
        for resource, there in enumerate(left):
            worth, size = self._dense[resource][place]
            above = min(above, self._free[resource][place] + there * worth // size)
        return above


def beaten(facts: Facts, kind: int, worth: Worth, claim: int) -> bool:
    """Say whether a node of a type can be worth more than claimed, against an empty one.

    What is tried holds within the node alone: sizes, devices, apart, near, limits, residents of the node.

    Raises
    ------
    TooLarge
        After 200,000 steps.
    """
    node = copy.copy(facts)
    node.nodes, node.type_of = ("",), [kind]
    closed = _Closed(node, facts, kind)
    room = [*facts.capacity[kind], sum(facts.devices[kind])]
    company, bonus = closed.company, worth.node[kind]
    real = [not each for each in facts.phantom]
    classes = []
    for cls, most in enumerate(facts.count):
        fit = min([most, *(there // size for there, size in zip(room, _sizes(facts, cls), strict=True) if size)])
        each = _Class(cls, fit, worth.pod[cls][kind], -worth.move[cls], facts.current[cls][kind])
        useful = each.pod > 0 or each.pod + each.kept * bool(each.current) > 0 or cls in company
        if fit and facts.compatible[cls][kind] and not _banned(node, cls) and (useful or (bonus > 0 and real[cls])):
            classes.append(each)
    classes.sort(key=lambda each: -each.slope * each.most)
    search = _Search(closed, classes, bonus, claim)
    return search.beaten(0, room, {}, 0)


def _sizes(facts: Facts, cls: int) -> list[int]:
    """Return what a pod takes of each resource, and of all devices together."""
    devices, milli = facts.share[cls]
    return [*facts.demand[cls], devices * milli]


def _banned(node: Facts, cls: int) -> bool:
    return any(
        isinstance(rule, Near | Spread) and cls in node.members(rule.who) and node.domain(rule.key, 0) is None
        for rule in node.rules
    )
