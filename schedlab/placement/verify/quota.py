"""Quota: the most of a group that a domain may hold, and the least that makes a gang."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.rules import Gang, Limit
    from schedlab.placement.verify.placed import Placed


def wrong_limit(rule: Limit, placed: Placed) -> Iterator[str]:
    """Tell of domains with too many pods, or too much asked for."""
    facts = placed.facts
    taken: dict[int | None, int] = {}
    for cls in facts.members(rule.who):
        each = 1 if rule.resource < 0 else facts.demand[cls][rule.resource]
        for domain, pods in placed.count([cls], rule.key).items():
            taken[domain] = taken.get(domain, 0) + each * pods
    if rule.resource < 0:
        for domain, pods in facts.residents(rule.who, rule.key).items():
            taken[domain] = taken.get(domain, 0) + pods
    what = "pods" if rule.resource < 0 else facts.resources[rule.resource]
    for domain in sorted(each for each in taken if each is not None):
        if rule.domain in (None, domain) and taken[domain] > rule.amount:
            yield f"{facts.place(rule.key, domain)} has {taken[domain]} {what}, the limit is {rule.amount}"


def wrong_gang(rule: Gang, placed: Placed) -> Iterator[str]:
    """Tell of a gang that is placed in part, but not enough of it."""
    total = placed.total()
    pods = sum(total[cls] for cls in placed.facts.members(rule.who))
    if 0 < pods < rule.least:
        yield f"{pods} pods are placed, neither none nor {rule.least}"
