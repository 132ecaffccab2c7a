"""Rows: what a certificate's duals are of, written a second time from what the rules say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.rules import HOST, Apart, Gang, Limit, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from schedlab.placement.verify.facts import Facts
    from schedlab.placement.verify.worth import Worth

    What = Sequence[str | int]


class Row(NamedTuple):
    """What it counts is ``upper`` at most."""

    pod: Mapping[int, list[int]]  # by class: (T)
    node: list[int]  # (T)
    move: list[int]  # (C)
    upper: int

    def subtract(self, worth: Worth, dual: int) -> None:
        """Take the row at a dual from what contents are worth."""
        for cls, row in self.pod.items():
            for kind, each in enumerate(row):
                worth.pod[cls][kind] -= dual * each
        for kind, each in enumerate(self.node):
            worth.node[kind] -= dual * each
        for cls, each in enumerate(self.move):
            worth.move[cls] -= dual * each


def empty(facts: Facts, move: Iterable[int]) -> int:
    """Return the value where no node holds anything: all pods that run have moved away."""
    running = [0] * len(facts.capacity)
    for kind in facts.type_of:
        running[kind] += 1
    return sum(
        each * sum(now * nodes for now, nodes in zip(facts.current[cls], running, strict=True))
        for cls, each in enumerate(move)
        if each
    )


def row_of(
    facts: Facts, counted: Sequence[Worth | None], values: Sequence[int], placed: Container[int], what: What
) -> Row | str | None:
    """Return a row; why it does not hold; or None, where it is not written here a second time.

    ``counted`` and ``values`` are of the earlier levels; ``placed`` are the classes that these say are all placed.
    """
    match what:
        case ["count", int(cls)] if 0 <= cls < len(facts.count):
            return _class_row(facts, cls, 1, facts.count[cls])
        case ["required", int(cls)] if 0 <= cls < len(facts.count):
            return _class_row(facts, cls, -1, -facts.required[cls])
        case ["placed", int(cls)] if 0 <= cls < len(facts.count):
            if cls in placed:
                return _class_row(facts, cls, -1, -facts.count[cls])
            return "no earlier level says that all of the class are placed"
        case ["level", int(index), int(sign)] if 0 <= index < len(values) and sign in (1, -1):
            level = counted[index]
            return None if level is None else _level_row(level, -sign * level.sense, values[index])
        case ["rule", int(index), str(name)] if 0 <= index < len(facts.rules):
            return _rule_row(facts, index, name)
    return "there is no such row"


def _rule_row(facts: Facts, index: int, name: str) -> Row | None:
    """Return a rule's row where it needs no variable of its own."""
    rule = facts.rules[index]
    word, _, code = name.rpartition(" ")
    if isinstance(rule, Near | Spread) and name == "no domain":
        return _domain_row(facts, dict.fromkeys(facts.members(rule.who), 1), rule.key, None, 0)
    if isinstance(rule, Gang) or rule.key == HOST or not code.isdecimal():
        return None
    domain = int(code)
    if word == "limit" and isinstance(rule, Limit) and rule.domain in (None, domain):
        stay = facts.residents(rule.who, rule.key).get(domain, 0) if rule.resource < 0 else 0
        each = {cls: 1 if rule.resource < 0 else facts.demand[cls][rule.resource] for cls in facts.members(rule.who)}
        return _domain_row(facts, each, rule.key, domain, rule.amount - stay)
    if isinstance(rule, Apart):
        those, others = (rule.whom, rule.who) if word == "unwelcome" else (rule.who, rule.whom)
        if word in ("unwelcome", "apart") and facts.residents(others, rule.key).get(domain):
            return _domain_row(facts, dict.fromkeys(facts.members(those), 1), rule.key, domain, 0)
    return None


def all_placed(facts: Facts, counted: Sequence[Worth | None], values: Sequence[int]) -> set[int]:
    """Return the classes of which earlier levels' values are so good that all their pods must be placed."""
    found: set[int] = set()
    for level, value in zip(counted, values, strict=True):
        if level is None or level.sense < 0 or any(level.node) or any(level.move):
            continue
        if value == sum(count * max(0, *row) for count, row in zip(facts.count, level.pod, strict=True)):
            found |= {cls for cls, row in enumerate(level.pod) if min(row) > 0}
    return found


def _level_row(level: Worth, sign: int, value: int) -> Row:
    pod = {cls: [sign * each for each in row] for cls, row in enumerate(level.pod) if any(row)}
    return Row(pod, [sign * each for each in level.node], [sign * each for each in level.move], sign * value)


def _class_row(facts: Facts, cls: int, sign: int, upper: int) -> Row:
    return Row({cls: [sign] * len(facts.capacity)}, [], [], upper)


def _domain_row(facts: Facts, each: Mapping[int, int], key: str, domain: int | None, upper: int) -> Row:
    """Return what counts pods of some classes on the nodes of a domain, which are all those of some types."""
    inside = [False] * len(facts.capacity)
    for node, kind in enumerate(facts.type_of):
        inside[kind] = facts.domain(key, node) == domain
    return Row({cls: [one * there for there in inside] for cls, one in each.items()}, [], [], upper)
