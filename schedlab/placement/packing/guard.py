"""Guard: where the rules between pods let one more pod in, while pods are placed.

What it lets in keeps the rules of `schedlab.placement.rules` true of the state so far, gangs apart; so they hold at
the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.placement.packing.state import Done, State

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


class Watch(Protocol):
    """One rule while pods are placed."""

    classes: Bools  # (C,): those it has a say in
    waits: bool  # whether a pod that it keeps out may be let in once others are placed

    def allows(self, cls: int, at: Ints) -> Bools:
        """Whether it lets one more pod of a class onto each of some nodes."""
        ...

    def note(self, cls: int, node: int, pods: int) -> None:
        """Note pods placed, or taken back if negative."""
        ...


class Count:
    """How many pods are in each domain: of some classes, and those that stay.

    Nodes without the key, and those that are not among ``of``, are in none.
    """

    def __init__(self, domain: Ints, members: Bools, residents: Ints, of: Bools | bool = True) -> None:
        self.domain, self.members = np.where(of, domain, -1), members  # (N,), (C,)
        self.pods = np.zeros(int(domain.max(initial=-1)) + 2, np.int64)  # the last: in none
        np.add.at(self.pods, self.domain, residents)
        self.pods[-1] = 0

    def note(self, cls: int, node: int, pods: int) -> None:
        """Count pods placed."""
        if self.members[cls] and self.domain[node] >= 0:
            self.pods[self.domain[node]] += pods


class Keep:
    """Watch of `Apart`."""

    waits = False

    def __init__(self, rule: Apart, state: State, domain: Ints) -> None:
        self.who, self.whom = (_count(state, group, domain) for group in (rule.who, rule.whom))
        self.domain, self.classes = domain, self.who.members | self.whom.members

    def allows(self, cls: int, at: Ints) -> Bools:
        """Nobody whom the pod keeps from, and nobody who keeps from it."""
        domain, free = self.domain[at], np.ones(len(at), np.bool_)
        if self.who.members[cls]:
            free &= self.whom.pods[domain] == 0
        if self.whom.members[cls]:
            free &= self.who.pods[domain] == 0
        return free

    def note(self, cls: int, node: int, pods: int) -> None:
        """Count them."""
        self.who.note(cls, node, pods)
        self.whom.note(cls, node, pods)


class Join:
    """Watch of `Near`."""

    waits = True

    def __init__(self, rule: Near, state: State, domain: Ints) -> None:
        who, whom = (state.problem.groups[each] for each in (rule.who, rule.whom))
        residents = whom.residents[state.kind]
        self.anchors = Count(domain, whom.members & ~who.members, residents)
        self.series = Count(domain, whom.members & who.members, np.zeros_like(residents))
        self.begins = not residents.any()
        self.domain, self.classes = domain, who.members
        self.counted = who.members | whom.members

    def allows(self, cls: int, at: Ints) -> Bools:
        """A domain with an anchor, or that of the series; if there is none, any where it may begin."""
        domain = self.domain[at]
        held = self.anchors.pods > 0
        if self.begins:
            lone = (self.series.pods > 0) & ~held
            if lone.any():
                held = held | lone
            elif self.series.members[cls]:
                held = np.ones_like(held)
        allowed: Bools = held[domain] & (domain >= 0)
        return allowed

    def note(self, cls: int, node: int, pods: int) -> None:
        """Count them."""
        self.anchors.note(cls, node, pods)
        self.series.note(cls, node, pods)


class Even:
    """Watch of `Spread`."""

    waits = True

    def __init__(self, rule: Spread, state: State, domain: Ints) -> None:
        self.who = _count(state, rule.who, domain)
        eligible = rule.eligible[state.kind] & (domain >= 0)
        self.whom = _count(state, rule.whom, domain, eligible)
        self.counted = np.unique(domain[eligible])
        self.few, self.skew = len(self.counted) < rule.least_domains, rule.skew
        self.domain, self.classes = domain, self.who.members | self.whom.members

    def allows(self, cls: int, at: Ints) -> Bools:
        """Where the count with the pod exceeds the least by the skew at most, if pods that mind are there."""
        domain = self.domain[at]
        least = 0 if self.few or not len(self.counted) else self.whom.pods[self.counted].min()
        counts = bool(self.whom.members[cls]) & (self.whom.domain[at] >= 0)
        even: Bools = self.whom.pods[domain] + counts - least <= self.skew
        if self.who.members[cls]:
            even &= domain >= 0
        else:
            even |= (self.who.pods[domain] == 0) | ~counts
        return even

    def note(self, cls: int, node: int, pods: int) -> None:
        """Count them."""
        self.who.note(cls, node, pods)
        self.whom.note(cls, node, pods)


class Most:
    """Watch of `Limit`."""

    waits = False

    def __init__(self, rule: Limit, state: State, domain: Ints) -> None:
        group = state.problem.groups[rule.who]
        pods = rule.resource < 0
        self.classes = group.members
        self.amount = np.where(group.members, 1 if pods else state.problem.demand[:, rule.resource], 0)
        limited = True if rule.domain is None else domain == rule.domain
        residents = group.residents[state.kind] if pods else np.zeros(len(domain), np.int64)
        self.used = Count(domain, group.members, residents, limited)
        self.most = rule.amount

    def allows(self, cls: int, at: Ints) -> Bools:
        """Where the pod's amount is left; a pod that takes nothing may go anywhere."""
        domain = self.used.domain[at]
        enough: Bools = self.used.pods[domain] + self.amount[cls] <= self.most
        enough |= (domain < 0) | (self.amount[cls] == 0)
        return enough

    def note(self, cls: int, node: int, pods: int) -> None:
        """Count them."""
        self.used.note(cls, node, pods * int(self.amount[cls]))


