"""A whole replay: generated pods on many nodes, from the first event to the tables.

    python benchmarks/end_to_end.py [--pods 100000] [--nodes 5000] [--classes 200] [--scheduler kubernetes] [--no-usage]

``--pods`` counts the pods that are running at the start too; ``--no-usage`` leaves out the usage curves, some three
samples a pod. Prints process CPU seconds (loading apart) and peak
memory.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import time

import schedlab as sl


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=5_000)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--scheduler", default="kubernetes")
    parser.add_argument("--no-usage", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    size = {"nodes": arguments.nodes, "classes": arguments.classes}
    running = int(sl.generate(pods=arguments.pods, **size).pods.initial.sum())
    if running >= arguments.pods:
        parser.error(f"{running} pods run at the start on {arguments.nodes} nodes; give more --pods or fewer --nodes")
    start = time.process_time()
    workload = sl.generate(pods=arguments.pods - running, **size)
    if arguments.no_usage:
        workload = dataclasses.replace(workload, usage=None)
    loaded = time.process_time()
    run = sl.replay(workload, arguments.scheduler)
    done = time.process_time()
    row = {
        "pods": len(workload.pods),
        "nodes": arguments.nodes,
        "scheduler": arguments.scheduler,
        "load_cpu_s": loaded - start,
        "replay_cpu_s": done - loaded,
        "decisions": run.manifest["timings"]["decisions"],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if arguments.json:
        print(json.dumps(row))
        return
    print(
        f"{row['pods']} pods on {row['nodes']} nodes under {row['scheduler']}: generated in {row['load_cpu_s']:.1f} s, "
        f"replayed in {row['replay_cpu_s']:.1f} s of CPU ({row['decisions']} cycles), peak {row['peak_mib']:.0f} MiB"
    )


if __name__ == "__main__":
    main()
