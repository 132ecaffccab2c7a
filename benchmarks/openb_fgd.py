"""The study of Weng et al. (USENIX ATC 2023) on openb: one policy, one list of pods, one seed.

Pods arrive one after the other in a published order, are placed or fail for good, and never leave. After each arrival a
sample is taken: how much was asked for and allocated of all devices so far, and how much is fragmented. A curve's value
at x % is the mean of the samples whose arrived percentage rounds to x, or else to x - 1 to x + 1.

    python benchmarks/openb_fgd.py --workload default --policy FGD --seed 42 --out curve.csv --decisions decisions.csv

``--out`` gets arrived_pct, alloc_pct, frag_amount_pct (of all devices) and frag_ratio_pct (of what is idle) at each
percentage 0 to 130, ``--decisions`` gets arrival, csv_row, node and gpus. ``--ties`` and ``--quantise`` depart from the
study. Prints process CPU seconds, loading apart.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

import schedlab as sl
from schedlab.atomic import write
from schedlab.cluster.derived.fragmentation import fragmentation, fragments, state
from schedlab.cluster.derived.typical import Demands, typical_of
from schedlab.objects import pod_requests
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator
from schedlab.sim.replay import cluster_of, set_up
from schedlab.workload.data import VARIABLE, data_root
from schedlab.workload.loaders import openb
from schedlab.workload.tables.table import required_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLICIES = {
    "Random": "gpu_random",
    "DotProd": "gpu_dot_product",
    "GpuClustering": "gpu_clustering",
    "GpuPacking": "gpu_packing",
    "BestFit": "gpu_best_fit",
    "FGD": "fgd",
}
PERCENT = range(131)
MILLI = "nvidia.com/gpu-milli"


class Outcome(NamedTuple):
    """What became of A arrivals; node and gpus are empty where one failed.

    ``asked``, ``allocated`` and ``fragmented`` are milli of all devices after each arrival, (A,); ``total`` is what
    they all have, ``cpu_s`` the seconds of CPU that it took.
    """

    node: list[str]
    gpus: list[str]
    asked: NDArray[np.int64]
    allocated: NDArray[np.int64]
    fragmented: NDArray[np.float64]
    total: int
    cpu_s: float

    def curves(self) -> pd.DataFrame:
        """Return the curves as they were published: each sample rounded, then the means of those at each percentage."""
        idle = self.total - self.allocated
        ratio = np.divide(100 * self.fragmented, idle, out=np.zeros(len(idle)), where=idle > 0)
        samples = {
            "alloc_pct": np.round(100 * self.allocated / self.total, 2),
            "frag_amount_pct": np.round(self.fragmented, 2),
            "frag_ratio_pct": np.round(ratio, 2),
        }
        arrived = np.rint(100 * self.asked / self.total)
        rows = []
        for percent in PERCENT:
            here = arrived == percent
            if not here.any():
                here = abs(arrived - percent) <= 1
            rows.append([percent, *(each[here].mean() if here.any() else np.nan for each in samples.values())])
        table = pd.DataFrame(rows, columns=["arrived_pct", *samples])
        table["frag_amount_pct"] = 100 * table["frag_amount_pct"] / self.total  # the mean is of milli
        return table.round({"alloc_pct": 2, "frag_amount_pct": 2, "frag_ratio_pct": 3})


def study(workload: sl.Workload, profile: sl.Profile, seed: int) -> Outcome:
    """Let the pods of a workload arrive, one after the other, and stay."""
    begin = time.process_time()
    cluster, pods = cluster_of(workload), workload.pods
    set_up(profile, workload)
    view = sl.ClusterView(cluster, seed)
    evaluator, columns = Evaluator(profile, view), cluster.nodes
    node, gpus, at = [""] * len(pods), [""] * len(pods), np.full(len(pods), -1)
    cpu, held = np.zeros(len(pods)), np.zeros((len(columns.devices), len(pods)))  # on the chosen node, then
    hopeless = set[int]()  # nobody leaves: where one of a class found no node, no other will
    for pod, cls in enumerate(cluster.pods.cls[: len(pods)].tolist()):
        if cls in hopeless:
            continue
        plan = cycle(pod, evaluator, seed)
        if not plan.groups:
            if evaluator.firm:
                hopeless.add(cls)
            continue
        ((binding,),) = plan.groups
        if refused := cluster.apply(plan).refused:
            raise sl.SchedlabError(f"pod {cluster.pods.name(pod)}: {refused[0][1]}")
        position = at[pod] = columns.position[binding.node]
        node[pod] = columns.nodes[position].metadata.name
        gpus[pod] = "-".join(str(device) for device, _ in binding.devices)
        cpu[pod], held[:, pod] = columns.used[0, position], columns.devices[:, position]
    asked = np.array([pod_requests(template).get(MILLI, 0) for template in workload.templates])[pods.template]
    fragmented = fragments_after(workload, view, at, cpu, held)
    took = time.process_time() - begin
    allocated = np.cumsum(np.where(at >= 0, asked, 0))
    return Outcome(node, gpus, np.cumsum(asked), allocated, fragmented, int(columns.pool.sum()), took)


def fragments_after(
    workload: sl.Workload, view: sl.ClusterView, at: NDArray[Any], cpu: NDArray[Any], held: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the fragments of all nodes after each arrival, milli (A,).

    All arrivals are measured at once: each changes one node, ``at`` (-1: none), on which pods then held so much
    cpu (A,) and so much of each device, ``held`` (D, A).
    """
    nodes, demands = view.nodes("node"), Demands(typical_of(workload.templates, workload.population()))
    empty = sl.ClusterView(sl.Cluster(workload.nodes)).nodes("node")
    last = fragmentation(empty, demands).tolist()  # of each node
    total, changes = sum(last), np.flatnonzero(at >= 0)
    where, allowed = at[changes], demands.allowed(nodes)
    room = nodes.pool[:, where] - held[:, changes]
    left = nodes.allocatable["cpu"][where] - cpu[changes]
    after = fragments(state(left, room, None if allowed is None else allowed[:, where], demands), demands)
    amounts, found = iter(after.tolist()), []
    for position in at.tolist():
        if position >= 0:
            now = next(amounts)
            total += now - last[position]
            last[position] = now
        found.append(total)
    return np.array(found)


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", default="default", help="the pod list's name, as in openb_pod_list_NAME.csv")
    parser.add_argument("--policy", default="FGD", help=", ".join(POLICIES))
    parser.add_argument("--seed", type=int, default=42, help="which of the file's orders; and of random choices")
    parser.add_argument("--sequences", default="reference", help="file of arrival orders, .npz")
    parser.add_argument("--pods", type=Path, help="pod list, .csv or .csv.gz, instead of the workload's")
    parser.add_argument("--nodes", type=Path, help="node list, .csv or .csv.gz, instead of openb's GPU nodes")
    parser.add_argument("--ties", choices=["rank", "random"], default="rank", help="who wins among equal scores")
    parser.add_argument("--quantise", choices=["integer", "none"], help="whether scores are cut to whole numbers")
    parser.add_argument("--out", type=Path, help="where the curves go, .csv")
    parser.add_argument("--decisions", type=Path, help="where each decision goes, .csv")
    return parser.parse_args(words)


