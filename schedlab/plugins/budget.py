"""Budget: how long one call of a plug-in may take."""

from __future__ import annotations

import functools
import math
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schedlab.plugins.plugin import Plugin

SECONDS = 60.0  # far more than any rule needs, so that a busy machine fails no run
CALLS = (
    "filter",
    "score",
    "prepare",
    "reasons",
    "assign",
    "setup",
    "order",
    "lane",
    "lane_key",
    "backfill",
    "together",
)


class _Overtime(BaseException):
    """Not an Exception, so that no rule takes it for one of its own."""


class Budget:
    """Wall time for each call, seconds; what takes longer raises TimeoutError out of the call.

    A call that never returns is interrupted where that can be done: in the main thread of a process, on systems with
    interval timers, between two steps of Python. Elsewhere it is found out when it returns.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        if not seconds > 0:
            raise ValueError(f"a time budget of {seconds:g} s; give a positive number of seconds")
        self.seconds = seconds
        self._since: float | None = None  # when the call under way began

    def guard(self, plugin: Plugin) -> Plugin:
        """Return a plug-in whose calls are held to the budget."""
        calls: dict[str, Any] = {name: getattr(plugin, name) for name in CALLS}
        timed: dict[str, Any] = {name: self.timed(call) for name, call in calls.items() if call is not None}
        if (backfill := timed.get("backfill")) is not None:
            timed["backfill"] = lambda *arguments: _Watched(backfill(*arguments), self)
        return replace(plugin, **timed)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Interrupt calls that are past their budget, while this lasts."""
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
            yield
            return
        tick = min(self.seconds / 4, 1.0)
        former = signal.signal(signal.SIGALRM, self._interrupt)
        timer = signal.setitimer(signal.ITIMER_REAL, tick, tick)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, *timer)
            signal.signal(signal.SIGALRM, former)

    def _interrupt(self, *_: object) -> None:
        if self._since is not None and time.monotonic() - self._since > self.seconds:
            raise _Overtime

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is held to the budget."""

        @functools.wraps(call, updated=())
        def timed(*arguments: Any) -> Any:
            try:
                answer, seconds = self._measured(call, arguments)
            except _Overtime:
                seconds = math.inf
            if seconds > self.seconds:
                raise TimeoutError(f"the call took more than {self.seconds:g} s, its time budget")
            return answer

        return timed

    def _measured(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
        outer, start = self._since, time.monotonic()
        self._since = start
        try:
            return call(*arguments), time.monotonic() - start
        finally:
            self._since = outer


class _Watched:
    """What a backfilling policy gave for a run, its calls held to the budget as well."""

    def __init__(self, work: Any, budget: Budget) -> None:
        self._work = work
        for name in ("begin", "allows", "room", "waits"):
            setattr(self, name, budget.timed(getattr(work, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)
