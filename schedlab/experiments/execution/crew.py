"""Carrying out tasks on a `concurrent.futures.Executor`: a pool of processes unless another is given."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from multiprocessing import connection
from typing import TYPE_CHECKING

from schedlab.errors import SchedlabError
from schedlab.experiments.execution.prepare import Preparation
from schedlab.experiments.store import StoreFull
from schedlab.experiments.task import Outcome, Ready, Task, carry_out, failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from schedlab.experiments.store import Store

Progress = Callable[[int, int, Sequence[Task]], None]  # done, total, running

DIED = "its worker process died (killed, out of memory, or a script without `if __name__ == '__main__':`)"
KILLED = ("KilledWorker", "BrokenProcessPool", "BrokenThreadPool")  # what executors call a worker's death


def execute(
    tasks: Sequence[Task],
    store: Store,
    *,
    workers: int,
    fresh: bool = False,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Carry out tasks and return their outcomes in the same order.

    Parameters
    ----------
    tasks
        Grouped by world: each is loaded once, and a worker keeps the last workload it read.
    store
        Where runs and workloads are.
    workers
        Tasks under way at a time; 1 without an executor: all in this process.
    fresh
        Make runs that are stored already once more.
    executor
        Where to run; it is not shut down here.
    progress
        Called with the number done, the total and the tasks under way, whenever one begins or ends.

    Raises
    ------
    StoreFull
        The disk is full.
    """
    tell: Progress = progress or (lambda *_: None)
    away = [task for task in tasks if task.contender.given is None]
    if executor is None and workers == 1:
        away = []
    home = [task for task in tasks if task not in set(away)]
    found: dict[Task, Outcome] = {}
    ready = Preparation(store, fresh=fresh).ready
    if away:
        crew = _Crew(workers, executor)
        try:
            for outcome in crew.work(ready(away), lambda done, running: tell(done, len(tasks), running)):
                found[outcome.task] = outcome
        except BaseException:
            crew.dismiss()
            raise
        crew.close()
    for task, item in zip(home, ready(home), strict=True):
        tell(len(found), len(tasks), [task])
        found[task] = carry_out(item) if isinstance(item, Ready) else item
    tell(len(found), len(tasks), [])
    return [found[task] for task in tasks]


class _Crew:
    """Workers on an executor; a process pool that breaks is replaced, and only the task that broke it is lost."""

    def __init__(self, workers: int, executor: Executor | None) -> None:
        self.workers, self.given = workers, executor
        self.others = set(multiprocessing.active_children())
        self.running: dict[Future[Outcome], Ready] = {}
        self.pool: Executor | None = executor  # opened when it is first needed: all may be stored already

    def work(self, source: Iterator[Ready | Outcome], tell: Callable[[int, list[Task]], None]) -> Iterator[Outcome]:
        """Yield outcomes as they come. Who was under way when a pool broke is tried again, alone."""
        suspects, running, done = deque[Ready](), self.running, 0
        more = True
        while more or suspects or running:
            alone = bool(suspects) and not running
            if alone:
                ready = suspects.popleft()
                running[self._submit(ready)] = ready
            while more and not suspects and not alone and len(running) < self.workers:
                item = next(source, None)
                more = item is not None
                if isinstance(item, Ready):
                    running[self._submit(item)] = item
                elif item is not None:
                    done += 1
                    yield item
                tell(done, [ready.task for ready in running.values()])
            if not running:
                continue
            ended = wait(running, return_when=FIRST_COMPLETED).done
            if any(isinstance(future.exception(), BrokenExecutor) for future in ended):
                ended = wait(running).done
                self.close()
            for future in ended:
                ready, error = running.pop(future), future.exception()
                if isinstance(error, BrokenExecutor) and not alone and self.given is None:
                    suspects.append(ready)
                    continue
                done += 1
                yield _outcome(ready.task, future)
            tell(done, [ready.task for ready in running.values()])

    def _submit(self, ready: Ready) -> Future[Outcome]:
        try:
            with _no_interrupts():
                if self.pool is None:
                    spawn = multiprocessing.get_context("spawn")
                    self.pool = ProcessPoolExecutor(self.workers, mp_context=spawn, initializer=_begin)
                return self.pool.submit(carry_out, ready)
        except BrokenExecutor as error:  # it broke while idle
            broken = Future[Outcome]()
            broken.set_exception(error)
            return broken

    def close(self) -> None:
        """Wait for the workers to end."""
        if self.given is None and self.pool is not None:
            self.pool.shutdown()
            self.pool = None

    def dismiss(self) -> None:
        """End the workers at once, and what they are doing; of an executor that was given, what has not begun."""
        for future in self.running:
            future.cancel()
        if self.given is None and self.pool is not None:
            for process in set(multiprocessing.active_children()) - self.others:
                process.terminate()
            self.pool.shutdown(cancel_futures=True)  # waits: the pool's thread must not close what the exit still uses


def _outcome(task: Task, future: Future[Outcome]) -> Outcome:
    """Return what a worker found, or why it found nothing."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, StoreFull):
        raise error
    return failed(task, SchedlabError(DIED) if type(error).__name__ in KILLED else error, error)


def _begin() -> None:
    """Leave Ctrl-C to the parent, which ends its workers itself; and end with it, should it be killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Let processes that start here be born deaf to Ctrl-C: they would print a traceback while they import."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
