"""Large neighbourhood search: free a few nodes, place their pods anew as well as can be, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.ortools.class_node import Outcome, solve_class_node
from schedlab.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget
    from schedlab.placement.ledger import Ledger
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Destroy = Callable[[Problem, Level, Ints], Floats]

NAME = "LNS"
FREE = (4, 9)  # how many nodes are freed: at least, and less than
MOST = 0.1  # work that one level of one sub-problem may take; more proves optima that the next round outdoes
DECAY = 0.8  # how much of a rule's weight is kept: Ropke and Pisinger, Transportation Science 40(4), 2006
GAIN, LOSS = 1.0, 0.1  # what a rule's weight goes towards: it made something better, or not
BUILD_WORK = 0.01  # of building and presolving a sub-problem, which CP-SAT does not count


def polish(problem: Problem, levels: Sequence[Level], ledger: Ledger, budget: Budget, seed: int) -> None:
    """Make the ledger's best assignment better until the budget is over or every level is proven.

    Each round frees 4 to 8 nodes and solves their content exactly, the other nodes kept (`solve_class_node`); the
    first level that is not proven counts first, those after it break ties. A rule of choosing nodes is drawn in
    proportion to what it brought (adaptive LNS: Ropke and Pisinger 2006). Without a time limit, the same seed and work
    limit give the same result. Nothing is done if the ledger holds no assignment, or if all nodes together are few
    enough to be freed: then `solve_class_node` alone is the method.

    Parameters
    ----------
    seed
        Of which nodes are freed, and of CP-SAT.
    """
    count = len(problem.type_of)
    if count < FREE[1] or not levels:
        return
    draw = generator(seed, "lns")
    rules: tuple[Destroy, ...] = (by_chance, by_slack, by_worth, by_wish)
    weights = np.full(len(rules), GAIN)
    idle = 0
    while ledger.best is not None and ledger.open < len(levels) and not budget.over:
        rule = int(draw.choice(len(rules), p=weights / weights.sum()))
        likely = rules[rule](problem, levels[ledger.open], ledger.best)
        nodes = np.sort(_drawn(draw, likely, int(draw.integers(*FREE))))
        before = ledger.values
        outcome = solve_class_node(
            problem, levels, ledger, budget, int(draw.integers(2**31)), nodes, ledger.best, MOST, NAME
        )
        budget.charge(BUILD_WORK)
        better = ledger.values != before
        weights[rule] = DECAY * weights[rule] + (1 - DECAY) * (GAIN if better else LOSS)
        idle = 0 if better else idle + 1
        if outcome == Outcome.TOO_LARGE or idle > 20 * count:
            return


def by_chance(problem: Problem, _level: Level, assignment: Ints) -> Floats:
    """Every node alike."""
    return np.ones(assignment.shape[1])


def by_slack(problem: Problem, _level: Level, assignment: Ints) -> Floats:
    """Nodes with much room that is left: of the sizes and devices together, as shares of what there was."""
    room = problem.capacity[problem.type_of].astype(np.float64)
    taken = (problem.demand.T @ assignment).T
    devices = np.array([sum(each) for each in problem.devices], np.float64)[problem.type_of]
    shared = problem.share.prod(axis=1) @ assignment
    left = np.column_stack([room - taken, devices - shared]) / np.maximum(np.column_stack([room, devices]), 1)
    likely: Floats = np.maximum(left, 0).mean(axis=1) + 0.01
    return likely


def by_worth(problem: Problem, level: Level, assignment: Ints) -> Floats:
    """Nodes whose content is worth little to the level, or costs it much."""
    form, kind = level.form, problem.type_of
    worth = (form.pod[:, kind] * assignment).sum(axis=0) + form.node[kind] * (assignment > 0).any(axis=0)
    worth = worth + form.move @ np.maximum(problem.current[:, kind] - assignment, 0)
    worth = level.sense * worth.astype(np.float64)
    likely: Floats = (worth.max() - worth) / max(float(np.ptp(worth)), 1.0) + 0.01
    return likely


def by_wish(problem: Problem, level: Level, assignment: Ints) -> Floats:
    """Nodes for pods that are not placed: those where the most worthwhile of them may go."""
    missing = np.maximum(problem.count - assignment.sum(axis=1), 0)
    worth = level.sense * level.form.pod[:, problem.type_of]
    fits = problem.most()[:, problem.type_of] > 0
    wish = np.where(fits & (missing > 0)[:, None], worth, 0).max(axis=0, initial=0).astype(np.float64)
    likely: Floats = wish / max(float(wish.max()), 1.0) + 0.01
    return likely


def _drawn(draw: np.random.Generator, likely: Floats, many: int) -> Ints:
    nodes: Ints = draw.choice(len(likely), size=many, replace=False, p=likely / likely.sum())
    return nodes
