"""``schedlab replay``: one trace under one scheduler."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import print_json, print_table, progress
from schedlab.cli.settings import loader_options, time, transform_steps
from schedlab.errors import InputError
from schedlab.experiments import store
from schedlab.experiments.grid.trace import World
from schedlab.experiments.table import summary_texts
from schedlab.metrics import choose, summary
from schedlab.plugins.budget import SECONDS
from schedlab.record import TABLES
from schedlab.scoring import Profile
from schedlab.sim import replay as replay_workload


def replay(
    trace: Annotated[
        str, typer.Argument(help="generated, the name of a trace, or a folder with pods.csv and nodes.csv.")
    ],
    scheduler: Annotated[
        str,
        typer.Option(help="kubernetes, or plug-ins with weights and parameters: my.py:delay(wait=5)+best_fit:2."),
    ] = "",
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE.py:NAME", help="Your own; repeatable, all count.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the workload, where it is drawn, and of the replay.")] = 0,
    load: Annotated[float | None, typer.Option(help="Offered load, for a trace that is resampled.")] = None,
    decision_time: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Simulated, of a cycle: 5ms, 5ms+0.2us/node or measured [default: none]."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Loader option (schedlab trace info NAME lists them); repeatable."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="FILE.py:NAME", help="Your own, beside schedlab's; repeatable.")
    ] = None,
    warmup: Annotated[str, typer.Option(metavar="TIME", help="Metrics leave out what was before, such as 2h.")] = "0",
    transform: Annotated[
        list[str] | None, typer.Option(metavar="NAME(OPTION=VALUE)", help="As window(start=6h,length=6h); repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write the run to.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Replace the run that is in that folder.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Recount the cluster after every change (slow).")] = False,
    time_budget: Annotated[
        float, typer.Option(metavar="SECONDS", help="That one call of a plug-in may take.")
    ] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay one trace under one scheduler.

    Example: schedlab replay generated --plugin my.py:tightest --seed 1
    """
    if not time_budget > 0:
        raise InputError(f"--time-budget {time_budget:g}", mend="give a positive number of seconds")
    profile = _profile(scheduler, plugin or [], decision_time)
    chosen, begin = choose(metric or []), time("--warmup", warmup)
    if out is not None:
        _refuse_present(out, fresh)
    options = loader_options(set_ or []) | ({} if load is None else {"load": load})
    steps = transform_steps(transform or [])
    with progress(f"loading {trace}") as bar:
        workload = World.of(trace, options, steps, seed).load()
        bar(0, 1, f"replaying {trace} with {profile.name}")
        run = replay_workload(workload, scheduler=profile, seed=seed, check=check, time_budget=time_budget)
        run = run.trimmed(begin)
    if out is not None:
        store.save(run, out.resolve())
    measured, manifest = summary(run, metrics=chosen.values()), run.manifest
    if as_json:
        where = None if out is None else str(out)
        print_json({"summary": measured.to_dict(), "manifest": manifest, "out": where})
        return
    title = f"{manifest['workload']['name']}, {profile.name}, seed {seed}"
    print_table(title, ["metric", "value"], summary_texts(measured, chosen))
    typer.echo(f"decisions: {manifest['decision_hash']}")
    notes = [] if profile.reproducible else ["decision times were measured: made again, the run is another"]
    for text in [*manifest["workload"]["report"].get("notes", ()), *notes]:
        typer.echo(f"note: {text}")
    if out is not None:
        typer.echo(f"written to: {out}")


def _profile(scheduler: str, plugins: list[str], decision_time: str | None) -> Profile:
    """Return the profile that the options mean."""
    if scheduler and plugins:
        raise InputError("--scheduler and --plugin exclude each other", mend="give one of them")
    return Profile.of(plugins or scheduler or "kubernetes", decision_time=decision_time)


def _refuse_present(out: Path, fresh: bool) -> None:
    """Refuse to replace what is not a run, and a run unless that is asked for."""
    own = {store.MANIFEST, *(f"{name}.parquet" for name in TABLES)}
    if out.exists() and not (out.is_dir() and own.issuperset(path.name for path in out.iterdir())):
        raise InputError("this is there already and is no run", file=out, mend="name a new folder")
    if (out / store.MANIFEST).exists() and not fresh:
        raise InputError("a run is there already", file=out, mend="name a new folder, or replace it by --fresh")
