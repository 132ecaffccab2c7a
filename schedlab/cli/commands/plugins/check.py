"""``schedlab plugins check``: hold a plug-in against the contract."""

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Annotated

import typer

from schedlab.cli.console import print_json, print_table, printable, progress
from schedlab.errors import InputError
from schedlab.plugins.choice import choices
from schedlab.testing import Report, check_plugin


def check(
    plugin: Annotated[
        str,
        typer.Argument(
            metavar="FILE.py:NAME",
            help="Your own, or the name of one that is found; with parameters as NAME(weight=3).",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a plug-in against the contract.

    It is called on drawn clusters, and timed beside a built-in of the same kind. Exit status: 0 it passes, 1 it does
    not, 2 it cannot be loaded.

    Example: schedlab plugins check my.py:tightest
    """
    found = choices(plugin)
    if len(found) != 1:
        raise InputError(f"{plugin!r} names {len(found)} plug-ins", mend="check one at a time")
    with redirect_stdout(sys.stderr):  # what the plug-in prints
        rule = found[0].resolve().rule
        with progress(f"checking {plugin}") as bar:
            report = check_plugin(rule, watch=bar)
    if as_json:
        print_json(_plain(report))
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(1)


def _plain(report: Report) -> dict[str, object]:
    return {
        "plugin": report.plugin,
        "ok": report.ok,
        "verdicts": [asdict(verdict) for verdict in report.verdicts],
        "untried": report.untried,
        "timings": [asdict(timing) | {"ratio": timing.ratio} for timing in report.timings],
    }


def _print(report: Report) -> None:
    typer.echo(printable(str(report)))
    if report.untried:
        typer.echo(f"not tried until then: {', '.join(report.untried)}")
    typer.echo("")
    if report.timings:
        rows = [
            (
                timing.part,
                f"{timing.nodes:,}",
                f"{timing.microseconds:,.1f}",
                timing.beside,
                f"{timing.beside_microseconds:,.1f}",
                f"{timing.ratio:.2f}",
            )
            for timing in report.timings
        ]
        print_table("CPU time of a call", ["call", "nodes", "µs", "beside", "its µs", "ratio"], rows, (0, 3))
    of, failed = len(report.verdicts), len(report.failed)
    verdict = "passes" if report.ok else f"{failed} of {of} checks {'fails' if failed == 1 else 'fail'}"
    typer.echo(f"{report.plugin}: {verdict}")
