"""Score plug-ins, the package's and the user's, as heuristics for a problem that was made of a cluster."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import Binding
from schedlab.placement.greedy import greedy
from schedlab.placement.origins.members import labels_of
from schedlab.placement.packing.guard import Guard
from schedlab.placement.packing.heuristics import Heuristic
from schedlab.placement.packing.state import State
from schedlab.placement.problem import NOWHERE
from schedlab.plugins import registry
from schedlab.plugins.plugin import Plugin
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import Cluster
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]


def score_plugins(
    problem: Problem,
    cluster: Cluster,
    schedulers: Sequence[Any] | None = None,
    *,
    profile: Any = "kubernetes",
    seed: int = 0,
) -> Iterator[Heuristic]:
    """Yield, for each score, the placement that `schedlab.placement.greedy.greedy` makes by it.

    Pods that run stay where they do. Gangs, quotas and other rules of the final state, which no filter knows, are kept
    by leaving pods out.

    Parameters
    ----------
    cluster
        That the problem is of, as it still is.
    schedulers
        What `Profile.of` takes, each; None: every score of the package.
    profile
        Whose filters say where pods may go: that of the problem.

    Raises
    ------
    InputError
        If there is no such plug-in.
    """
    filters = Profile.of(profile).filters
    if schedulers is None:
        rules = registry.builtin()
        schedulers = [name for name in sorted(rules) if Plugin.of(rules[name]).score is not None]
    for scheduler in schedulers:
        chosen = Profile.of(scheduler)
        own = {plugin.name: plugin for plugin in chosen.filters}
        whole = replace(chosen, filters=tuple((own | {plugin.name: plugin for plugin in filters}).values()))
        yield Heuristic(f"greedy by {chosen.name}", partial(_greedy, problem, cluster, whole, seed))


def _greedy(problem: Problem, cluster: Cluster, profile: Profile, seed: int) -> Ints:
    live = range(len(cluster.pods))
    row_of = dict(zip(labels_of(cluster, live), live, strict=True))
    pod_of = {row_of[name]: pod for pod, name in enumerate(problem.pods)}
    at = {name: node for node, name in enumerate(problem.nodes)}
    plan = greedy(cluster, [row for row, pod in pod_of.items() if problem.runs_on[pod] == NOWHERE], profile, seed=seed)
    steps = [(int(problem.class_of[pod]), int(problem.runs_on[pod])) for pod in pod_of.values()]
    steps = [step for step in steps if step[1] != NOWHERE]
    for action in (action for group in plan.groups for action in group):
        assert isinstance(action, Binding)
        name = cluster.nodes.nodes[cluster.nodes.position[action.node]].metadata.name
        steps.append((int(problem.class_of[pod_of[action.pod]]), at[name]))
    return _kept(problem, steps)


def _kept(problem: Problem, steps: list[tuple[int, int]]) -> Ints:
    """Return the assignment of what the rules between pods allow, in this order; gangs that fall short are left out."""
    banned = np.zeros(len(problem.count), np.bool_)
    while True:
        guard = Guard(State(problem, np.arange(len(problem.type_of))))
        for cls, node in steps:
            here = np.array([node])
            if not banned[cls] and guard.state.fits(cls, here)[0] and guard.allows(cls, here)[0]:
                guard.place(cls, node)
        if not (short := guard.short()).any():
            return guard.state.result()
        banned |= short
