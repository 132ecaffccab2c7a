"""The synthetic generator, called by name; its options are those of `schedlab.workload.generate`."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from schedlab.workload.synthetic import generate

if TYPE_CHECKING:
    from pathlib import Path

    from schedlab.workload.workload import Workload

NAME = "generated"


def claims(folder: Path | None) -> bool:
    """Say that no files are needed."""
    return folder is None


@wraps(generate)
def load(_folder: Path | None, **options: Any) -> Workload:
    """Generate."""
    return generate(**options)
