"""``schedlab fit-nodes``: how many nodes of a type a workload needs."""

from typing import Annotated

import typer

from schedlab.cli.console import print_json, print_table, progress
from schedlab.cli.settings import loader_options, time
from schedlab.experiments.grid.trace import World
from schedlab.experiments.searches.compaction import PERCENT, Compaction
from schedlab.experiments.searches.compaction import fit_nodes as search
from schedlab.experiments.searches.fitting import TRIALS
from schedlab.experiments.searches.snapshot import snapshot
from schedlab.scoring import Profile
from schedlab.workload.tables.node_type import read_node_type

PERCENTS = (50, 90, 100)


def fit_nodes(
    trace: Annotated[
        str, typer.Argument(help="generated, the name of a trace, or a folder with pods.csv and nodes.csv.")
    ],
    node: Annotated[str, typer.Option(metavar="TYPE", help="What a node has: cpu=16,memory=64Gi,nvidia.com/gpu=8.")],
    scheduler: Annotated[
        str, typer.Option(help="kubernetes, or plug-ins with weights and parameters, your own too.")
    ] = "best_fit",
    trials: Annotated[int, typer.Option(min=1, help="Random orders in which the pods come.")] = TRIALS,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of the trace, such as 6h [default: the peak of the demand].")
    ] = None,
    pending: Annotated[float, typer.Option(metavar="SHARE", help="Of the pods that may find no node: 0.002.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the workload, where it is drawn, and of the trials.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Loader option; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell how many nodes of a type a trace needs.

    The pods at the peak of the demand, or at a given time, are placed on fewer and more nodes until the number is
    found, once for each trial.

    Example: schedlab fit-nodes generated --node cpu=16,memory=64Gi
    """
    kind, profile = read_node_type(node), Profile.of(scheduler)
    instant = None if at is None else time("--at", at)
    with progress(f"loading {trace}") as bar:
        workload = World.of(trace, loader_options(set_ or []), seed=seed).load()
        pods = snapshot(workload, instant)
        found = search(
            pods,
            kind,
            profile,
            seed=seed,
            trials=trials,
            pending=pending,
            tell=lambda done, total: bar(done, total, f"placing with {profile.name}"),
        )
    when = pods.report["snapshot_at_s"]
    if as_json:
        print_json(_as_json(found) | {"at_s": when, "node": node, "scheduler": profile.name, "trace": workload.name})
        return
    title = f"{workload.name}: {found.pods:,} pods at {when / 3600:.1f} h, on nodes of {node}, by {profile.name}"
    spread = ", ".join(f"{percent} %: {found.percentile(percent):,}" for percent in PERCENTS)
    rows = [
        ("nodes needed", f"{found.machines:,}", f"the {PERCENT}th percentile of {trials} trials ({spread})"),
        ("at least", f"{found.bound:,}", f"no scheduler can do with fewer: {found.limit}"),
    ]
    print_table(title, ("", "nodes", "why"), rows, (0, 2))


def _as_json(found: Compaction) -> dict[str, object]:
    return {
        "nodes": found.machines,
        "bound": found.bound,
        "bound_by": found.limit,
        "percentiles": {str(percent): found.percentile(percent) for percent in PERCENTS},
        "trials": found.trials,
        "pods": found.pods,
    }
