"""Runs written by hand: every attempt, node and sample is given, the rest is filled in."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from schedlab.record import Run

SECOND = 1_000_000
TIMES = {"time", "submit", "duration", "walltime", "queued", "bound", "started", "finished", "added", "removed"}
TEXTS = {"name", "node", "zone", "rack", "tenant", "job", "phase", "verb", "reason", "kind", "subject", "detail"}


def made_run(
    attempts: list[dict[str, Any]],
    nodes: list[dict[str, Any]] | None = None,
    samples: list[dict[str, Any]] | None = None,
    decisions: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    *,
    resources: tuple[str, ...] = ("cpu",),
    **manifest: Any,
) -> Run:
    """Return a Run; times are given in seconds, everything left out has a plain default."""
    pods = [{**_attempt(row, resources), **row} for row in attempts]
    place = {"zone": "z", "rack": "r", "added": 0, "removed": None, **{f"alloc.{name}": 1000 for name in resources}}
    nodes = [{"node": f"n{i}", **place, **row} for i, row in enumerate(nodes or [{}])]
    rows = [{"time": 0, "pending": 0, "running": 0, **_amounts(resources), **row} for row in samples or [{}]]
    full = {
        "schedlab": "0.1.0",
        "workload": {"name": "made", "digest": "d" * 64, "report": {}},
        "scheduler": "kubernetes",
        "profile": {},
        "seed": 0,
        "decision_hash": "h" * 64,
        "timings": {"wall_s": 1.0, "cpu_s": 1.0, "scheduling_cpu_s": 0.5, "decisions": len(pods)},
        "host": {"python": "3.11"},
        "end": 100 * SECOND,
        "horizon": None,
        "resources": list(resources),
        "pods": len({row["pod"] for row in pods}),
        "initial": sum(row["initial"] for row in pods),
    }
    tables = {
        "pods": _table(pods, ()),
        "nodes": _table(nodes, ()),
        "decisions": _table(decisions or [], ("time", "pod", "attempt", "node", "verb", "reason")),
        "events": _table(events or [], ("time", "kind", "subject", "detail")),
        "samples": _table(rows, ()),
    }
    return Run(tables=tables, manifest={**full, **manifest})


def _attempt(row: dict[str, Any], resources: tuple[str, ...]) -> dict[str, Any]:
    bound, finished = row.get("bound"), row.get("finished")
    phase = "Pending" if bound is None else "Running" if finished is None else "Succeeded"
    times = {"submit": 0, "queued": row.get("submit", 0), "bound": None, "started": bound, "finished": None}
    facts = {"attempt": 0, "template": 0, "priority": 0, "initial": False, "phase": phase, "reason": ""}
    node = None if bound is None else "n0"
    owners = {"tenant": None, "job": None}
    return {"name": f"pod-{row['pod']}", **owners, **times, **facts, "node": node, "bytes_moved": 0, "distance": 0} | {
        f"req.{name}": 100 for name in resources
    }


def _amounts(resources: tuple[str, ...]) -> dict[str, int]:
    amounts = {"alloc": 1000, "used": 0, "limits": 0, "usage": 0, "stranded": 0}
    return {f"{kind}.{name}": value for name in resources for kind, value in amounts.items()}


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pa.Table:
    """Return a table with at least these columns; what is a time goes from seconds to microseconds."""
    arrays: dict[str, pa.Array] = {}
    for name in dict.fromkeys((*columns, *(key for row in rows for key in row))):
        values = [row.get(name) for row in rows]
        if name in TIMES:
            values = [None if value is None else round(value * SECOND) for value in values]
        kinds = {"initial": pa.bool_(), "price": pa.float64()}
        kind = pa.string() if name in TEXTS else kinds.get(name, pa.int64())
        array = pa.array(values, kind)
        arrays[name] = array.dictionary_encode() if name in ("tenant", "job", "phase", "verb", "reason") else array
    return pa.table(arrays)
