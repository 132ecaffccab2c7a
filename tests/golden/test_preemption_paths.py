"""On recorded clusters: emptied nodes seen through views against pods really evicted, and `Evaluator.fits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import schedlab as sl
from schedlab.objects import decode_object
from schedlab.objects.kinds import OBJECTS
from schedlab.scheduling.preemption import dry_run
from schedlab.scheduling.preemption.budgets import Budgets
from schedlab.scheduling.preemption.dry_run import Nodes
from schedlab.scheduling.preemption.victims import Victims
from schedlab.scoring import Evaluator
from schedlab.testing.golden import cases

if TYPE_CHECKING:
    from pathlib import Path


def evaluator_of(case: dict[str, Any]) -> tuple[Evaluator, int]:
    """Return a case's profile at work, and its pending pod."""
    nodes, bound, others = (
        [decode_object(raw, kind) for raw in case.get(key, ())]
        for key, kind in (("nodes", "Node"), ("pods", "Pod"), ("objects", ""))
    )
    kept: Any = [each for each in others if isinstance(each, OBJECTS)]
    cluster = sl.Cluster(nodes, bound, objects=kept)  # type: ignore[arg-type]
    (row,) = cluster.add_pods([decode_object(case["pending"], "Pod")])  # type: ignore[list-item]
    return Evaluator(sl.Profile.from_config(case["profile"]), sl.ClusterView(cluster)), row


def test_a_view_of_emptied_nodes_gives_what_real_evictions_give(data: Path) -> None:
    compared = 0
    for case in cases(str(data / "golden/kube-1.34/preemption.jsonl.gz")):
        evaluator, row = evaluator_of(case)
        view = evaluator.view
        positions = np.arange(len(view.nodes("static")))
        lower = Victims(view).below(view.pod_class(row).priority, positions)
        nodes = Nodes(positions, lower, Budgets(view).violated(lower)).take(lower.there.any(axis=0))
        trial = evaluator.trial(row)
        found = dry_run.by_views(trial, nodes, view)
        for at, position in enumerate(nodes.positions.tolist()):
            if position in found:
                only = nodes.take(np.arange(len(nodes.positions)) == at)
                assert dry_run.one_by_one(evaluator.trial(row), only, view) == found[position], case["id"]
                compared += 1
    assert compared > 1000


@pytest.mark.parametrize("family", ["default", "nominated", "volumes", "preemption"])
def test_some_nodes_fit_as_all_of_them_do(data: Path, family: str) -> None:
    for case in cases(str(data / f"golden/kube-1.34/{family}.jsonl.gz")):
        evaluator, row = evaluator_of(case)
        feasible = evaluator.evaluate(row).feasible
        order = np.random.default_rng(3).permutation(len(feasible))
        for some in (order, order[: len(order) // 2], order[:1], order[:0]):
            assert evaluator.fits(row, some).tolist() == feasible[some].tolist(), case["id"]
