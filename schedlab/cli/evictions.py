"""What preemption would do for a pod that fits nowhere, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMED = 8  # victims named


def preemption(found: dict[str, Any], priorities: Mapping[str, int]) -> Iterator[str]:
    """Yield sentences about the ``postFilter`` of an explanation; ``priorities`` are those of bound pods by key."""
    if not found["ok"]:
        yield "; ".join(found["reasons"])
        return
    node = found["nominatedNode"]
    chosen = found["candidates"][node]
    victims = [f"{key} (priority {priorities[key]})" for key in chosen["victims"]]
    more = f" and {len(victims) - NAMED:,} more" if len(victims) > NAMED else ""
    yield f"preemption would nominate {node} and evict {', '.join(victims[:NAMED])}{more}"
    if violations := chosen["numPDBViolations"]:
        yield f"{_count(violations, 'of these evictions violates', 'of these evictions violate')} a PodDisruptionBudget"
    if others := len(found["candidates"]) - 1:
        ties = len(found["best"]) - 1
        equal = "all" if ties == others else f"{ties:,}" if ties else "none"
        yield f"{_count(others, 'other node', 'other nodes')} would do as well, {equal} at the same price"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
