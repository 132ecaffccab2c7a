"""Contradictions: which constraints cannot be met together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.ledger import Ledger
from schedlab.placement.level import level
from schedlab.placement.misfits import why_nowhere
from schedlab.placement.ortools.class_node import Outcome, solve_class_node
from schedlab.placement.rules import EVERYWHERE, Gang, Limit

if TYPE_CHECKING:
    from schedlab.placement.budget import Budget
    from schedlab.placement.problem import Problem
    from schedlab.placement.rules import Rule


def contradictions(problem: Problem, thorough: Budget | None = None) -> str:
    """Return why no placement is right, naming the constraints; "": nothing was found.

    What must be placed is `Problem.required`; without any, the empty placement is always right. Looked at are sizes
    and counts; with ``thorough``, whose budget is used, also which rules together leave no placement: a set of which
    none can be left out (the deletion filter of Chinneck and Dravnieks, ORSA Journal on Computing 1991).
    """
    fits = problem.most()
    for cls in np.flatnonzero(problem.required).tolist():
        pod = _name(problem, cls)
        if problem.required[cls] > problem.count[cls]:
            return f"{problem.required[cls]} pods like {pod} must be placed, but there are {problem.count[cls]}"
        if not fits[cls].any():
            return f"pod {pod} must be placed, but {why_nowhere(problem, cls)}"
        if problem.required[cls] > fits[cls] @ problem.size:
            return f"{problem.required[cls]} pods like {pod} must be placed, but {fits[cls] @ problem.size} fit"
    offered = problem.capacity[problem.type_of].sum(axis=0)
    for resource, name in enumerate(problem.resources):
        needed = int(problem.demand[:, resource] @ problem.required)
        if needed > offered[resource]:
            return f"pods that must be placed ask for {needed} {name}, and all nodes together have {offered[resource]}"
    for index, rule in enumerate(problem.rules):
        if told := _alone(problem, rule):
            return f"{describe(problem, index)}: {told}"
    return "" if thorough is None or not problem.required.any() else _together(problem, thorough)


def _alone(problem: Problem, rule: Rule) -> str:
    """Return why one rule cannot be kept by what must be placed."""
    members = problem.groups[rule.who].members
    needed = problem.required * members
    if isinstance(rule, Gang):
        short = needed.any() and problem.count[members].sum() < rule.least
        return f"it has {problem.count[members].sum()} pods" if short else ""
    if not isinstance(rule, Limit):
        return ""
    amount = int(needed.sum() if rule.resource < 0 else needed @ problem.demand[:, rule.resource])
    if rule.key == EVERYWHERE and amount > rule.amount:
        return f"pods that must be placed take {amount}"
    return ""


def _together(problem: Problem, budget: Budget) -> str:
    """Leave out rules one by one; those that matter remain."""
    kept = list(range(len(problem.rules)))
    for index in tuple(kept):
        if budget.over:
            break
        fewer = [each for each in kept if each != index]
        if not _feasible(problem, fewer, budget):
            kept = fewer
    told = "; ".join(describe(problem, index) for index in kept)
    return f"not all of these can be kept by the pods that must be placed: {told or 'sizes alone'}"


def _feasible(problem: Problem, rules: list[int], budget: Budget) -> bool:
    fewer = dataclasses.replace(problem, rules=tuple(problem.rules[index] for index in rules))
    nothing = (level(fewer, "nothing"),)
    ledger = Ledger(fewer, nothing, budget, lambda _problem, _assignment: ())
    return solve_class_node(fewer, nothing, ledger, budget, 0) != Outcome.INFEASIBLE


def describe(problem: Problem, index: int) -> str:
    """Return a rule in words."""
    rule = problem.rules[index]
    who = problem.groups[rule.who].name
    if isinstance(rule, Gang):
        return f"gang {who} of at least {rule.least}"
    where = f" by {rule.key}" if rule.key else ""
    if isinstance(rule, Limit):
        what = "pods" if rule.resource < 0 else problem.resources[rule.resource]
        return f"at most {rule.amount} {what} of {who}{where}"
    return f"{type(rule).__name__.lower()} {who} and {problem.groups[rule.whom].name}{where}"


def _name(problem: Problem, cls: int) -> str:
    pods = np.flatnonzero(problem.class_of == cls)
    return repr(problem.pods[pods[0]]) if len(pods) else f"class {cls}"
