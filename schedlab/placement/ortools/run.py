"""Runs a CP-SAT model: within a budget, to be stopped at any moment, the same for the same seed and work limit."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedlab.placement.budget import Budget, Slice

LOOK = 0.05  # seconds between looks at whether the budget was stopped
SMALL = 1_500  # variables
NOISE = 1e-9  # of a bound, which CP-SAT tells as a scaled float while it runs; its last one is an integer


class Run(cp_model.CpSolverSolutionCallback):
    """One run of CP-SAT.

    It runs in a thread of its own, with CP-SAT's handler of SIGINT off: so KeyboardInterrupt reaches the caller while
    CP-SAT searches, and what `Budget.stopped` says is heard in any thread. Errors in callbacks stop the search and are
    raised when it has ended.

    Attributes
    ----------
    status
        CP-SAT's, such as `cp_model.OPTIMAL`; FEASIBLE or UNKNOWN for whatever came of a run that was stopped.
    solution
        The values of all variables in their order; None: none found.
    bound
        What the objective, which is maximised, can be at most; None: not known.
    """

    def __init__(
        self,
        model: cp_model.CpModel,
        budget: Budget,
        seed: int,
        on_solution: Callable[[list[int]], None] | None = None,
        on_bound: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__()
        self._model, self._budget = model, budget
        self._on_solution, self._on_bound = on_solution, on_bound
        self._stopped, self._ended = False, threading.Event()
        self._error: BaseException | None = None
        self._solver = cp_model.CpSolver()
        self._solver.parameters.catch_sigint_signal = False
        self._solver.parameters.random_seed = seed % 2**31
        # small: one worker with all constraints in its LP proves most, for the least work; large: it finds too little
        small = len(model.proto.variables) <= SMALL
        workers = 1 if small else budget.workers
        self._solver.parameters.num_workers = workers
        self._solver.parameters.linearization_level = 2 if small else 1
        # several workers are deterministic only if they take turns, which costs some speed
        self._solver.parameters.interleave_search = workers > 1 and budget.time_limit is None
        self.status = cp_model.UNKNOWN
        self.solution: list[int] | None = None
        self.bound: int | None = None

    def solve(self, limits: Slice, *, fix_hints: bool = False) -> Run:
        """Search until the optimum is proven or a limit comes; charge the budget.

        Parameters
        ----------
        fix_hints
            Whether variables with a hint are fixed to it.
        """
        parameters = self._solver.parameters
        parameters.fix_variables_to_their_hinted_value = fix_hints
        if limits.seconds is not None:
            parameters.max_time_in_seconds = limits.seconds
        if limits.work is not None:
            parameters.max_deterministic_time = limits.work
        if self._on_bound is not None:
            self._solver.best_bound_callback = self._better_bound
        threading.Thread(target=self._search, name="CP-SAT").start()
        try:  # waits for an event: Thread.join, interrupted, may take a running thread for ended
            while not self._ended.wait(LOOK):
                if self._budget.stopped:
                    self._stop()
        finally:
            self._end()
        if self._error is not None:
            raise self._error
        return self

    def _end(self) -> None:
        """Stop, again and again: a stop before CP-SAT has begun is not heard, and more interrupts ask for the same."""
        while not self._ended.is_set():
            with contextlib.suppress(KeyboardInterrupt):
                self._stop()
                self._ended.wait(LOOK)

    def _search(self) -> None:
        try:
            self.status = self._solver.solve(self._model, self)
            self._budget.charge(self._solver.deterministic_time)
            if self.status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                self.solution = list(self._solver.response_proto.solution)
                if not self._stopped:
                    self.bound = -self._solver.response_proto.inner_objective_lower_bound  # CP-SAT minimises
            if self._stopped:  # CP-SAT may call a search that was stopped complete
                self.status = cp_model.UNKNOWN if self.solution is None else cp_model.FEASIBLE
        except BaseException as error:  # raised again in the caller's thread
            self._error = self._error or error
        finally:
            self._ended.set()

    def _stop(self) -> None:
        self._stopped = True
        self._solver.stop_search()

    def on_solution_callback(self) -> None:
        """Hand a better solution on."""
        self._guarded(self._on_solution, list(self.response_proto.solution))

    def _better_bound(self, bound: float) -> None:
        if math.isfinite(bound):
            self.bound = math.floor(bound + NOISE * max(1.0, abs(bound)))  # 14 may come as 13.999999999999998
            self._guarded(self._on_bound, self.bound)

    def _guarded(self, told: Callable[[Any], None] | None, what: object) -> None:
        if told is None or self._error is not None:
            return
        try:
            told(what)
        except BaseException as error:  # an exception must not go through C++
            self._error = error
            self._stop()
