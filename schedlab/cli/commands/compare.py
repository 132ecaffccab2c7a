"""``schedlab compare``: two runs, their metrics side by side and where their decisions part."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from schedlab import atomic
from schedlab.cli.console import print_json, print_table
from schedlab.errors import InputError
from schedlab.experiments.contrast import measured
from schedlab.experiments.report import contrast
from schedlab.experiments.report.decisions import sentences
from schedlab.metrics.diff import Diff, diff
from schedlab.record import Run


def compare(
    a: Annotated[Path, typer.Argument(help="Folder of a run.")],
    b: Annotated[Path, typer.Argument(help="Folder of another run of the same workload.")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with figures too.")] = None,
    most: Annotated[int, typer.Option(min=0, help="Pods to list that went to different nodes.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two runs of one workload.

    Their metrics side by side, their first different decision, who moved.

    Example: schedlab compare runs/kubernetes runs/best_fit --html diff.html
    """
    runs = Run.load(a), Run.load(b)
    names = _names(runs, (a, b))
    if html is not None and (html.is_dir() or not html.parent.is_dir()):
        raise InputError("no page can be written there", file=html, mend="name a file in a folder that exists")
    found = _diff(runs, (a, b))
    if html is not None:
        atomic.write(html, contrast(*runs, found, names).encode())
    if as_json:
        print_json(_as_json(runs, names, found, most, html))
        return
    rows = [[each.metric, each.a_text, each.b_text, each.difference] for each in measured(*runs)]
    print_table(str(runs[0].manifest["workload"]["name"]), ["metric", *names, "difference"], rows)
    for line in (
        filter(None, (found.note, *sentences(found, names))) if found.first else ["All decisions are the same."]
    ):
        typer.echo(line)
    _print_moved(found, names, most)
    if html is not None:
        typer.echo(f"page: {html}")


def _names(runs: tuple[Run, Run], folders: tuple[Path, Path]) -> tuple[str, str]:
    """Return what to call the runs: by their schedulers, or where these are the same by their folders."""
    first, second = (str(run.manifest["scheduler"]) for run in runs)
    return (first, second) if first != second else (str(folders[0]), str(folders[1]))


def _diff(runs: tuple[Run, Run], folders: tuple[Path, Path]) -> Diff:
    """Return where two runs differ; where they cannot be compared, say in what their workloads do."""
    try:
        return diff(*runs)
    except InputError as error:
        first, second = (_workload(run) for run in runs)
        if first["digest"] == second["digest"]:
            raise
        differing = ", ".join(
            f"{fact} {first[fact]} and {second[fact]}" for fact in first if first[fact] != second[fact]
        )
        told = f"{folders[0]} and {folders[1]} are runs of different workloads ({differing})"
        raise InputError(told, mend="compare two runs of one workload") from error


def _workload(run: Run) -> dict[str, Any]:
    """Return what tells a run's workload from others."""
    workload = run.manifest["workload"]
    seed = workload["report"].get("seed")
    return {"name": workload["name"], "seed": seed, "pods": run.manifest["pods"], "digest": workload["digest"][:8]}


def _print_moved(found: Diff, names: tuple[str, str], most: int) -> None:
    moved = found.differing(most)
    if len(moved):
        typer.echo("")
        rows = moved[["pod", "node_a", "node_b"]].astype(object).fillna("waits").to_numpy().tolist()
        print_table("The first pods that went to different nodes", ["pod", *names], rows, (0, 1, 2))


def _as_json(
    runs: tuple[Run, Run], names: tuple[str, str], found: Diff, most: int, html: Path | None
) -> dict[str, Any]:
    first = found.first and found.first._asdict()
    sides = {side: first[side] and first[side]._asdict() for side in ("a", "b")} if first else {}
    counts = {field.name: getattr(found, field.name) for field in dataclasses.fields(found) if field.name in COUNTED}
    moved = found.differing(most).astype(object)
    return {
        "runs": dict(zip(("a", "b"), names, strict=True)),
        "metrics": [each._asdict() for each in measured(*runs)],
        "decisions": counts | {"same_share": found.same_share, "first": first and first | sides},
        "differing": moved.where(moved.notna(), None).to_dict("records"),
        "html": html and str(html),
    }


COUNTED = ("pods", "moved", "same", "only_a", "only_b", "note")
