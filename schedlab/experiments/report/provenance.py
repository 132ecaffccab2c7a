"""Provenance: code, host, schedulers, and the hashes of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.experiments.report.html import details, facts, table

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 2000  # runs that are listed


def provenance(manifest: Mapping[str, Any]) -> str:
    """Return how the results came about."""
    ended = [run for run in manifest["runs"] if "error" not in run]
    hosts = {str(run["host"]): run["host"] for run in ended}
    code = {"schedlab": manifest["schedlab"], "code": manifest["code"][:12]}
    told = facts(code | {f"host {at}" if len(hosts) > 1 else "host": host for at, host in enumerate(hosts.values(), 1)})
    profiles = [
        [scheduler, _names(of["filters"]), _names(of["scores"]), of["ties"], of["scored"],
         of.get("decision_time", "none"), ", ".join(of["left_out"])]
        for scheduler, of in {run["scheduler"]: run["profile"] for run in ended}.items()
    ]  # fmt: skip
    rows = [
        [*(str(run.get(name, "")) for name in ("trace", "scheduler", "replicate", "tie")),
         run["trace_digest"][:12], run["decision_hash"][:12], run["run"]]
        for run in ended[:MOST]
    ]  # fmt: skip
    left = f"<p>{len(ended) - MOST:,} more runs are in manifest.json.</p>\n" if len(ended) > MOST else ""
    heads = ["scheduler", "filters", "scores", "ties", "scored", "decision time", "left out"]
    hashes = ["trace", "scheduler", "replicate", "tie", "workload", "decisions", "folder"]
    return (
        told
        + details("Schedulers; the plug-ins' parameters are in manifest.json", table(heads, profiles, kind="texts"))
        + details("Runs, with the first digits of their hashes", table(hashes, rows, kind="texts") + left)
    )


def _names(plugins: list[dict[str, Any]]) -> str:
    """Return the names of a profile's plug-ins, with weights other than 1."""
    weights = [plugin.get("weight", 1) for plugin in plugins]
    return ", ".join(
        plugin["plugin"] + (f" x {weight:g}" if weight != 1 else "")
        for plugin, weight in zip(plugins, weights, strict=True)
    )
