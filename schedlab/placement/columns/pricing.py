"""Pricing by greedy: contents that the duals make dear, for all node types and many orders at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab import streams
from schedlab.placement.rules import HOST, Apart, Limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


class Greedy:
    """Fills a node of each type, classes in the order of their worth for the size, by many weights of the resources.

    Rules on the host that concern one class alone (own anti-affinity, a limit) are kept; with any other such rule, or
    pods that ask for shares of several devices, `able` is False and nothing is tried.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem, self._rounds, self._seed = problem, 0, seed
        self._most = problem.most()
        self._devices = max((len(room) for room in problem.devices), default=0)
        self._room = np.zeros((len(problem.capacity), self._devices), np.int64)
        for kind, room in enumerate(problem.devices):
            self._room[kind, : len(room)] = room
        self._full = int(self._room.max(initial=0))
        count, milli = problem.share.T
        self.able = not ((count > 1) & (milli < self._full)).any() and all(map(self._single, problem.rules))
        offered = np.maximum(problem.capacity[problem.type_of].max(axis=0, initial=1), 1)
        demand = np.concatenate(
            [problem.demand / offered, (count * milli)[:, None] / max(1, self._full * self._devices)], 1
        )
        self._sizes = demand[:, demand.any(axis=0)]  # (C, resources that are asked for)

    def _single(self, rule: object) -> bool:
        """Keep a rule on the host, if it is about one class; say whether it could be."""
        if getattr(rule, "key", None) != HOST:
            return True
        problem = self._problem
        if isinstance(rule, Limit):
            members = problem.groups[rule.who].members
            if members.sum() == 1 and rule.resource < 0:
                left = rule.amount - problem.groups[rule.who].residents
                self._most[members] = np.minimum(self._most[members], np.maximum(left, 0))
                return True
        if isinstance(rule, Apart):
            who, whom = problem.groups[rule.who], problem.groups[rule.whom]
            alike = (who.members == whom.members).all() and who.members.sum() == 1
            if alike:
                self._most[who.members] = np.where(
                    who.residents + whom.residents, 0, np.minimum(self._most[who.members], 1)
                )
            return bool(alike)
        return False

    def contents(self, profit: Floats, orders: int, left: Ints | None = None) -> Ints:
        """Return int64 (T, orders, C), contents that are worth much.

        Parameters
        ----------
        profit
            float64 (C, T), the worth of a pod on a node of a type; classes below 0 are left out.
        left
            int64 (C,), how many pods of each class there are to place at most.
        """
        problem, types = self._problem, len(self._problem.capacity)
        most = self._most if left is None else np.minimum(self._most, left[:, None])
        rng = streams.generator(self._seed, "pricing", self._rounds)
        self._rounds += 1
        weights = rng.dirichlet(np.full(self._sizes.shape[1], 0.5), orders)
        weights[0] = 1 / self._sizes.shape[1]
        size = weights @ self._sizes.T + 1e-9  # (orders, C)
        gain = profit.T[:, None, :] * np.exp(rng.normal(0, 0.15, (types, orders, profit.shape[0])))
        density = np.where((profit.T[:, None, :] > 1e-9) & (most.T[:, None, :] > 0), gain / size, -1.0)
        ranked = np.argsort(-density, axis=2, kind="stable").reshape(types * orders, -1)
        depth = int((density > 0).sum(axis=2).max(initial=0))
        kinds = np.repeat(np.arange(types), orders)
        rows = np.arange(len(kinds))
        left, room = problem.capacity[kinds].copy(), self._room[kinds].copy()
        found = np.zeros((len(kinds), len(problem.count)), np.int64)
        for step in range(depth):
            cls = ranked[:, step]
            demand = problem.demand[cls]
            fits = np.where(demand > 0, left // np.maximum(demand, 1), np.iinfo(np.int64).max).min(axis=1)
            take = np.where(density.reshape(len(kinds), -1)[rows, cls] > 0, np.minimum(fits, most[cls, kinds]), 0)
            if self._devices:
                take = self._deal(room, problem.share[cls], take)
            left -= demand * take[:, None]
            found[rows, cls] = take
        return found.reshape(types, orders, -1)

    def _deal(self, room: Ints, share: Ints, take: Ints) -> Ints:
        """Take devices, the fullest that have room first; return how many pods get what they ask for."""
        count, milli = share[:, 0], share[:, 1]
        asking = (count > 0) & (take > 0)
        if not asking.any():
            return take
        room.sort(axis=1)
        whole = asking & (milli >= self._full)
        shares = asking & ~whole
        slots = np.where(asking[:, None], room // np.maximum(milli, 1)[:, None], 0)
        slots = np.where(whole[:, None], np.minimum(slots, 1), slots)
        take = np.where(whole, np.minimum(take, slots.sum(axis=1) // np.maximum(count, 1)), take)
        take = np.where(shares, np.minimum(take, slots.sum(axis=1)), take)
        wanted = take * count
        before = np.cumsum(slots, axis=1) - slots
        given = np.clip(wanted[:, None] - before, 0, slots)
        room -= given * np.where(asking, milli, 0)[:, None]
        return take
