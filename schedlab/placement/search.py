"""Search: which methods a problem's size and rules call for, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.bounds.counting import counting
from schedlab.placement.budget import GREEDY_WORK
from schedlab.placement.coarse import both_ways
from schedlab.placement.columns.by_level import relax, solve_columns
from schedlab.placement.columns.pool import Pool
from schedlab.placement.contradictions import contradictions
from schedlab.placement.flow import flow_applies, solve_flow
from schedlab.placement.lns import polish
from schedlab.placement.ortools.class_node import Outcome, solve_class_node
from schedlab.placement.packing.heuristics import heuristics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.ledger import Ledger

    Ints = NDArray[np.int64]

MIDDLE = 60  # nodes, up to which CP-SAT may prove what columns leave open
TYPES, CLASSES = 100, 1500  # up to which columns are generated; with more classes sizes are rounded first
POLISHED = 200  # nodes, up to which large neighbourhood search is worth its time
COLUMNS = 0.6  # of the budget, for columns where other methods may follow
FIRST, GREEDY = 8, 0.15  # heuristics that always run, and the share of the budget that more of them may take


def search(ledger: Ledger, start: Ints | None, seed: int) -> str:
    """Run the methods that fit the problem's size; return why there is no placement, if that is proven."""
    problem, levels, budget = ledger.problem, ledger.levels, ledger.budget
    if start is not None:
        ledger.offer(start, "warm start")
    if budget.over:
        return ""
    if why := contradictions(problem):
        return why
    _count(ledger)
    if not flow_applies(problem, levels):
        if not solve_flow(problem, levels, ledger, budget):
            return "the pods that must be placed do not all fit"
        _count(ledger)
    pool = Pool(problem)
    if start is not None:
        pool.harvest(start)
    _pack(ledger, pool, seed)
    nodes = len(problem.type_of)
    if ledger.values is not None:
        classes, types = problem.shape
        spent = budget.until(COLUMNS if nodes <= POLISHED else 1.0)
        if types <= TYPES and classes <= CLASSES:
            solve_columns(ledger, pool, seed, spent)
        else:
            relax(ledger, pool, seed)
            if types <= TYPES:
                both_ways(ledger, seed, spent)
    if nodes <= MIDDLE or ledger.values is None:
        if _open(ledger) and solve_class_node(problem, levels, ledger, budget, seed) == Outcome.INFEASIBLE:
            return contradictions(problem, thorough=budget) or "no placement keeps all rules"
    elif nodes <= POLISHED and _open(ledger):
        polish(problem, levels, ledger, budget, seed)
    return ""


def _open(ledger: Ledger) -> bool:
    return ledger.open < len(ledger.levels) and not ledger.budget.over


def _count(ledger: Ledger) -> None:
    """Take the counting bound of each level that can have one."""
    for index in range(ledger.open, len(ledger.levels)):
        if index == ledger.open:
            ledger.bound(index, counting(ledger.problem, ledger.levels[index]), "counting")


def _pack(ledger: Ledger, pool: Pool, seed: int) -> None:
    """Run the heuristics, the best first, as long as they are cheap beside the budget."""
    problem, enough = ledger.problem, ledger.budget.until(GREEDY)
    for number, heuristic in enumerate(heuristics(problem, ledger.levels, seed)):
        if not _open(ledger) or (number >= FIRST and enough()):
            return
        assignment = heuristic.run()
        ledger.budget.charge(GREEDY_WORK * problem.count.sum() * len(problem.type_of))
        ledger.offer(assignment, heuristic.name)
        pool.harvest(assignment)
        _count(ledger)
