"""Answer: what a solver decides when a policy asks it in the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster import Plan
from schedlab.cluster.pods import NOWHERE
from schedlab.errors import InputError, SchedlabError
from schedlab.placement.budget import Budget
from schedlab.placement.flow import flow_applies, solve_flow
from schedlab.placement.ledger import Ledger
from schedlab.placement.level import level
from schedlab.placement.origins.plans import plan_of
from schedlab.placement.problem import Problem
from schedlab.placement.realise import realise
from schedlab.placement.result import Status
from schedlab.placement.solve import solve
from schedlab.placement.verify import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from schedlab.cluster import Cluster
    from schedlab.placement.realise import Placement
    from schedlab.plugins.together.contract import Ask


def answer(ask: Ask, cluster: Cluster, *, profile: Any, least: Mapping[int, int], seed: int) -> Plan:
    """Return the plan of the best placement found for what is asked.

    Evictions come first, in one group; pods of the question that get no node are ``unschedulable``.

    Parameters
    ----------
    profile, least
        As `schedlab.placement.origins.cluster.cluster` takes them.

    Raises
    ------
    InputError
        For pods or filters that no problem can say, an unknown objective, or a flow that would not be exact.
    SchedlabError
        If the solver fails.
    """
    problem = Problem.of(cluster, ask.pods, ask.movable, profile=profile, least=least, keep=ask.keep)
    made = _search(problem, ask, seed) if ask.unscheduled is None else _flow(problem, ask.unscheduled)
    if made.placement is None:
        return Plan(unschedulable=tuple((row, made.why) for row in ask.pods))
    plan = plan_of(problem, made.placement, cluster)
    return plan._replace(unschedulable=tuple((row, made.why) for row, _ in plan.unschedulable))


class Made(NamedTuple):
    """A placement, None if there is none, and why it leaves out whom it leaves out."""

    placement: Placement | None
    why: str


def _search(problem: Problem, ask: Ask, seed: int) -> Made:
    """Return the best placement found."""
    start = as_it_is(problem) if len(ask.movable) else None
    result = solve(problem, ask.objective, time_limit=None, work_limit=ask.work, warm_start=start, seed=seed)
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if result.status == Status.ERROR:
        raise SchedlabError(f"the solver failed: {result.reason}")
    if result.objective is None:
        return Made(None, f"the solver found no placement: {result.reason or result.status}")
    quality = "optimal" if result.status == Status.OPTIMAL else "best"
    return Made(result.placement, f"left out of the {quality} placement found")


def as_it_is(problem: Problem) -> NDArray[np.int64] | None:
    """Return the placement of what runs now, int64 (C, N); None if it breaks a rule that pods are placed by."""
    found = np.zeros((len(problem.count), len(problem.type_of)), np.int64)
    runs = problem.runs_on != NOWHERE
    np.add.at(found, (problem.class_of[runs], problem.runs_on[runs]), 1)
    return None if check(problem, found) else found


def _flow(problem: Problem, unscheduled: int) -> Made:
    """Return the placement of least cost."""
    cost = level(problem, "locality and waiting", pod=problem.locality - unscheduled, sense=-1)
    if why := flow_applies(problem, [cost]):
        raise InputError(f"a flow is not exact for these pods: {why}", mend="use solver(objective=priority+locality)")
    budget = Budget()
    ledger = Ledger(problem, [cost], budget, check)
    if not solve_flow(problem, [cost], ledger, budget) or ledger.best is None:
        raise SchedlabError(f"the flow is refused: {', '.join(ledger.refused) or 'it is not feasible'}")
    return Made(realise(problem, ledger.best)[0], "no node has room at less than the cost of waiting")
