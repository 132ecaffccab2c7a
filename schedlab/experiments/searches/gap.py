"""Gap: how far a policy's placement of a batch of pods is from a bound that no placement can beat.

The batches are those of Weng et al., Beware of Fragmentation, USENIX ATC 2023, section 6: pods of a trace in a random
order, and clones of them, until so much of the cluster has been asked for; none leaves.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.errors import InputError
from schedlab.experiments.searches.fitting import Fitting
from schedlab.experiments.searches.search import search
from schedlab.placement import solve
from schedlab.placement.origins.cluster import MILLIONTHS
from schedlab.placement.origins.workload import workload as problem_of_workload
from schedlab.placement.packing.score_plugins import score_plugins
from schedlab.sim.replay import set_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.placement import Result
    from schedlab.workload import Workload

LOADS = (90, 100, 110, 120, 130)  # per cent of what the cluster has
SECONDS = 20.0  # for each bound, which is valid however far its proof has come by then
OBJECTIVE = ("weight",)


class Bound(NamedTuple):
    """What is proven of a batch, in the units of the objective ``weight``.

    ``best`` is the best placement that the search found: what lies between it and ``bound`` is not settled.
    """

    load: int
    pods: int
    best: int
    bound: int
    kind: str

    @property
    def slack(self) -> float:
        """How loose the bound is at most, as a share of it."""
        return (self.bound - self.best) / self.bound


def batches(source: Workload, loads: Sequence[int] = LOADS, seed: int = 0) -> list[Workload]:
    """Return the pods to be placed at each load, all at once on the workload's empty nodes.

    A load is what the pods are worth to the objective ``weight`` (the milli of the devices they take, or their dominant
    shares where there are no devices), in per cent of all that there is.

    Raises
    ------
    InputError
        If loads are not rising numbers above 0, or the workload has no pods.
    """
    if not loads or min(loads) <= 0 or any(a >= b for a, b in pairwise(loads)):
        raise InputError(f"loads of {', '.join(map(str, loads)) or 'nothing'}", mend="give rising per cents above 0")
    fitting = Fitting.of(source, "first_fit", seed, 0.0, 1)
    problem = problem_of_workload(fitting.batch(source.nodes, np.arange(len(source.pods)))).problem
    worth = problem.weight[problem.class_of]
    room = sum(sum(problem.devices[kind]) for kind in problem.type_of.tolist()) if problem.share.any() else MILLIONTHS
    copies = -(-loads[-1] * room // (100 * int(worth.sum()))) + 1
    rows = np.concatenate([fitting.order(0, copy) for copy in range(copies)])
    asked = np.cumsum(worth[rows % len(worth)])
    ends = [int(np.searchsorted(asked, load * room / 100, side="right")) for load in loads]
    return [fitting.batch(source.nodes, rows[:end]) for end in ends]


def solved(batch: Workload, seed: int = 0, seconds: float = SECONDS) -> Result:
    """Return the best placement of a batch that is found in some time, and its bound."""
    found = solve(problem_of_workload(batch).problem, OBJECTIVE, time_limit=seconds, seed=seed)
    if found.reason == "interrupted":  # what is kept must not hang on when somebody lost patience
        raise KeyboardInterrupt
    return found


def placed(batch: Workload, scheduler: Any, seed: int = 0) -> int:
    """Return what the pods that a scheduler places are worth, by ``weight``; it is what `Profile.of` takes.

    It places them one by one with the filters of the problem beside its own, and is checked like every placement.
    """
    source = problem_of_workload(batch)
    set_up(scheduler, batch)
    (heuristic,) = score_plugins(source.problem, source.cluster, [scheduler], seed=seed)
    return int(heuristic.run().sum(axis=1) @ source.problem.weight)


def bounds(source: Workload, seed: int) -> list[dict[str, Any]]:
    """Return what is proven at each of `LOADS`, as JSON."""
    found = []
    for load, batch in zip(LOADS, batches(source, seed=seed), strict=True):
        result = solved(batch, seed)
        assert result.objective is not None
        assert result.bound[0] is not None
        found.append(Bound(load, len(batch.pods), result.objective[0], result.bound[0], result.kinds[0])._asdict())
    return found


@search(
    "gap",
    unit="fraction",
    better=dict.fromkeys(("", *map(str, LOADS)), "lower"),
    formula="(bound - value) / bound of what is placed of a batch at 90 to 130 % load, and their mean; the bound (by "
    "counting or column generation) is proven for the batch, not for a replay; .slack: how loose it is at most",
    source="batches: Weng et al., USENIX ATC 2023, section 6; bound: Dantzig and Wolfe 1960, Geoffrion 1974",
    shared=bounds,
)
def measure(workload: Workload, profile: Any, seed: int, shared: list[dict[str, Any]]) -> dict[str, float]:
    """Return a scheduler's distances from the bounds as entries of a summary."""
    entries: dict[str, float] = {}
    for proven, batch in zip((Bound(**each) for each in shared), batches(workload, seed=seed), strict=True):
        entries[f"gap.{proven.load}"] = (proven.bound - placed(batch, profile, seed)) / proven.bound
        entries[f"gap.{proven.load}.slack"] = proven.slack
    return {"gap": float(np.mean([entries[f"gap.{load}"] for load in LOADS]))} | entries
