"""How ``schedlab solve`` tells of a result: while it searches, as a table, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from schedlab.cli.console import print_table, printable
from schedlab.placement.misfits import misfits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement import Problem, Result
    from schedlab.placement.ledger import Ledger

SHOWN = 10  # classes that fit nowhere


def progress_line(ledger: Ledger) -> str:
    """Return the value, the bound and the gap of the level that is worked on."""
    index = min(ledger.open, len(ledger.levels) - 1)
    value = None if ledger.values is None else ledger.values[index]
    bound, level = ledger.bounds[index], ledger.levels[index]
    side = "at most" if level.sense > 0 else "at least"
    return f"{level.name} {_number(value)}, {side} {_number(bound)}, gap {_gap(value, bound)}"


def print_solution(found: Result, problem: Problem) -> None:
    """Print a result level by level, then how it came about and what has no node."""
    classes, types = problem.shape
    of = f"{len(problem.pods):,} pods of {_many(classes, 'class', 'classes')} on {len(problem.nodes):,} nodes"
    print_table(
        f"{problem.name}: {found.status}; {of} of {_many(types, 'type', 'types')}",
        ("objective", "value", "bound", "gap", "the bound is by"),
        list(_rows(found)),
        (0, 4),
    )
    typer.echo(f"method: {found.method or 'none'}")
    if found.reason:
        typer.echo(printable(f"why no further: {found.reason}"))
    typer.echo(f"took: {found.wall:.1f} s, {found.cpu:.1f} s of CPU, {found.memory / 2**20:,.0f} MiB")
    if found.objective is not None and found.unplaced:
        typer.echo(f"without a node: {_many(len(found.unplaced), 'pod', 'pods')}")
    nowhere = misfits(problem)
    for cls, why in list(nowhere.items())[:SHOWN]:
        pods = _pods(problem, cls)
        like = f" and {len(pods) - 1:,} like it" if len(pods) > 1 else ""
        typer.echo(printable(f"  {pods[0]}{like} can go nowhere: {why}"))
    if len(nowhere) > SHOWN:
        typer.echo(f"  and {_many(len(nowhere) - SHOWN, 'class', 'classes')} of pods more")


def as_json(found: Result, problem: Problem) -> dict[str, Any]:
    """Return a result for machines.

    ``objective`` and ``bound`` are those of the level that decides (for vector bin packing the number of bins),
    ``objectives`` and ``bounds`` those of all ``levels``.
    """
    index = found.decides
    return {
        "problem": found.problem,
        "status": found.status,
        "reason": found.reason,
        "level": found.levels[index],
        "objective": None if found.objective is None else found.objective[index],
        "bound": found.bound[index],
        "gap": found.gap,
        "levels": found.levels,
        "senses": found.senses,
        "objectives": found.objective,
        "bounds": found.bound,
        "kinds": found.kinds,
        "method": found.method,
        "wall_s": found.wall,
        "cpu_s": found.cpu,
        "work": found.work,
        "memory_bytes": found.memory,
        "seed": found.seed,
        "placement": {
            pod: {"node": node, "devices": [{"device": device, "milli": milli} for device, milli in devices]}
            for pod, (node, devices) in found.placement.items()
        },
        "unplaced": found.unplaced,
        "nowhere": {pod: why for cls, why in misfits(problem).items() for pod in _pods(problem, cls)},
        "trace": [each._asdict() for each in found.trace],
    }


def _rows(found: Result) -> Iterator[tuple[str, ...]]:
    values = found.objective or (None,) * len(found.levels)
    levels = zip(found.levels, found.senses, values, found.bound, found.kinds, strict=True)
    for name, sense, value, bound, kind in levels:
        side = "most" if sense > 0 else "least"
        yield f"{name} ({side})", _number(value), _number(bound), _gap(value, bound), kind or "-"


def _pods(problem: Problem, cls: int) -> list[str]:
    return [problem.pods[row] for row in np.flatnonzero(problem.class_of == cls).tolist()]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _gap(value: int | None, bound: int | None) -> str:
    if value is None or bound is None:
        return "-"
    return f"{100 * abs(bound - value) / max(abs(bound), abs(value), 1):.3g} %"


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
