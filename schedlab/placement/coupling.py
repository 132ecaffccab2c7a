"""Coupling: the rows that tie nodes together: counts, what must run, earlier levels, rules over domains.

Everything that concerns one node alone (sizes, devices, rules on `HOST`) is no row: it is part of what a node may hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.level import Form
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    What = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Row:
    """``form + sum(extras) <= upper``; ``what`` names it in certificates."""

    what: What
    form: Form
    upper: int
    extras: dict[int, int] = field(default_factory=dict)  # coefficient by number of the extra variable


@dataclass
class Coupling:
    """The rows of a problem, and the ranges of the extra integer variables in them."""

    rows: list[Row]
    extras: list[tuple[int, int]]


def coupling(problem: Problem, levels: Sequence[Level], values: Sequence[int], proven: Sequence[bool]) -> Coupling:
    """Return the rows for the level after those whose ``values`` are given.

    An earlier level must be as good as its value; where that is ``proven`` the best, also no better, which keeps
    relaxations from trading fractions of it. Where its value says that all of some classes are placed, rows say so
    class by class.
    """
    made = Coupling([], [])
    classes, types = problem.shape
    zero = Form(np.zeros((classes, types), np.int64), np.zeros(types, np.int64), np.zeros(classes, np.int64))
    one = _Unit(zero)
    for cls in range(classes):
        made.rows.append(Row(("count", cls), one.form(cls, 1), int(problem.count[cls])))
        if problem.required[cls]:
            made.rows.append(Row(("required", cls), one.form(cls, -1), -int(problem.required[cls])))
    for index, (value, sure) in enumerate(zip(values, proven, strict=True)):
        sense, form = levels[index].sense, levels[index].form
        if sure and (placed := _all_placed(problem, levels[index], value)) is not None:
            for cls in np.flatnonzero(placed).tolist():
                made.rows.append(Row(("placed", cls), one.form(cls, -1), -int(problem.count[cls])))
            continue
        made.rows.append(Row(("level", index, 1), times(form, -sense), -sense * value))
        if sure:
            made.rows.append(Row(("level", index, -1), times(form, sense), sense * value))
    for index, rule in enumerate(problem.rules):
        if getattr(rule, "key", EVERYWHERE) != HOST:
            _Writer(problem, made, index, zero).write(rule)
    return made


class _Unit:
    """Forms that count one class: views of one vector, since there is one for each class."""

    def __init__(self, zero: Form) -> None:
        classes = len(zero.pod)
        self._zero, self._classes = zero, classes
        self._ones = {sign: np.zeros(2 * classes + 1, np.int64) for sign in (1, -1)}
        for sign, vector in self._ones.items():
            vector[classes] = sign

    def form(self, cls: int, sign: int) -> Form:
        """Return sign times the number of pods of a class."""
        pod = self._ones[sign][self._classes - cls : 2 * self._classes - cls]
        return Form(np.broadcast_to(pod[:, None], self._zero.pod.shape), self._zero.node, self._zero.move)


def _all_placed(problem: Problem, level: Level, value: int) -> NDArray[np.bool_] | None:
    """Return the classes (C,) that a level's value says are all placed; None if it does not say so of all it counts."""
    form = level.form
    each = form.pod[:, 0]
    if level.sense < 0 or form.node.any() or form.move.any() or (form.pod != each[:, None]).any() or (each < 0).any():
        return None
    return each > 0 if value == int(each @ problem.count) else None


def times(form: Form, factor: int) -> Form:
    """Return a form with all its coefficients multiplied."""
    return Form(form.pod * factor, form.node * factor, form.move * factor)


