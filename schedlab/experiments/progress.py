"""Progress of a suite in a notebook."""

from __future__ import annotations

import importlib
import sys
import time
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.experiments.execution import Progress
    from schedlab.experiments.task import Task

SECONDS = 0.2  # between two updates


def in_notebook() -> Progress | None:
    """Return what shows a bar below the running cell of a notebook; None where there is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    show: Any = importlib.import_module("IPython.display")
    handle, last = show.display(show.HTML(""), display_id=True), [0.0]

    def tell(done: int, total: int, running: Sequence[Task]) -> None:
        now = time.monotonic()
        if done == total or now - last[0] > SECONDS:
            last[0] = now
            handle.update(show.HTML(bar(done, total, ", ".join(map(str, running)))))

    return tell


def bar(done: int, total: int, doing: str) -> str:
    """Return a progress bar as HTML."""
    told = f"{done} of {total} runs <small>{escape(doing)}</small>"
    return f'<progress value="{done}" max="{max(total, 1)}"></progress> {told}'