def load(given: argparse.Namespace) -> tuple[sl.Workload, NDArray[np.int64], sl.Profile]:
    """Return the workload, the row of the pod list of each arrival, and the policy."""
    if given.policy not in POLICIES:
        near = difflib.get_close_matches(given.policy, POLICIES, 3, 0.3) or list(POLICIES)
        raise sl.InputError(f"there is no policy {given.policy!r}", mend=f"did you mean {' or '.join(near)}?")
    for path in (given.out, given.decisions):
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            raise sl.InputError("cannot be written", file=path, mend="name a file in a folder that exists")
    root = data_root()
    folder = root / "traces" / "openb" if root else None
    if folder is None and not (given.pods and given.nodes):
        raise sl.InputError(
            "openb is not here", mend=f"set {VARIABLE} to the reference data, or give --pods and --nodes"
        )
    pods = given.pods or openb.pod_file(folder, given.workload)
    nodes = given.nodes or required_table(folder, openb.GPU_NODES)
    order = openb.read_sequence(openb.sequence_file(given.sequences, given.workload), given.seed)
    profile = sl.Profile.of(POLICIES[given.policy], ties=given.ties, quantise=given.quantise)
    return openb.load_sequence(pods, nodes, order), order.arrival, profile


def main(words: list[str] | None = None) -> int:
    """Run, write what was asked for, print a line; return the exit status."""
    given = arguments(words)
    try:
        workload, rows, profile = load(given)
        found = study(workload, profile, given.seed)
    except sl.SchedlabError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, sl.InputError) else 1
    curves = found.curves()
    decisions = pd.DataFrame({"csv_row": rows, "node": found.node, "gpus": found.gpus}).rename_axis("arrival")
    for path, text in ((given.out, curves.to_csv(index=False)), (given.decisions, decisions.to_csv())):
        if path is not None:
            write(path, text.encode())
    alloc, placed = curves["alloc_pct"], sum(map(bool, found.node))
    print(
        f"{given.workload}, {given.policy}, seed {given.seed}: {placed} of {len(rows)} pods placed; of all devices "
        f"{alloc[100]:.2f} % are allocated at 100 % arrival, {alloc[130]:.2f} % at 130 %; {found.cpu_s:.2f} s of CPU"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
