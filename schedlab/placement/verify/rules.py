"""Rules between pods: each by its own file, its lines named by the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.rules import EVERYWHERE, Apart, Gang, Limit, Near, Spread
from schedlab.placement.verify.affinity import wrong_apart, wrong_near
from schedlab.placement.verify.quota import wrong_gang, wrong_limit
from schedlab.placement.verify.spread import wrong_spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.rules import Rule
    from schedlab.placement.verify.placed import Placed


def wrong_rules(placed: Placed) -> Iterator[str]:
    """Tell of rules that do not hold."""
    for index, rule in enumerate(placed.facts.rules):
        for line in _wrong(rule, placed):
            yield f"rule {index}, {_name(rule, placed)}: {line}"


def _wrong(rule: Rule, placed: Placed) -> Iterator[str]:
    match rule:
        case Apart():
            return wrong_apart(rule, placed)
        case Near():
            return wrong_near(rule, placed)
        case Spread():
            return wrong_spread(rule, placed)
        case Limit():
            return wrong_limit(rule, placed)
        case Gang():
            return wrong_gang(rule, placed)


def _name(rule: Rule, placed: Placed) -> str:
    groups = placed.facts.groups
    parts = [type(rule).__name__, groups[rule.who].name]
    if isinstance(rule, Apart | Near | Spread):
        parts += ["from" if isinstance(rule, Apart) else "of" if isinstance(rule, Spread) else "to"]
        parts += [groups[rule.whom].name]
    if not isinstance(rule, Gang) and rule.key != EVERYWHERE:
        parts += ["by", rule.key]
    return " ".join(parts)
