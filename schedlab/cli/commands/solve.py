"""``schedlab solve``: the best placement that can be found, beside a bound that none can beat."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab import memory
from schedlab.cli import INTERRUPTED
from schedlab.cli.console import live, note, print_json, printable
from schedlab.cli.settings import loader_options, time
from schedlab.cli.solution import as_json, print_solution, progress_line
from schedlab.cli.unsolved import unsolved
from schedlab.errors import InputError
from schedlab.placement import solve as solve_problem
from schedlab.placement.objectives import levels_of
from schedlab.placement.stored.file import write
from schedlab.placement.stored.verify import verify_file
from schedlab.workload.units import units

SECONDS = "60"
SHARE = 0.8  # of the machine's memory


def solve(
    file: Annotated[
        str | None,
        typer.Argument(help="A .vbp file, manifests (a file or a folder), or a trace: a name or a folder."),
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(metavar="RESULT", help="Check a result that --out has written, and solve nothing.")
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="manifests, vbp or trace [default: as the name says].")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="The most important first [default: priority,nodes; vbp: pods,nodes]."),
    ] = None,
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"[default: {SECONDS}s, or none beside --work-limit].")
    ] = None,
    work_limit: Annotated[
        float | None, typer.Option(min=0, help="Units of work: alone, it gives the same result on any machine.")
    ] = None,
    mem_limit: Annotated[
        str | None, typer.Option(metavar="SIZE", help=f"Such as 4GiB [default: {100 * SHARE:g} % of the memory].")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the search, and of a trace that is drawn.")] = 0,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of a trace, such as 6h: the pods that run then [default: all].")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Loader option of a trace; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write the result to, for --verify.")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Place pods as well as can be proven.

    Prints a placement's value beside a bound that no placement can beat, level by level. Ctrl-C gives the best so far.

    Example: schedlab solve cluster.yaml --objective priority,nodes --time-limit 30s
    """
    if (file is None) == (verify is None):
        raise InputError("give either a FILE to solve or --verify RESULT", mend="schedlab solve --help has an example")
    if verify is not None:
        _verify(verify, as_json_)
        return
    assert file is not None
    limit = time("--time-limit", time_limit or SECONDS) / 1e6 if time_limit or work_limit is None else None
    most = int(SHARE * memory.installed()) if mem_limit is None else _bytes(mem_limit)
    if out is not None and not out.resolve().parent.is_dir():
        raise InputError("there is no such folder", file=out, mend="name a file in a folder that is there")
    instant = None if at is None else time("--at", at)
    with live(f"reading {file}") as tell:
        loaded = unsolved(file, format_, instant, loader_options(set_ or []), seed)
        names = tuple(name.strip() for name in objective.split(",")) if objective is not None else loaded.objective
        widened, _ = levels_of(loaded.problem, names)
        tell(f"solving {loaded.problem.name}")
        found = solve_problem(
            loaded.problem,
            names,
            time_limit=limit,
            work_limit=work_limit,
            mem_limit=most,
            seed=seed,
            workers=workers,
            on_incumbent=lambda ledger: tell(progress_line(ledger)),
        )
    for text in loaded.notes:
        note(text)
    if out is not None:
        write(out, widened, found)
    if as_json_:
        print_json(as_json(found, loaded.problem))
    else:
        print_solution(found, loaded.problem)
        if out is not None:
            typer.echo(f"written to: {out}")
    if found.objective is None:
        raise typer.Exit(INTERRUPTED if found.reason == "interrupted" else 1)


def _verify(path: Path, as_json: bool) -> None:
    """Print what the independent checker says of a stored result."""
    found = verify_file(path)
    if as_json:
        print_json({"ok": found.ok, "lines": found.lines})
    else:
        for line in found.lines:
            typer.echo(printable(line))
        typer.echo("it is what it says" if found.ok else "it is not what it says")
    if not found.ok:
        raise typer.Exit(1)


def _bytes(text: str) -> int:
    try:
        return units(text.removesuffix("B"))
    except InputError as error:
        raise InputError(f"--mem-limit: {error}") from None
