"""What a suite costs beside its runs, and what its page costs.

    python benchmarks/suite.py [--runs 24] [--pods 8000] [--workers 2] [--report 1000]

The overhead is process CPU time, of the suite's process and its workers, beyond the runs' own, over the runs' own.
Apart from it is what a suite costs once: a second call, in which all is stored, loads the workloads, compares and draws
the page again. The last line is a page over ``--report`` small runs.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from schedlab import Suite
from schedlab.experiments import Results
from schedlab.experiments.report import page

SCHEDULERS = ["kubernetes", "best_fit", "worst_fit", "random"]


def cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def suite(runs: int, pods: int, nodes: int) -> Suite:
    """Return a suite of so many runs."""
    replicates = max(1, runs // len(SCHEDULERS))
    trace = {"trace": "generated", "options": {"pods": pods, "nodes": nodes}}
    compare = {"metrics": ["wait", "util", "stranded", "pending"]}
    return Suite.of("measured", [trace], SCHEDULERS, replicates=replicates, compare=compare)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--pods", type=int, default=8_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many = suite(arguments.runs, arguments.pods, 100)
        before, wall = cpu(), time.perf_counter()
        results = many.run(arguments.workers, Path(folder) / "suite")
        whole, wall = cpu() - before, time.perf_counter() - wall
        own = sum(outcome.manifest["timings"]["cpu_s"] for outcome in results.outcomes)
        before = cpu()
        many.run(arguments.workers, Path(folder) / "suite")
        once = cpu() - before
        count = len(results.outcomes)
        print(
            f"{count} runs of {own / count:.2f} s of CPU, {arguments.workers} worker(s), {wall:.1f} s of wall time: "
            f"overhead {(whole - once - own) / own:.1%}, and {once:.1f} s once for loading, comparing and the page"
        )
        if arguments.report:
            suite(arguments.report, 60, 4).run(arguments.workers, Path(folder) / "many")
            before = time.process_time()
            text = page(Results.load(Path(folder) / "many"))
            spent = time.process_time() - before
            print(f"the page of {arguments.report} runs: {spent:.1f} s of CPU, {len(text) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
