"""An explanation as text: the verdict, the nodes that a pod may go to with their scores, and why not to the others."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from schedlab.cli.console import print_table, printable, width
from schedlab.cli.evictions import preemption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMED = 3  # nodes named in a sentence
LINE = 20  # characters of a heading's line
PARTS = ("raw", "normalised", "weighted")


def print_explanation(answer: dict[str, Any], pod: str, profile: str, top: int, priorities: Mapping[str, int]) -> None:
    """Print what `schedlab.explain` found: at most ``top`` nodes one by one, then only counts.

    ``priorities`` are those of bound pods by namespace/name.
    """
    rejected = {node: status for node, status in answer["filter"].items() if not status["ok"]}
    count, feasible = len(answer["filter"]), len(answer["filter"]) - len(rejected)
    lines = [f"{pod} under {profile}: {feasible:,} of {_nodes(count)} feasible", _verdict(answer, rejected)]
    more = [f"scores skipped for this pod: {', '.join(skipped)}"] if (skipped := answer.get("scoreSkipped")) else []
    if (found := answer.get("postFilter")) is not None:
        more += list(preemption(found, priorities))
    for told in more:
        lines += textwrap.wrap(told, width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    for line in lines:
        typer.echo(printable(" ".join(line.split()) if line[:1] != " " else line))
    typer.echo()
    if feasible:
        _print_scores(answer, top)
    if rejected:
        _print_rejected(rejected, top)


def _verdict(answer: dict[str, Any], rejected: dict[str, Any]) -> str:
    best = answer["best"]
    if (rejected_by := answer.get("preFilter")) is not None:
        return f"it fits nowhere, whatever the node: {', '.join(rejected_by['reasons'])}"
    if not best:
        counts = Counter(reason for status in rejected.values() for reason in status["reasons"])
        reasons = ", ".join(sorted(f"{number:,} {reason}" for reason, number in counts.items()))
        return f"it fits nowhere: {reasons}" if reasons else "it fits nowhere"
    total = _number(answer["total"][best[0]])
    if len(best) == 1:
        return f"best: {best[0]}, total {total}"
    return f"best: {_nodes(len(best))} tie with total {total}: {_list(best, NAMED)}"


def _print_scores(answer: dict[str, Any], top: int) -> None:
    """Print the feasible nodes by total, the scores beside one another, or below if the line is too short for that."""
    totals = answer["total"]
    order = sorted(totals, key=lambda node: -totals[node])  # equals stay in the order of the nodes
    places = {total: place for place, total in reversed(list(enumerate((totals[node] for node in order), start=1)))}
    shown = order[:top]
    scores = {name: _cells(score, shown) for name, score in answer.get("scores", {}).items()}
    weights = {name: _number(score["weight"]) for name, score in answer.get("scores", {}).items()}
    heads = [(str(places[totals[node]]), node, _number(totals[node])) for node in shown]
    title = f"feasible nodes by total{_of(len(shown), len(order))}"
    blocks = {name: _block(rows) for name, rows in scores.items()}
    wide = [("#", "node", "total", *(_heading(name, weights[name], block[0]) for name, block in blocks.items()))]
    wide += [(*head, *(block[i + 1] for block in blocks.values())) for i, head in enumerate(heads)]
    if _fits(wide):
        print_table(title, wide[0], wide[1:], (1,))
        return
    tall: list[tuple[str, ...]] = []
    for i, (place, node, total) in enumerate(heads):
        tall.append((place, node, "", "", "", total))
        tall += [("", f"  {name}", *cells[i][:2], weights[name], cells[i][2]) for name, cells in scores.items()]
    print_table(title, ("#", "node, scores", "raw", "norm.", "weight", "weighted"), tall, (1,))


def _fits(table: Sequence[Sequence[str]]) -> bool:
    """Return whether a line has room for a table, given with its headings."""
    columns = zip(*table, strict=True)
    return sum(1 + max(len(line) for cell in column for line in cell.split("\n")) for column in columns) <= width()


def _cells(score: dict[str, Any], nodes: list[str]) -> list[tuple[str, str, str]]:
    raw, normal, weight = score["raw"], score["normalized"], score["weight"]
    return [(_number(raw[node]), _number(normal[node]), _number(normal[node] * weight)) for node in nodes]


def _block(rows: list[tuple[str, str, str]]) -> list[str]:
    """Return the three figures of a score in one cell for each node, after their heading, all aligned."""
    lines = [PARTS, *rows]
    widths = [max(len(line[part]) for line in lines) for part in range(len(PARTS))]
    return [" ".join(text.rjust(size) for text, size in zip(line, widths, strict=True)) for line in lines]


def _heading(name: str, weight: str, parts: str) -> str:
    """Return the heading of a score's column, a long name broken before capitals and underscores."""
    lines = [""]
    for word in re.findall(r"[A-Z]*[^A-Z_]*_?|_", printable(name)):
        if lines[-1] and len(lines[-1]) + len(word) > max(LINE, len(parts)):
            lines.append("")
        lines[-1] += word
    return "\n".join([*lines, f"weight {weight}", parts])


def _print_rejected(rejected: dict[str, Any], top: int) -> None:
    """Print why nodes are not feasible: each, or if they are many, those with the same reasons together."""
    title = f"{_nodes(len(rejected))} rejected, by the first filter that does"
    if len(rejected) <= top:
        print_table(title, ("node", *WHY), [(node, *_why(status)) for node, status in rejected.items()], (0, 1, 2, 3))
        return
    groups: dict[tuple[str, str, str], list[str]] = {}
    for node, status in rejected.items():
        groups.setdefault(_why(status), []).append(node)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    table: list[tuple[str, ...]] = [("nodes", *WHY, "such as")]
    table += [(f"{len(nodes):,}", *why, nodes[0]) for why, nodes in largest[:top]]
    if not _fits(table):
        table = [row[:-1] for row in table]
    print_table(title + _of(len(table) - 1, len(largest)), table[0], table[1:], (1, 2, 3, 4))


WHY = ("filter", "reasons", "eviction\ncould help")


def _why(status: dict[str, Any]) -> tuple[str, str, str]:
    helps = "yes" if status["code"] == "Unschedulable" else "no"
    return status.get("plugin", ""), "\n".join(status["reasons"]), helps


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _nodes(count: int) -> str:
    return f"{count:,} node{'' if count == 1 else 's'}"


def _of(shown: int, count: int) -> str:
    return f" (the first {shown:,} of {count:,})" if shown < count else ""


def _list(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
