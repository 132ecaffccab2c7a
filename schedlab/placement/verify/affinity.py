"""Affinity: which pods may not, and which must, share a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.rules import Apart, Near
    from schedlab.placement.verify.placed import Placed


def wrong_apart(rule: Apart, placed: Placed) -> Iterator[str]:
    """Tell of domains with pods that must be apart; of two that stay, neither can be helped."""
    facts = placed.facts
    who, whom = facts.members(rule.who), facts.members(rule.whom)
    ours, theirs, both = (placed.count(each, rule.key) for each in (who, whom, who & whom))
    our_residents, their_residents = (facts.residents(each, rule.key) for each in (rule.who, rule.whom))
    for domain in sorted(each for each in {*ours, *theirs} if each is not None):
        one, other = ours.get(domain, 0), theirs.get(domain, 0)
        where = facts.place(rule.key, domain)
        if one * other > both.get(domain, 0):  # pairs, less each pod with itself
            yield f"{where} has {one} pods and {other} that they keep apart from"
        if one and (stay := their_residents.get(domain, 0)):
            yield f"{where} has {one} pods and {stay} residents that they keep apart from"
        if other and (stay := our_residents.get(domain, 0)):
            yield f"{where} has {stay} residents and {other} pods that they keep apart from"


def wrong_near(rule: Near, placed: Placed) -> Iterator[str]:
    """Tell of domains with pods whose company is missing."""
    facts = placed.facts
    who, whom = facts.members(rule.who), facts.members(rule.whom)
    residents = facts.residents(rule.whom, rule.key)
    ours, helpers, seeds = (placed.count(each, rule.key) for each in (who, whom - who, who & whom))
    if None in ours:
        yield f"{ours[None]} pods are on {facts.place(rule.key, None)}"
    series = []
    for domain in sorted(each for each in ours if each is not None):
        if residents.get(domain) or helpers.get(domain):
            continue
        where = facts.place(rule.key, domain)
        if domain not in seeds:
            yield f"{where} has {ours[domain]} pods, and none that they must be near"
        elif residents:
            yield f"{where} begins a series, though there are residents to be near"
        else:
            series.append(where)
    if len(series) > 1:
        yield f"a series begins in more than one domain: {', '.join(series)}"
