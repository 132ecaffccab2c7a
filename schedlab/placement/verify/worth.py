"""Worth: what each objective counts, and its value for a placement, pod by pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.verify.devices import fits
from schedlab.placement.verify.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.placement.problem import Problem
    from schedlab.placement.verify.placement import Placement


class Worth(NamedTuple):
    """What a level counts; more is better (sense 1) or less is (-1)."""

    sense: int
    pod: list[list[int]]  # (C, T): a pod of a class on a node of a type
    node: list[int]  # (T): a node that holds a pod, no phantom
    move: list[int]  # (C): a pod that leaves the node where it runs


def worth_of(facts: Facts, level: str) -> Worth | None:
    """Return what a level counts, by its name; None: of an objective that is not schedlab's own."""
    real = [not each for each in facts.phantom]
    types, name = len(facts.capacity), level.partition(" ")[0]
    pod, node, move = [0] * len(real), [0] * types, [0] * len(real)
    if name == "priority":
        pod = [
            int(own and str(tier) == level.partition(" ")[2]) for own, tier in zip(real, facts.priority, strict=True)
        ]
    elif name == "pods":
        pod = [int(own) for own in real]
    elif name == "weight":
        pod = [own * each for own, each in zip(real, facts.weight, strict=True)]
    elif name == "fragmentation":
        pod = [int(each) for each in facts.phantom]
    elif name in ("nodes", "cost"):
        each = facts.cost if name == "cost" else [1] * types
        node = [0 if there else price for there, price in zip(facts.occupied, each, strict=True)]
    elif name == "moves":
        move = facts.move_cost
    elif name != "locality":
        return None
    by_type = facts.locality if name == "locality" else [[each] * types for each in pod]
    return Worth(sense_of(level), by_type, node, move)


def sense_of(level: str) -> int:
    """Return 1 if more of a level is better, -1 if less is, by its name."""
    return -1 if level in ("nodes", "cost", "moves", "locality") else 1


def values(problem: Problem, levels: Sequence[str], placement: Placement) -> list[int | None]:
    """Return the value of each level, by its name, for pods on nodes; None: of an objective not known here.

    Running pods count as moved one by one, by name. Phantoms are counted where they fit what is left beside the pods
    and the devices that these have. The placement must be right (`check_placement`).
    """
    facts = Facts(problem)
    nodes = {name: node for node, name in enumerate(facts.nodes)}
    where = [nodes[placement[pod][0]] if pod in placement else None for pod in facts.pods]
    found: list[int | None] = []
    for name in levels:
        level = worth_of(facts, name)
        found.append(None if level is None else _value(facts, level, where, placement))
    return found


def _value(facts: Facts, level: Worth, where: list[int | None], placement: Placement) -> int:
    total = 0
    for cls, node, before in zip(facts.class_of, where, facts.runs_on, strict=True):
        if node is not None:
            total += level.pod[cls][facts.type_of[node]]
        if before >= 0 and node != before:
            total += level.move[cls]
    total += sum(level.node[facts.type_of[node]] for node in set(where) if node is not None)
    for cls, phantom in enumerate(facts.phantom):
        if phantom and any(level.pod[cls]):
            total += level.pod[cls][0] * min(facts.count[cls], _left_for(facts, cls, where, placement))
    return total


def _left_for(facts: Facts, cls: int, where: list[int | None], placement: Placement) -> int:
    """Return how many more pods of a class fit."""
    left = [list(facts.capacity[kind]) for kind in facts.type_of]
    room = [list(facts.devices[kind]) for kind in facts.type_of]
    for pod, node in enumerate(where):
        if node is not None:
            for resource, taken in enumerate(facts.demand[facts.class_of[pod]]):
                left[node][resource] -= taken
            for device, milli in placement[facts.pods[pod]][1]:
                room[node][device] -= milli
    devices, milli = facts.share[cls]
    total = 0
    for node, kind in enumerate(facts.type_of):
        if not facts.compatible[cls][kind]:
            continue
        fit = min((there // each for there, each in zip(left[node], facts.demand[cls], strict=True) if each),
                  default=facts.count[cls])  # fmt: skip
        if devices:
            slots = [there // milli for there in room[node]] if milli else [facts.count[cls]] * len(room[node])
            fit = min(fit, sum(slots) // devices)
            while fit and not fits(room[node], {(devices, milli): fit}):
                fit -= 1
        total += max(fit, 0)
    return total
