"""Fragmentation as a metric and in the samples: one story by hand."""

from __future__ import annotations

import pytest
from worlds import node, play, pod

import schedlab as sl
from schedlab.cluster.derived.typical import Demands, Typical
from schedlab.sim.probes import devices_probe

GPU, MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
SHARED = {GPU: 2, MILLI: 2000}
# Half of the pods want a share of 600, half a whole device.
PODS = [pod("share", 0, 4, cpu=100, **{MILLI: 600}), pod("whole", 2, 2, cpu=100, **{GPU: 1, MILLI: 1000})]


def test_what_is_left_is_of_no_use_to_some_pods() -> None:
    run = play([node("a", **SHARED), node("b")], PODS, scheduler="best_fit")
    samples = run.samples.set_index("time")
    told = {time: samples[samples.index > 10**6 * time].iloc[0] for time in (0, 1, 3)}
    # with the share there: 400 are too few for both; with the whole pod too, nothing fits anywhere
    assert [told[1][f"devices.{name}"] for name in ("all", "idle", "fragments")] == [2000, 1400, 400]
    assert [told[3][f"devices.{name}"] for name in ("idle", "fragments")] == [400, 400]
    summary = sl.summary(run)
    assert summary["fragmentation.amount"] == pytest.approx(0.2, rel=0.02)
    assert summary["fragmentation.ratio"] == pytest.approx((400 / 1400 + 1) / 2, rel=0.02)


def test_clusters_without_shared_devices_have_none() -> None:
    run = play([node("a", **{GPU: 2})], [pod("p", 0, 4, cpu=100)])
    assert not [name for name in sl.summary(run).index if name.startswith("fragmentation")]
    assert not [name for name in run.samples.columns if name.startswith("devices")]


def test_a_probe_for_pods_of_ones_own() -> None:
    cluster = sl.Cluster([node("a", cpu=100, **SHARED), node("b", cpu=10, **SHARED)])
    whole = Demands([Typical(cpu=50, milli=1000, devices=1, weight=1.0)])
    row = devices_probe(whole)(sl.ClusterView(cluster))
    assert row == {"devices.all": 4000, "devices.idle": 4000, "devices.fragments": 2000}  # b has too little cpu
