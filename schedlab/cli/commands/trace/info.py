"""``schedlab trace info``: what a trace is and holds."""

from typing import Annotated, Any

import msgspec
import typer

from schedlab.cli.console import print_json, print_table, progress
from schedlab.cli.settings import loader_options
from schedlab.workload import Workload
from schedlab.workload.catalog import entry_of
from schedlab.workload.load import find_trace, load_trace
from schedlab.workload.loaders import defaults


def info(
    trace: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A trace's name, or its folder or file.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Loader option; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what is in a trace, and its loader's options.

    Example: schedlab trace info openb --set load=0.9
    """
    options = loader_options(set_ or [])
    loader, folder = find_trace(trace)
    with progress(f"loading {trace}"):
        workload = load_trace(trace, **options)
        digest = workload.digest()
    entry = entry_of(folder)
    content, settings = _content(workload), defaults(loader)
    told = {
        "name": workload.name,
        "format": loader.NAME,
        "folder": None if folder is None else str(folder),
        "digest": digest,
        "catalogue": None if entry is None else msgspec.to_builtins(entry),
        "content": content,
        "options": settings,
        "report": workload.report,
    }
    if as_json:
        print_json(told)
        return
    rows = [(name.replace("_", " "), _text(value)) for name, value in content.items()]
    rows += [("format", loader.NAME), ("folder", str(folder or "none")), ("digest", digest)]
    if entry:
        rows += [
            ("what it is", entry.title),
            ("source", entry.source),
            ("licence", f"{entry.licence}{'' if entry.redistributable else ', not redistributable'}"),
            ("citation", entry.citation),
            ("note", entry.note),
        ]
    rows += [("note", note) for note in workload.report.get("notes", ())]
    print_table(workload.name, ("fact", "value"), [row for row in rows if row[1]], (0, 1), wrapped=(1,))
    texts = [(name, "none" if value is None else str(value)) for name, value in settings.items()]
    print_table(
        f"options of the loader {loader.NAME}, as --set {next(iter(settings))}=VALUE",
        ("option", "default"),
        texts,
        (0, 1),
    )


def _content(workload: Workload) -> dict[str, Any]:
    pods = workload.pods
    return {
        "nodes": len(workload.nodes),
        "pods": len(pods),
        "running_at_the_start": int(pods.initial.sum()),
        "templates": len(workload.templates),
        "tenants": len(workload.tenants),
        "jobs": len(workload.jobs),
        "gangs": 0 if workload.min_available is None else int((workload.min_available > 1).sum()),
        "data_sets": len(workload.datasets),
        "node_events": len(workload.node_events),
        "usage_samples": 0 if workload.usage is None else len(workload.usage.offset),
        "first_and_last_submit_s": [float(pods.submit[row]) / 1e6 for row in (0, -1)],
        "horizon_s": None if workload.horizon is None else workload.horizon / 1e6,
        "offered_load": workload.report.get("offered_load", {}),
        "offered_load_over_s": workload.report.get("offered_load_over_s"),
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return " to ".join(map(_text, value))
    return "none" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