class Guard:
    """All rules of a problem while pods are placed."""

    def __init__(self, state: State) -> None:
        problem = state.problem
        self.state = state
        made = {Apart: Keep, Near: Join, Spread: Even, Limit: Most}
        self.watches: list[Watch] = [
            made[type(rule)](rule, state, domains_of(state, rule.key))
            for rule in problem.rules
            if not isinstance(rule, Gang)
        ]
        self.gangs = tuple(rule for rule in problem.rules if isinstance(rule, Gang))
        count = len(problem.count)
        self._of = [[watch for watch in self.watches if watch.classes[cls]] for cls in range(count)]
        self._told = [[watch for watch in self.watches if _counts(watch, cls)] for cls in range(count)]
        self.waits = any(watch.waits for watch in self.watches)

    def minds(self, cls: int) -> bool:
        """Whether a rule has a say in where pods of a class go."""
        return bool(self._of[cls])

    def allows(self, cls: int, at: Ints) -> Bools:
        """Return bool, whether the rules let one more pod of a class onto each of some nodes."""
        allowed = np.ones(len(at), np.bool_)
        for watch in self._of[cls]:
            allowed &= watch.allows(cls, at)
        return allowed

    def place(self, cls: int, node: int, pods: int = 1, holding: Holding | None = None) -> None:
        """Put pods on a node that has room and is allowed."""
        self.state.place(cls, node, pods, holding)
        for watch in self._told[cls]:
            watch.note(cls, node, pods)

    def undo(self, mark: int) -> None:
        """Take back all steps after the first so many."""
        undone: Iterable[Done] = self.state.undo(mark)
        for step in undone:
            for watch in self._told[step.cls]:
                watch.note(step.cls, step.node, -step.pods)

    def falls_short(self, gang: Gang) -> bool:
        """Whether a gang has some of its pods and not the least."""
        members = self.state.problem.groups[gang.who].members
        return bool(0 < self.state.assignment[members].sum() < gang.least)

    def short(self) -> Bools:
        """Return bool (C,): the classes of gangs that have some of their pods and not the least."""
        found = np.zeros(len(self.state.problem.count), np.bool_)
        for gang in self.gangs:
            if self.falls_short(gang):
                found |= self.state.problem.groups[gang.who].members
        return found


def domains_of(state: State, key: str) -> Ints:
    """Return int64 (N,), the domain of each node of a state, -1: none."""
    if key == HOST:
        return state.order
    if key == EVERYWHERE:
        return np.zeros(len(state.order), np.int64)
    return state.problem.domains[key][state.kind]


def _count(state: State, group: int, domain: Ints, of: Bools | bool = True) -> Count:
    found = state.problem.groups[group]
    return Count(domain, found.members, found.residents[state.kind], of)


def _counts(watch: Watch, cls: int) -> bool:
    return bool(watch.counted[cls] if isinstance(watch, Join) else watch.classes[cls])
