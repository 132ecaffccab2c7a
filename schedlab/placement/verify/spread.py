"""Spread: how much fuller than the emptiest domain one may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.rules import Spread
    from schedlab.placement.verify.placed import Placed


def wrong_spread(rule: Spread, placed: Placed) -> Iterator[str]:
    """Tell of domains with pods of ``who`` where there are too many of ``whom``."""
    facts = placed.facts
    counts = _counts(rule, placed)
    least = min(counts.values()) if counts and len(counts) >= rule.least_domains else 0
    ours = placed.count(facts.members(rule.who), rule.key)
    if None in ours:
        yield f"{ours[None]} pods are on {facts.place(rule.key, None)}"
    for domain in sorted(each for each in ours if each is not None):
        count = counts.get(domain, 0)
        if count > least + rule.skew:
            where = facts.place(rule.key, domain)
            yield f"{where} has {count} pods, the least domain {least}; at most {rule.skew} more are allowed"


def _counts(rule: Spread, placed: Placed) -> dict[int, int]:
    """Return how many pods of ``whom`` each domain has on the nodes that count."""
    facts = placed.facts
    eligible: list[bool] = rule.eligible.tolist()
    residents: list[int] = facts.groups[rule.whom].residents.tolist()
    whom = facts.members(rule.whom)
    counts: dict[int, int] = {}
    for node, kind in enumerate(facts.type_of):
        domain = facts.domain(rule.key, node) if eligible[kind] else None
        if domain is not None:
            pods = placed.content.get(node, {})
            counts[domain] = counts.get(domain, 0) + residents[kind] + sum(pods[cls] for cls in pods if cls in whom)
    return counts
