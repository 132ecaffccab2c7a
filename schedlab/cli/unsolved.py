"""What ``schedlab solve`` is given: a problem from a file of some format, or from a trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.errors import InputError
from schedlab.experiments.grid.trace import World
from schedlab.extensions import nearest
from schedlab.placement.origins import manifests as yaml
from schedlab.placement.origins import vbp as packing
from schedlab.placement.origins.workload import workload

if TYPE_CHECKING:
    from schedlab.placement import Problem

OBJECTIVE = ("priority", "nodes")
FORMATS = ("manifests", "vbp", "trace")
ENDING = ".vbp"


class Unsolved(NamedTuple):
    """A problem, the objective that it stands for, and remarks on what was left out."""

    problem: Problem
    objective: tuple[str, ...]
    notes: tuple[str, ...] = ()


def unsolved(where: str, format_: str | None, at: int | None, options: dict[str, Any], seed: int) -> Unsolved:
    """Return the problem of a file, a folder or a trace's name; of a trace at an instant (us), or of all its pods.

    Raises
    ------
    InputError
        If there is no such format, an option is of another one, or the file is refused.
    """
    if format_ is not None and format_ not in FORMATS:
        raise InputError(f"--format {format_!r}", mend=nearest(format_, FORMATS))
    chosen = format_ or _guess(Path(where))
    if chosen != "trace" and (at is not None or options):
        told = "--at" if at is not None else "--set"
        raise InputError(f"{told} is for traces, and {where} is read as {chosen}", mend="leave it out")
    try:
        if chosen == "vbp":
            return Unsolved(packing.vbp(where), packing.OBJECTIVE)
        if chosen == "manifests":
            found = yaml.manifests(where)
        else:
            found = workload(World.of(where, options, seed=seed).load(), at)
    except InputError as error:
        guess = _guess(Path(where))
        if format_ in (None, guess):
            raise
        raise InputError(f"read as {format_}, {error} (its name says {guess})") from error
    return Unsolved(found.problem, OBJECTIVE, found.notes)


def _guess(path: Path) -> str:
    """Return the format that a name stands for; a folder without manifests is a trace."""
    if path.suffix == ENDING:
        return "vbp"
    if path.suffix in yaml.ENDINGS:
        return "manifests"
    shown = path.is_dir() and not any(path.glob("pods.*")) and any(path.glob(f"*{each}") for each in yaml.ENDINGS)
    return "manifests" if shown else "trace"
