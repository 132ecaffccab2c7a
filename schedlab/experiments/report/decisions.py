"""The decision diff of two runs, as a section of a page."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from schedlab.experiments.report.html import details, figure, figures, table
from schedlab.plots import divergence

if TYPE_CHECKING:
    from schedlab.metrics.diff import Decision, Diff
    from schedlab.record import Run

SHOWN = 30  # pods that were treated differently


def decisions(a: Run, b: Run, found: Diff, names: tuple[str, str]) -> str:
    """Return where two runs part, who moved, and the first pods that they treat differently."""
    note = f'<p class="soft">{escape(found.note)}.</p>\n' if found.note else ""
    if found.first is None:
        return f"{note}<p>All decisions are the same.</p>\n"
    told = [f"{escape(line)}" for line in sentences(found, names)]
    moved = found.differing(SHOWN)
    headings = ["pod", f"{names[0]}: node", "bound at (s)", f"{names[1]}: node", "bound at (s)"]
    rows = [
        [str(row["pod"]), _node(row["node_a"]), _time(row["bound_a"]), _node(row["node_b"]), _time(row["bound_b"])]
        for row in moved.to_dict("records")
    ]
    title = f"The first {len(rows)} pods that they treat differently"
    caption = f"Share of the pods placed so far, by both, that {names[1]} put on another node than {names[0]}."
    return (
        note
        + f"<ul>\n{''.join(f'<li>{line}</li>' for line in told)}\n</ul>\n"
        + figures([figure("Divergence", caption, divergence(a, b, found))])
        + (details(title, table(headings, rows, kind="texts", caption=title)) if rows else "")
    )


def sentences(found: Diff, names: tuple[str, str]) -> list[str]:
    """Return the diff in words."""
    first = found.first
    told = []
    if first is not None:
        again = f", attempt {first.attempt}" if first.attempt else ""
        sides = "; ".join(f"{name}: {_decided(side)}" for name, side in zip(names, (first.a, first.b), strict=True))
        told.append(f"First divergence at {first.time / 1e6:g} s, pod {first.pod}{again}: {sides}.")
    if not math.isnan(found.same_share):
        told.append(
            f"{found.same:,} of {found.same + found.moved:,} pods that both placed are on the same node "
            f"({100 * found.same_share:.1f} %); {found.moved:,} moved."
        )
    waits = ((found.only_b, names[0], names[1]), (found.only_a, names[1], names[0]))
    told += [f"{count:,} pods wait under {name} that {other} places." for count, name, other in waits if count]
    return told


def _decided(decision: Decision | None) -> str:
    if decision is None:
        return "nothing more about it"
    node = f" {decision.node}" if decision.node else ""
    return f"{decision.verb}{node} at {decision.time / 1e6:g} s" + (f" ({decision.reason})" if decision.reason else "")


def _node(name: Any) -> str:
    return "waits" if pd.isna(name) else str(name)


def _time(time: Any) -> str:
    return "-" if pd.isna(time) else f"{int(time) / 1e6:,.6g}"
