"""Carrying out tasks on a `concurrent.futures.Executor`: a pool of processes unless another is given."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING

from schedlab.experiments.task import Outcome, Task, carry_out, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    Progress = Callable[[int, int, Sequence[Task]], None]  # done, total, running

DIED = "its worker process died (killed, out of memory, or a script without `if __name__ == '__main__':`)"


def execute(
    tasks: Sequence[Task],
    runs: Path,
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
        Grouped by workload: a worker keeps the last one it loaded.
    runs
        Folder of the stored runs.
    workers
        Tasks under way at a time; 1 without an executor: all in this process.
    fresh
        Make runs that are stored already once more.
    executor
        Where to run; it is not shut down here.
    progress
        Called with the number done, the total and the tasks under way, whenever one begins or ends.
    """
    tell: Progress = progress or (lambda *_: None)
    if executor is None and workers == 1:
        outcomes = []
        for done, task in enumerate(tasks):
            tell(done, len(tasks), [task])
            outcomes.append(carry_out(task, runs, fresh))
        tell(len(tasks), len(tasks), [])
        return outcomes
    crew = _Crew(workers, executor)
    try:
        found = dict(crew.work(tasks, runs, fresh, tell))
    except BaseException:
        crew.dismiss()
        raise
    crew.close()
    return [found[task] for task in tasks]


class _Crew:
    """Workers on an executor; a process pool that breaks is replaced, and only the task that broke it is lost."""

    def __init__(self, workers: int, executor: Executor | None) -> None:
        self.workers, self.given = workers, executor
        self.others = set(multiprocessing.active_children())
        self.pool = self._open()

    def _open(self) -> Executor:
        spawn = multiprocessing.get_context("spawn")
        return self.given or ProcessPoolExecutor(self.workers, mp_context=spawn, initializer=_ignore_interrupts)

    def work(self, tasks: Sequence[Task], runs: Path, fresh: bool, tell: Progress) -> Iterator[tuple[Task, Outcome]]:
        """Yield each task's outcome as it comes. Who was under way when a pool broke is tried again, alone."""
        waiting, suspects, running, done = deque(tasks), deque[Task](), dict[Future[Outcome], Task](), 0
        while waiting or suspects or running:
            alone = bool(suspects) and not running
            free = 0 if suspects else self.workers - len(running)
            for task in [suspects.popleft()] if alone else [waiting.popleft() for _ in range(min(free, len(waiting)))]:
                running[self._submit(task, runs, fresh)] = task
            tell(done, len(tasks), list(running.values()))
            ended = wait(running, return_when=FIRST_COMPLETED).done
            if any(isinstance(future.exception(), BrokenExecutor) for future in ended):
                ended = wait(running).done
                self.close()
                self.pool = self._open()
            for future in ended:
                task, error = running.pop(future), future.exception()
                if isinstance(error, BrokenExecutor) and not alone and self.given is None:
                    suspects.append(task)
                    continue
                done += 1
                died = DIED if isinstance(error, BrokenExecutor) else reason(error) if error else ""
                yield task, Outcome(task, error=died) if error else future.result()
        tell(done, len(tasks), [])

    def _submit(self, task: Task, runs: Path, fresh: bool) -> Future[Outcome]:
        try:
            with _no_interrupts():
                return self.pool.submit(carry_out, task, runs, fresh)
        except BrokenExecutor as error:  # it broke while idle
            broken = Future[Outcome]()
            broken.set_exception(error)
            return broken

    def close(self) -> None:
        """Wait for the workers to end."""
        if self.given is None:
            self.pool.shutdown()

    def dismiss(self) -> None:
        """End the workers at once, and what they are doing."""
        if self.given is None:
            for process in set(multiprocessing.active_children()) - self.others:
                process.terminate()
            self.pool.shutdown(cancel_futures=True)  # waits: the pool's thread must not close what the exit still uses


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which ends the workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
