"""Execution: tasks to outcomes, on any `concurrent.futures.Executor`.

prepare     a task's workload into the store, and what is stored already
crew        workers, who they are when one dies
executors   what ``--executor`` names
"""

from schedlab.experiments.execution.crew import Progress, execute
from schedlab.experiments.execution.executors import executor_of

__all__ = ["Progress", "execute", "executor_of"]
