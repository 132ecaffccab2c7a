"""The file of a stored result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab import atomic
from schedlab.errors import InputError
from schedlab.placement.stored.fields import Damaged
from schedlab.placement.stored.problem import parts_of_problem, problem_from
from schedlab.placement.stored.result import parts_of_result, result_from

if TYPE_CHECKING:
    from pathlib import Path

    from schedlab.placement.problem import Problem
    from schedlab.placement.result import Result

VERSION = 1


def write(path: Path, problem: Problem, result: Result) -> None:
    """Write a result and its problem (with the phantoms that the objective added), whole or not at all.

    The plan is left out: it belongs to a cluster.
    """
    parts = {"version": VERSION, "problem": parts_of_problem(problem), "result": parts_of_result(result)}
    atomic.write(path, json.dumps(parts, default=_plain, allow_nan=False).encode() + b"\n")


def read(path: Path) -> tuple[Problem, Result]:
    """Return what `write` wrote.

    Raises
    ------
    InputError
        If the file is not there or damaged; it names the field.
    """
    try:
        parts = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON: {error}", file=path, mend="give a file that a solve has stored") from error
    version = parts.get("version") if isinstance(parts, dict) else None
    if version != VERSION:
        raise InputError(f"version {version!r}", file=path, field="version", mend=f"this reads version {VERSION}")
    try:
        problem = problem_from(parts.get("problem"))
        return problem, result_from(parts.get("result"), problem)
    except Damaged as damage:
        raise InputError(damage.problem, file=path, field=damage.field) from damage


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value.tolist()
