"""Stored problems."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.placement.problem import Problem
from schedlab.placement.rules import Apart, Gang, Group, Limit, Near, Spread
from schedlab.placement.stored.fields import Damaged, array, converted

if TYPE_CHECKING:
    from schedlab.placement.rules import Rule

RULES = {type_.__name__: type_ for type_ in (Apart, Near, Spread, Limit, Gang)}

SHAPES = {  # of arrays
    "demand": "CR", "count": "C", "capacity": "TR", "type_of": "N", "compatible": "CT", "share": "C2", "priority": "C",
    "weight": "C", "required": "C", "cost": "T", "locality": "CT", "current": "CT", "move_cost": "C", "occupied": "T",
    "phantom": "C", "class_of": "P", "runs_on": "P",
}  # fmt: skip
ARRAYS: dict[str, Any] = {name: list[int] if len(shape) == 1 else list[list[int]] for name, shape in SHAPES.items()}
ARRAYS |= {"compatible": list[list[bool]], "occupied": list[bool], "phantom": list[bool]}
OTHERS: dict[str, Any] = {
    "name": str, "resources": tuple[str, ...], "devices": tuple[tuple[int, ...], ...], "domains": dict[str, list[int]],
    "groups": list[dict[str, Any]], "rules": list[dict[str, Any]], "nodes": tuple[str, ...], "pods": tuple[str, ...],
}  # fmt: skip
FIELDS = ARRAYS | OTHERS


def parts_of_problem(problem: Problem) -> dict[str, Any]:
    """Return the parts of a problem; arrays are left to the encoder."""
    parts: dict[str, Any] = {name: getattr(problem, name) for name in FIELDS}
    parts["domains"] = dict(problem.domains)
    parts["groups"] = [vars(group) for group in problem.groups]
    parts["rules"] = [{"rule": type(rule).__name__, **vars(rule)} for rule in problem.rules]
    return parts


def problem_from(raw: Any) -> Problem:
    """Return a problem from its parts."""
    parts = converted(raw, FIELDS, "problem")
    sizes = {"2": 2, "R": len(parts["resources"]), "C": len(parts["count"]), "T": len(parts["capacity"])}
    sizes |= {"N": len(parts["nodes"]), "P": len(parts["pods"])}
    for name, shape in SHAPES.items():
        dtype = np.bool_ if ARRAYS[name] in (list[bool], list[list[bool]]) else np.int64
        parts[name] = array(parts[name], dtype, [sizes[each] for each in shape], f"problem.{name}")
    types = [sizes["T"]]
    parts["domains"] = {
        key: array(each, np.int64, types, f"problem.domains.{key}") for key, each in parts["domains"].items()
    }
    if len(parts["devices"]) != sizes["T"]:
        raise Damaged("problem.devices", f"has {len(parts['devices'])} entries, not {sizes['T']}")
    parts["groups"] = tuple(_group(raw, sizes, f"problem.groups[{at}]") for at, raw in enumerate(parts["groups"]))
    parts["rules"] = tuple(
        _rule(raw, sizes, len(parts["groups"]), f"problem.rules[{at}]") for at, raw in enumerate(parts["rules"])
    )
    problem = Problem(**parts)
    _coherent(problem, sizes)
    return problem


def _coherent(problem: Problem, sizes: dict[str, int]) -> None:
    """Refuse numbers that point nowhere, sizes below 0, and pods that are told of in two ways."""
    ranges = {"type_of": (0, sizes["T"]), "class_of": (0, sizes["C"]), "runs_on": (-1, sizes["N"])}
    ranges |= dict.fromkeys(("demand", "count", "capacity", "share", "required", "current"), (0, 2**63))
    for name, (low, high) in ranges.items():
        values = getattr(problem, name)
        if values.size and not (low <= int(values.min()) and int(values.max()) < high):
            raise Damaged(f"problem.{name}", f"has {values.min()} or {values.max()}, outside {low}..{high - 1}")
    if any(left < 0 for room in problem.devices for left in room):
        raise Damaged("problem.devices", "has less than 0")
    counts = np.bincount(problem.class_of, minlength=sizes["C"])
    if (counts != problem.count)[~problem.phantom].any() or counts[problem.phantom].any():
        raise Damaged("problem.count", "is not what problem.class_of counts")
    running = np.zeros((sizes["C"], sizes["N"]), np.int64)
    runs = problem.runs_on >= 0
    np.add.at(running, (problem.class_of[runs], problem.runs_on[runs]), 1)
    if (running != problem.current[:, problem.type_of]).any():
        raise Damaged("problem.current", "is not what problem.runs_on counts")
    for name in ("nodes", "pods"):
        if len(set(getattr(problem, name))) < len(getattr(problem, name)):
            raise Damaged(f"problem.{name}", "has a name twice")


def _group(raw: Any, sizes: dict[str, int], place: str) -> Group:
    parts = converted(raw, {"name": str, "members": list[bool], "residents": list[int]}, place)
    members = array(parts["members"], np.bool_, [sizes["C"]], f"{place}.members")
    residents = array(parts["residents"], np.int64, [sizes["T"]], f"{place}.residents")
    return Group(parts["name"], members, residents)


def _rule(raw: dict[str, Any], sizes: dict[str, int], groups: int, place: str) -> Rule:
    kind = raw.get("rule")
    if kind not in RULES:
        raise Damaged(f"{place}.rule", f"there is no rule {kind!r}")
    own = {"key": str, "eligible": list[bool], "domain": int | None}
    types: dict[str, Any] = {field.name: own.get(field.name, int) for field in dataclasses.fields(RULES[kind])}
    parts = converted({name: each for name, each in raw.items() if name != "rule"}, types, place)
    for name in ("who", "whom"):
        if not 0 <= parts.get(name, 0) < groups:
            raise Damaged(f"{place}.{name}", f"there is no group {parts[name]}")
    if not -1 <= parts.get("resource", -1) < sizes["R"]:
        raise Damaged(f"{place}.resource", f"there is no resource {parts['resource']}")
    if "eligible" in parts:
        parts["eligible"] = array(parts["eligible"], np.bool_, [sizes["T"]], f"{place}.eligible")
    rule: Rule = RULES[kind](**parts)
    return rule
