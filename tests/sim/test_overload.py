"""Pods that fit nowhere: whole classes sleep where local filters reject every node, whatever else the profile holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schedlab import Profile, filter, generate, replay
from schedlab.scoring.config import kubernetes

RESOURCES = ("NodeUnschedulable", "NodeResourcesFit", "NodeResourcesBalancedAllocation")


@filter(scope="cluster")
def passes_all(pod: Any, nodes: Any) -> Any:
    """Reads what is the pod's own, so that its verdict is nobody else's."""
    return (nodes.rank >= 0) & (pod.waiting >= 0)


def test_rules_that_a_pod_does_not_concern_change_neither_decisions_nor_their_number() -> None:
    workload = generate(pods=1500, nodes=10, load=1.6, seed=3)
    enabled = [{"name": name} for name in RESOURCES]
    small = Profile.from_config({"plugins": {"multiPoint": {"disabled": [{"name": "*"}], "enabled": enabled}}})
    whole = replace(Profile.of(["kubernetes", passes_all]), preemption=None)
    assert len(kubernetes().filters) > len(small.filters)
    runs = [replay(workload, profile, seed=1) for profile in (small, whole)]
    assert runs[0].manifest["decision_hash"] == runs[1].manifest["decision_hash"]
    counts = [run.manifest["timings"]["decisions"] for run in runs]
    assert counts[0] == counts[1] < 3 * len(workload.pods)
