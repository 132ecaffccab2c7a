"""Runs of all kinds, drawn: pods that wait, run, are lost and come back, nodes that come and go, in whole seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from handmade import SECOND, made_run
from hypothesis import strategies as st

if TYPE_CHECKING:
    from schedlab.record import Run

END = 40
REQUESTS = ({"req.cpu": 300, "req.memory": 100}, {"req.cpu": 100, "req.memory": 450}, {"req.cpu": 0, "req.memory": 0})


class Drawn(NamedTuple):
    """A run, and what it was made of: dicts of whole seconds, as in `made_run`."""

    run: Run
    attempts: list[dict[str, Any]]
    nodes: list[dict[str, Any]]
    samples: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    start: int  # of the measured time
    end: int


@st.composite
def runs(draw: st.DrawFn) -> Drawn:
    """Draw a run of a few pods and nodes; some times lie beyond the horizon."""
    attempts, decisions = [], []
    for pod in range(draw(st.integers(1, 6))):
        rows = draw(_pod(pod))
        attempts += rows
        for row in rows:
            if row["reason"] != "" and row["bound"] is not None:
                decisions.append({"time": row["finished"], "verb": "evict", **row, "node": row["node"]})
            elif row["bound"] is not None:
                decisions.append({"time": row["bound"], "verb": "bind", **row})
    nodes = draw(st.lists(_node(), min_size=1, max_size=4))
    samples = draw(_samples())
    horizon = draw(st.none() | st.integers(20, END))
    end = END if horizon is None else horizon
    start = draw(st.just(0) | st.integers(0, end - 1))
    columns = ("time", "pod", "attempt", "node", "verb", "reason")
    decisions = [{name: row[name] for name in columns} for row in sorted(decisions, key=lambda row: row["time"])]
    run = made_run(
        attempts, nodes, samples, decisions, resources=("cpu", "memory"), end=END * SECOND,
        horizon=None if horizon is None else horizon * SECOND,
    )  # fmt: skip
    return Drawn(run.trimmed(start * SECOND), attempts, nodes, samples, decisions, start, end)


@st.composite
def _pod(draw: st.DrawFn, pod: int) -> list[dict[str, Any]]:
    initial, template = draw(st.booleans()), draw(st.integers(0, 2))
    submit = 0 if initial else draw(st.integers(0, END))
    facts = {
        "pod": pod, "submit": submit, "initial": initial, "template": template, **REQUESTS[template],
        "duration": draw(st.none() | st.integers(1, 25)), "tenant": draw(st.sampled_from([None, "a", "b"])),
        "priority": draw(st.integers(0, 2)), "walltime": draw(st.none() | st.integers(1, 25)),
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    queued = submit
    while True:
        row = facts | {"attempt": len(rows), "queued": queued, "bound": None, "started": None, "finished": None}
        row |= {"phase": "Pending", "reason": "", "node": None}
        rows.append(row)
        at_once = initial and not row["attempt"] and draw(st.booleans())
        bound = queued + (0 if at_once else draw(st.integers(0, 15)))
        lost = draw(st.booleans()) and len(rows) < 3
        if draw(st.booleans()) and not at_once:
            if draw(st.booleans()):
                row |= {"phase": "Failed", "finished": bound}  # given up
            return rows
        started = bound + draw(st.integers(0, 2))
        row |= {"bound": bound, "started": started, "phase": "Running", "node": f"n{draw(st.integers(0, 3))}"}
        if lost:
            reason = draw(st.sampled_from(["Evicted", "Preempted", "NodeLost"]))
            row |= {"finished": started + draw(st.integers(0, 5)), "phase": "Failed", "reason": reason}
            queued = row["finished"] + draw(st.integers(0, 3))
            continue
        ends = [(row["duration"], "Succeeded", ""), (row["walltime"], "Failed", "DeadlineExceeded")]
        ends = [(started + end[0], *end[1:]) for end in ends if end[0] is not None and started + end[0] <= END]
        if ends:
            row |= dict(zip(("finished", "phase", "reason"), min(ends, key=lambda end: end[0]), strict=True))
        return rows


@st.composite
def _node(draw: st.DrawFn) -> dict[str, Any]:
    added = draw(st.integers(0, 30))
    removed = draw(st.none() | st.integers(added, END))
    amounts = {"alloc.cpu": draw(st.integers(1, 1000)), "alloc.memory": draw(st.integers(0, 1000))}
    name, price = f"n{draw(st.integers(0, 3))}", draw(st.integers(0, 4))
    return {"node": name, "added": added, "removed": removed, "price": price / 2, **amounts}


@st.composite
def _samples(draw: st.DrawFn) -> list[dict[str, Any]]:
    times = sorted(draw(st.sets(st.integers(1, END), max_size=5)) | {0})
    amounts = st.integers(0, 1000)
    kinds = ("alloc", "limits", "usage", "stranded")
    return [{"time": t, **{f"{k}.{r}": draw(amounts) for k in kinds for r in ("cpu", "memory")}} for t in times]
