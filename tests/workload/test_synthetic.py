"""The generator: determinism, its stated load, and what it promises of classes, usage and data."""

from typing import Any

import numpy as np
import pytest

from schedlab.errors import InputError
from schedlab.objects import pod_limits, pod_requests
from schedlab.workload import Workload, generate


@pytest.fixture(scope="module")
def workload() -> Workload:
    return generate()


def test_the_same_seed_gives_the_same_workload(workload: Workload) -> None:
    assert generate(seed=0).digest() == workload.digest()
    assert generate(seed=1).digest() != workload.digest()


@pytest.mark.parametrize("load", [0.5, 0.85, 1.0, 1.2])
@pytest.mark.parametrize("seed", range(4))
def test_the_dominant_resource_is_offered_as_asked(load: float, seed: int) -> None:
    report = generate(load=load, seed=seed).report
    reached = report["offered_load"]
    assert max(reached, key=reached.get) == report["load_held_in"]
    assert abs(reached[report["load_held_in"]] - load) <= 0.05
    assert report["offered_load_asked"] == load


def test_the_load_holds_in_the_first_hour_too() -> None:
    flat = generate(rhythm=0.0)
    hour = 3600 * 10**6
    time = np.clip(np.minimum(flat.pods.submit + flat.pods.duration, hour) - flat.pods.submit, 0, None)
    memory = np.array([pod_requests(pod)["memory"] for pod in flat.templates], float)
    total = sum(node.status.allocatable["memory"].value() for node in flat.nodes)
    assert abs((memory[flat.pods.template] * time).sum() / total / hour - 0.85) <= 0.05


def test_small_runs_reach_their_load_on_average() -> None:
    reached = []
    for seed in range(20):
        report = generate(pods=60, nodes=4, seed=seed).report
        reached.append(report["offered_load"][report["load_held_in"]])
    assert abs(np.mean(reached) - 0.85) <= 0.05


def test_columns_are_in_order(workload: Workload) -> None:
    pods = workload.pods
    assert (np.diff(pods.submit) >= 0).all()
    assert (pods.submit[pods.initial] == 0).all()
    assert len(pods) - pods.initial.sum() == 5000
    assert workload.horizon == 86_400 * 10**6 >= pods.submit[-1]
    assert pods.duration.min() >= 1


def test_nodes_stand_in_racks_and_zones(workload: Workload) -> None:
    zones: dict[str, set[str]] = {}
    for node in workload.nodes:
        labels = node.metadata.labels
        assert labels["kubernetes.io/hostname"] == node.metadata.name
        zones.setdefault(labels["topology.kubernetes.io/rack"], set()).add(labels["topology.kubernetes.io/zone"])
    assert len(zones) == 10
    assert set.union(*zones.values()) == {"zone-0", "zone-1", "zone-2"}
    assert all(len(zone) == 1 for zone in zones.values())


def test_every_pod_fits_on_every_empty_node(workload: Workload) -> None:
    for resource in ("cpu", "memory"):
        most = max(pod_requests(pod)[resource] for pod in workload.templates)
        for node in workload.nodes:
            amount = node.status.allocatable[resource]
            assert most <= (amount.milli_value() if resource == "cpu" else amount.value())


def test_some_pods_outgrow_their_requests_within_their_limits(workload: Workload) -> None:
    usage, pods = workload.usage, workload.pods
    assert usage is not None
    peak = np.maximum.reduceat(usage.memory, usage.first[:-1])
    request = np.array([pod_requests(pod)["memory"] for pod in workload.templates])[pods.template]
    limit = np.array([pod_limits(pod)["memory"] for pod in workload.templates])[pods.template]
    assert (usage.offset[usage.first[:-1]] == 0).all()
    assert (np.diff(usage.offset) > 0)[np.diff(np.repeat(np.arange(len(pods)), np.diff(usage.first))) == 0].all()
    assert (peak <= limit).all()
    assert 0.15 <= (peak > request).mean() <= 0.25
    assert ((peak > request) <= (limit == 2 * request)).all()


def test_without_growth_nobody_exceeds_a_request() -> None:
    small = generate(growth=0.0, pods=100, nodes=5)
    assert small.usage is not None
    request = np.array([pod_requests(pod)["memory"] for pod in small.templates])[small.pods.template]
    assert (small.usage.memory <= np.repeat(request, np.diff(small.usage.first))).all()


def test_some_pods_read_data(workload: Workload) -> None:
    assert 0.25 <= (workload.pods.dataset >= 0).mean() <= 0.35
    assert len(workload.datasets) == 50
    assert (generate(pods=10, datasets=0).pods.dataset == -1).all()


def test_run_times_have_a_heavy_tail(workload: Workload) -> None:
    duration = workload.pods.duration[~workload.pods.initial]
    assert duration.mean() > 2 * np.median(duration)
    assert np.sort(duration)[-len(duration) // 10 :].sum() > 0.4 * duration.sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pods": 0}, "option pods is 0; give a whole number of at least 1"),
        ({"nodes": 2.5}, "option nodes is 2.5; give a whole number of at least 1"),
        ({"classes": True}, "option classes is True; give a whole number of at least 1"),
        ({"load": float("nan")}, "option load is nan; give a number between 1e-06 and 10"),
        ({"load": "much"}, "option load is 'much'; give a number between 1e-06 and 10"),
        ({"rhythm": 1}, "option rhythm is 1; give a number between 0 and 0.9"),
        ({"growth": -0.1}, "option growth is -0.1; give a number between 0 and 1"),
        ({"datasets": -1}, "option datasets is -1; give a whole number of at least 0"),
    ],
)
def test_an_option_out_of_range_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        generate(**options)
    assert str(refused.value) == message


def test_tenants_have_zipf_shares_and_change_no_other_draw(workload: Workload) -> None:
    none, more = generate(tenants=0), generate(tenants=3)
    assert (none.pods.tenant, none.pods.job, none.tenants, none.jobs) == (None, None, (), ())
    for name in ("submit", "duration", "template", "dataset", "initial"):
        assert (getattr(none.pods, name) == getattr(workload.pods, name)).all()
        assert (getattr(more.pods, name) == getattr(workload.pods, name)).all()
    assert none.usage is not None
    assert workload.usage is not None
    assert (none.usage.memory == workload.usage.memory).all()
    share = np.bincount(workload.pods.tenant) / len(workload.pods)
    expected = 1 / np.arange(1, 9)
    assert np.abs(share - expected / expected.sum()).max() < 0.02
    assert workload.tenants[0] == "tenant-0"
    assert len({none.digest(), more.digest(), workload.digest()}) == 3


def test_a_job_is_a_run_of_one_tenants_pods_of_one_class(workload: Workload) -> None:
    pods = workload.pods
    assert pods.tenant is not None
    assert pods.job is not None
    last: dict[tuple[int, int], int] = {}  # of each tenant and class, the job of its last pod
    owner: dict[int, tuple[int, int]] = {}
    for key, job in zip(zip(pods.tenant.tolist(), pods.template.tolist(), strict=True), pods.job.tolist(), strict=True):
        if job in owner:
            assert last[key] == job
            assert owner[job] == key
        owner[job] = key
        last[key] = job
    assert sorted(owner) == list(range(len(workload.jobs)))
    assert list(owner) == sorted(owner)  # numbered by their first pods
    assert 3 < len(pods) / len(workload.jobs) < 4.5
    assert workload.report["jobs"] == len(workload.jobs)
