"""Column generation: prove a level's bound, and better the plan, until both meet or the budget is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab import streams
from schedlab.placement.bounds.aggregated import aggregated
from schedlab.placement.budget import LP_WORK
from schedlab.placement.columns.counted import counted
from schedlab.placement.columns.covering import covering, trimmed
from schedlab.placement.columns.dive import dive
from schedlab.placement.columns.exact import price
from schedlab.placement.columns.lagrange import certificate, rounded
from schedlab.placement.columns.master import Master
from schedlab.placement.columns.pricing import Greedy
from schedlab.placement.coupling import coupling
from schedlab.placement.packing.pack import pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.placement.columns.exact import Price
    from schedlab.placement.columns.lagrange import Duals
    from schedlab.placement.columns.master import Relaxed
    from schedlab.placement.columns.pool import Pool
    from schedlab.placement.ledger import Ledger
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

ORDERS = (24, 128)  # greedy fills of a type and a round, at least and at most
SEEN = 5  # solutions of an exact price that become columns
KEPT = (4, 48)  # new columns of a type and a round, at least and at most
DIVES = 4  # before the next integer master
NOISE = 0.3  # of a column's share, so that each dive goes another way; more if that brings nothing
IDLE = 12  # rounds of dives and an integer master that bring nothing new, in a row, before it is given up
INTEGER = 0.3  # of what is left, for one integer master
GUIDED = ("dot_product", "cosine", "best_fit")  # rules that pack what the aggregated LP places
MOST, NODES = 4000, 2000  # columns of an integer master, and nodes of its search tree
MASTER_WORK, GREEDY_FILL = 8e-8, 3e-8  # work of a cell of the master's relaxation, of a class in a greedy fill
UNTIMED = 1500  # columns of an integer master without a time limit
FIRST, LATER = 0.5, 4.0  # units of work for the exact price of one type
CLOSE = 2e-4  # relative: where greedy prices promise less, exact ones are asked


class Generation:
    """Column generation for one level, those before it having their values."""

    def __init__(self, ledger: Ledger, pool: Pool, index: int, seed: int) -> None:
        self.problem: Problem = ledger.problem
        self.ledger, self.pool, self.index, self.budget = ledger, pool, index, ledger.budget
        self.level = ledger.levels[index]
        values = (ledger.values or ())[:index]
        proven = [bound == value for bound, value in zip(ledger.bounds, values, strict=False)]
        self.values, self.sure = values, all(proven)
        self.coupling = covering(self.problem, self.level, coupling(self.problem, ledger.levels, values, proven))
        self.master = Master(self.problem, self.level, self.coupling, pool)
        self.greedy = Greedy(self.problem, seed)
        self.most = self.problem.most()
        self.seed = seed
        classes, types = self.problem.shape
        self.orders = int(np.clip(classes // types, *ORDERS))  # few types with many classes need many columns each
        self.kept = int(np.clip(classes // (4 * types), *KEPT))
        self.best: Relaxed | None = None
        self.patience = FIRST

    @property
    def closed(self) -> bool:
        """Whether the level is settled."""
        return self.ledger.open > self.index

    def run(self, enough: Callable[[], bool]) -> None:
        """Converge, dive and solve the master, with more and more columns, until nothing helps any more."""
        self.start()
        half = self.budget.until(0.5)
        self.converge(lambda: enough() or half())
        idle, tried = 0, 0
        for turn in count():
            before = self.ledger.values, len(self.pool)
            for number in range(DIVES):
                if self.closed or enough() or self.budget.over or idle == IDLE:
                    return
                noise = NOISE * (idle + 1) if turn + number else 0.0
                dive(self, streams.generator(self.seed, "dive", turn, number), noise)
            if len(self.pool) > tried:
                self.integer(INTEGER)
                tried = len(self.pool)
            idle = 0 if (self.ledger.values, len(self.pool)) != before else idle + 1

    def relaxed(self, *given: Any) -> Relaxed | None:
        """Solve the master's relaxation (`Master.relax`), and charge for it."""
        self.budget.charge(MASTER_WORK * len(self.coupling.rows) * len(self.pool))
        return self.master.relax(*given)

    def bound_at(self, duals: Floats, kind: str) -> list[Price]:
        """Price every type at some duals, take the bound that follows and the contents found."""
        at = rounded(self.level, self.coupling, duals)
        prices = self.prices(at, self.most)
        if self.sure:
            priced = [found.most for found in prices]
            proof = certificate(self.problem, self.ledger.levels, self.index, self.values, self.coupling, at, priced)
            self.ledger.bound(self.index, proof.bound, kind, proof)
        return prices

    def prices(self, at: Duals, most: Ints) -> list[Price]:
        """Price every type exactly, with so many pods of each class at most, int64 (C, T); keep the contents found."""
        limit = self.budget.slice(0.5, self.patience)
        hints = self._hints(at)

        def one(kind: int) -> Price:
            return price(self.problem, kind, most[:, kind], at.form, limit, self.seed, self.budget, hints[kind])

        with ThreadPoolExecutor(self.budget.workers) as threads:
            prices = list(threads.map(one, range(len(self.problem.capacity))))
        for kind, found in enumerate(prices):
            for content in found.contents[-SEEN:]:
                self.pool.add(kind, content)
        return prices

    def _hints(self, at: Duals) -> list[Ints | None]:
        """Return the best content known of each type at some duals."""
        worth = self.pool.worth(at.form)
        hints: list[Ints | None] = [None] * len(self.problem.capacity)
        for column in np.argsort(worth, kind="stable").tolist():
            hints[self.pool.kind[column]] = self.pool.content[:, column]
        return hints

    def relax(self) -> Floats | None:
        """Take the aggregated LP's bound, and pack as it places; return its duals, None: it has no solution."""
        found = aggregated(self.problem, self.level, self.coupling)
        self.budget.charge(LP_WORK * self.most.astype(bool).sum() * len(self.problem.resources))
        if found is None:
            return None
        if self.sure:
            self.ledger.bound(self.index, found.value, "aggregated LP")
        self._guided(found.placed)
        return found.duals

    def start(self) -> None:
        """Relax, and take the Lagrangian bound at the LP's duals: at least as good as the LP's, and certified."""
        duals = self.relax()
        if duals is not None and not self.budget.over:
            self.bound_at(duals, "Lagrangian at the aggregated LP's duals")

    def _guided(self, placed: Floats) -> None:
        """Pack the pods first that the aggregated LP places, the largest first."""
        problem = self.problem
        offered = np.maximum(problem.capacity.max(axis=0, initial=1), 1)
        dominant = (problem.demand / offered).max(axis=1, initial=0)
        order = np.lexsort((-dominant, placed < problem.count / 2))
        for rule in GUIDED:
            if self.closed:
                return
            assignment = pack(problem, rule=rule, order=order)
            self.ledger.offer(assignment, f"{rule}, as the aggregated LP places")
            self.pool.harvest(assignment)

    def converge(self, enough: Callable[[], bool]) -> bool:
        """Generate columns until none betters the relaxation, the level is settled or ``enough`` says so.

        Return whether none does.
        """
        while not (self.closed or self.budget.over or enough()):
            relaxed = self.relaxed(self._active())
            if relaxed is None:
                return False
            self.best = relaxed
            if self.sure and self.ledger.bounds[self.index] == self.floor(relaxed.value):
                return True
            promised = self.greedy_round(relaxed)
            if promised > CLOSE * max(1.0, abs(relaxed.value)):
                continue
            before = len(self.pool)
            prices = self.bound_at(relaxed.duals, "column generation")
            if len(self.pool) == before:
                sure = all(found.worth >= found.most.most for found in prices)
                if sure or self.patience >= LATER:
                    return True
                self.patience = min(LATER, self.patience * 4)
        return False

    def floor(self, value: float) -> int:
        """Return the bound that would follow if the relaxation were over all columns."""
        value -= 1e-6 * max(1.0, abs(value))
        return self.level.rounded(self.level.sense * value + self.level.form.empty(self.problem))

    def _active(self) -> Ints:
        """Return the columns for the relaxation: those that were worth something lately, and the newest."""
        if self.best is None or len(self.pool) <= MOST:
            return np.arange(len(self.pool))
        worth = self.master.reduced(self.best)
        keep = np.argsort(-worth, kind="stable")[: MOST // 2]
        return np.unique(np.concatenate([keep, np.flatnonzero(worth >= -1e-9)]))

    def greedy_round(self, relaxed: Relaxed, left: Ints | None = None) -> float:
        """Add contents found greedily; return how much they promise at most, over all nodes."""
        if not self.greedy.able:
            return 0.0
        at = rounded(self.level, self.coupling, relaxed.duals)
        contents = self.greedy.contents(at.form.pod / at.scale, self.orders, left)
        types, orders, classes = contents.shape
        self.budget.charge(GREEDY_FILL * contents.size * len(self.problem.resources))
        flat = contents.reshape(-1, classes)
        worth = (flat * np.repeat(at.form.pod.T, orders, axis=0)).sum(axis=1).reshape(types, orders)
        real = (contents[:, :, ~self.problem.phantom] > 0).any(axis=2)
        worth = (worth + at.form.node[:, None] * real) / at.scale - relaxed.nodes[:, None]
        if at.form.move.any():
            stay = np.minimum(contents, self.problem.current.T[:, None, :])
            worth -= (stay * at.form.move).sum(axis=2) / at.scale
        promised = 0.0
        for kind, size in enumerate(self.problem.size.tolist()):
            best = np.argsort(-worth[kind], kind="stable")
            if not size or worth[kind, best[0]] <= 1e-7:
                continue
            promised += size * float(worth[kind, best[0]])
            added = 0
            for column in best:
                if added == self.kept or worth[kind, column] <= 1e-7:
                    break
                added += self.pool.add(kind, contents[kind, column])
        return promised

    def integer(self, share: float) -> bool:
        """Solve the master in integers over the most promising columns; return whether the plan got better.

        ``share`` of what is left of the budget is the most that it may take. HiGHS knows no unit of work: without a
        time limit CP-SAT solves the master, over fewer columns.
        """
        limits = self.budget.slice(share)
        columns = UNTIMED if limits.seconds is None else MOST
        relaxed = self.relaxed(self._active())
        which = np.arange(len(self.pool))
        if relaxed is not None:
            self.best = relaxed
            worth = self.master.reduced(relaxed)
            which = np.argsort(-worth, kind="stable")[:columns]
            if self.ledger.values is not None and self.sure:
                room = relaxed.value - self.level.sense * self.ledger.values[self.index]
                which = which[worth[which] >= -abs(room) - 1]  # others cannot be part of a better plan over the pool
        which = np.sort(which)
        if limits.seconds is None:
            chosen = counted(self.master, which, self.budget, limits, self.seed)
        else:
            chosen = self.master.integer(which, limits.seconds, NODES)
        return chosen is not None and self.offer(chosen, "integer master")

    def offer(self, chosen: Ints, by: str) -> bool:
        """Give the ledger the plan that so many nodes of each column make."""
        assignment = np.zeros((len(self.problem.count), len(self.problem.type_of)), np.int64)
        for kind in range(len(self.problem.capacity)):
            columns = np.flatnonzero((self.pool.kind[: len(chosen)] == kind) & (chosen > 0))
            nodes = self.problem.nodes_of(kind)
            filled = np.repeat(columns, chosen[columns])[: len(nodes)]
            assignment[:, nodes[: len(filled)]] = self.pool.content[:, filled]
        assignment = trimmed(self.problem, assignment)
        taken = self.ledger.offer(assignment, by)
        self.pool.harvest(assignment)
        return taken
