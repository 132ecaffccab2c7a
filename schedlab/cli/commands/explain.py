"""``schedlab explain``: why a pod would go where it goes, in a cluster that manifests show."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from schedlab.cli.console import note, print_json, progress
from schedlab.cli.explanation import print_explanation
from schedlab.cluster import Cluster, ClusterView
from schedlab.cluster.snapshot import read_snapshot
from schedlab.errors import InputError
from schedlab.objects import Pod, load_manifests
from schedlab.scoring import Profile, config
from schedlab.sim import explain as explain_pod


def explain(
    files: Annotated[
        list[Path], typer.Option("-f", "--file", metavar="FILE", help="Nodes and pods; repeatable; - is stdin.")
    ],
    pod: Annotated[Path, typer.Option(metavar="FILE", help="The pod to place.")],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A KubeSchedulerConfiguration.")] = None,
    scheduler: Annotated[
        str, typer.Option(help="kubernetes, or a score, or several as data_locality:2+best_fit.")
    ] = "",
    plugin: Annotated[str, typer.Option(metavar="FILE.py:NAME", help="Your own.")] = "",
    top: Annotated[int, typer.Option(min=1, help="Nodes to show one by one.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell why a pod would go where it goes.

    For every node: the first filter that rejects the pod, or its scores, and which nodes are best. The cluster is what
    kubectl get nodes,pods -A -o yaml prints; fields and kinds that do not matter are ignored.

    Example: schedlab explain -f cluster.yaml --pod pod.yaml
    """
    pending = _pod(pod)
    profile = _profile(config, scheduler, plugin, pending)
    with progress(f"reading {', '.join(map(str, files))}"):
        cluster, notes = read_snapshot([sys.stdin if str(file) == "-" else file for file in files], pending)
    for text in notes:
        note(text)
    if pending.spec.node_name:
        note(
            f"pod {pending.metadata.key} names a node already, {pending.spec.node_name}; it is placed as if it did not"
        )
        pending = replace(pending, spec=replace(pending.spec, node_name=""))
    if profile.left_out:
        note(f"of profile {profile.name}, these plug-ins do not exist here: {', '.join(profile.left_out)}")
    answer = explain_pod(cluster, pending, profile)
    if as_json:
        print_json(answer)
    else:
        print_explanation(
            answer, pending.metadata.key, profile.name, top, _priorities(cluster) if "postFilter" in answer else {}
        )


def _priorities(cluster: Cluster) -> dict[str, int]:
    """Return the priority of each bound pod by namespace/name."""
    view = ClusterView(cluster)
    return {view.pod_key(row): view.pod_class(row).priority for row in view.pods.bound().tolist()}


def _pod(file: Path) -> Pod:
    """Return the one pod of a file."""
    pods = [each for each in load_manifests(file) if isinstance(each, Pod)]
    if len(pods) != 1:
        raise InputError(f"there are {len(pods)} pods in it", file=file, mend="write one object of kind Pod")
    return pods[0]


def _profile(file: Path | None, scheduler: str, plugin: str, pod: Pod) -> Profile:
    """Return the profile that the options mean."""
    if sum(map(bool, (file, scheduler, plugin))) > 1:
        raise InputError("--config, --scheduler and --plugin exclude each other", mend="give one of them")
    if file is None:
        return Profile.of(plugin or scheduler or "kubernetes")
    return Profile.from_config(config.load(file, pod.spec.scheduler_name), file=file, partial=True)