class _Writer:
    """Writes the rows of one rule."""

    def __init__(self, problem: Problem, made: Coupling, index: int, zero: Form) -> None:
        self._problem, self._made, self._index, self._zero = problem, made, index, zero

    def write(self, rule: Apart | Near | Spread | Limit | Gang) -> None:
        match rule:
            case Apart():
                self._apart(rule)
            case Near():
                self._near(rule)
            case Spread():
                self._spread(rule)
            case Limit():
                self._limit(rule)
            case Gang():
                self._gang(rule)

    def _row(self, name: str, pod: Ints, upper: int, extras: dict[int, int] | None = None) -> None:
        form = Form(pod.astype(np.int64), self._zero.node, self._zero.move)
        self._made.rows.append(Row(("rule", self._index, name), form, upper, extras or {}))

    def _extra(self, high: int = 1, low: int = 0) -> int:
        self._made.extras.append((low, high))
        return len(self._made.extras) - 1

    def _domains(self, key: str) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        types = len(self._problem.capacity)
        if key == EVERYWHERE:
            yield 0, np.ones(types, np.bool_)
            return
        codes = self._problem.domains[key]
        for code in np.unique(codes[codes >= 0]).tolist():
            yield code, codes == code

    def _count(self, members: NDArray[np.bool_], where: NDArray[np.bool_]) -> tuple[Ints, int]:
        """Return the form that counts some classes in some types, and the most it can be."""
        real = members & ~self._problem.phantom
        most = int(self._problem.count[real].sum())
        return np.outer(real, where).astype(np.int64), most

    def _residents(self, group: int, where: NDArray[np.bool_]) -> int:
        return int((self._problem.groups[group].residents * self._problem.size)[where].sum())

    def _limit(self, rule: Limit) -> None:
        problem = self._problem
        members = problem.groups[rule.who].members
        for code, where in self._domains(rule.key):
            if rule.domain is not None and code != rule.domain:
                continue
            pod, _ = self._count(members, where)
            upper = rule.amount
            if rule.resource >= 0:
                pod *= problem.demand[:, rule.resource, None]
            else:
                upper -= self._residents(rule.who, where)
            self._row(f"limit {code}", pod, upper)

    def _gang(self, rule: Gang) -> None:
        pod, most = self._count(self._problem.groups[rule.who].members, np.ones(len(self._problem.capacity), np.bool_))
        begun = self._extra()
        self._row("all", pod, 0, {begun: -most})
        self._row("least", -pod, 0, {begun: rule.least})

    def _apart(self, rule: Apart) -> None:
        who, whom = (self._problem.groups[each].members for each in (rule.who, rule.whom))
        for code, where in self._domains(rule.key):
            others, most_others = self._count(whom, where)
            if self._residents(rule.who, where):
                self._row(f"unwelcome {code}", others, 0)
            if self._residents(rule.whom, where):
                self._row(f"apart {code}", self._count(who, where)[0], 0)
            for part, most_alone in ((who & ~whom, 0), (who & whom, 1)):
                pods, most = self._count(part, where)
                if most and most_others > most_alone:
                    there = self._extra()
                    self._row(f"there {code}", pods, 0, {there: -(1 if most_alone else most)})
                    self._row(f"alone {code}", others, most_others, {there: most_others - most_alone})

    def _near(self, rule: Near) -> None:
        problem = self._problem
        who, whom = (problem.groups[each].members for each in (rule.who, rule.whom))
        if rule.key != EVERYWHERE:
            self._row("no domain", self._count(who, problem.domains[rule.key] < 0)[0], 0)
        begins = not problem.groups[rule.whom].residents.any() and (who & whom).any()
        seeds: dict[int, int] = {}
        for code, where in self._domains(rule.key):
            if self._residents(rule.whom, where):
                continue
            pods, most = self._count(who, where)
            helpers = {self._extra(): self._count(whom & ~who, where)[0]}
            if begins:
                seed = self._extra()
                helpers[seed], seeds[seed] = self._count(who & whom, where)[0], 1
            for helper, those in helpers.items():
                self._row(f"there {code}", -those, 0, {helper: 1})
            self._row(f"near {code}", pods, 0, dict.fromkeys(helpers, -most))
        if seeds:
            self._row("one series", self._zero.pod, 1, seeds)

    def _spread(self, rule: Spread) -> None:
        problem = self._problem
        who, whom = (problem.groups[each].members for each in (rule.who, rule.whom))
        if rule.key != EVERYWHERE:
            self._row("no domain", self._count(who, problem.domains[rule.key] < 0)[0], 0)
        counted = [(code, where, where & rule.eligible) for code, where in self._domains(rule.key)]
        counted = [each for each in counted if problem.size[each[2]].any()]
        _, most = self._count(whom, rule.eligible)
        most += max((self._residents(rule.whom, eligible) for _, _, eligible in counted), default=0)
        least = self._extra(most if len(counted) >= rule.least_domains else 0)
        for code, where, eligible in counted:
            those, residents = self._count(whom, eligible)[0], self._residents(rule.whom, eligible)
            self._row(f"least {code}", -those, residents, {least: 1})
            there = self._extra()
            pods, all_of_them = self._count(who, where)
            self._row(f"there {code}", pods, 0, {there: -all_of_them})
            slack = most + residents
            self._row(f"skew {code}", those, rule.skew - residents + slack, {least: -1, there: slack})
