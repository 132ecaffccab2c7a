"""Data locality: the least bytes times distance."""

from collections.abc import Iterable

import numpy as np
from tiny import node, pod

from schedlab import Cluster, ClusterView, Profile
from schedlab.objects.dataset import DataSet
from schedlab.objects.node import RACK, ZONE
from schedlab.scoring import Evaluator


def raw(datasets: Iterable[DataSet], dataset: int) -> list[float]:
    """Return the scores of the nodes a to d for a pod that reads a data set."""
    places = {"a": ("z1", "r1"), "b": ("z1", "r1"), "c": ("z1", "r2"), "d": ("z2", "r3")}
    nodes = [node(name, labels={ZONE: zone, RACK: rack}) for name, (zone, rack) in places.items()]
    cluster = Cluster(nodes, datasets=tuple(datasets))
    (row,) = cluster.pods.add([cluster.classify(pod()).index], dataset=np.array([dataset], np.int32))
    found: list[float] = (
        Evaluator(Profile.of("data_locality"), ClusterView(cluster)).evaluate(row).raw["data_locality"].tolist()
    )
    return found


def test_bytes_times_distance() -> None:
    assert raw([DataSet("d", 10, (("node", "b"),))], 0) == [-10, 0, -20, -30]


def test_each_pod_goes_by_its_own_data_set() -> None:
    datasets = [DataSet("d", 10, (("node", "b"),)), DataSet("e", 2**45, (("rack", "r2"),))]
    assert raw(datasets, 1) == [-3 * 2**45, -3 * 2**45, -(2**45), -3 * 2**45]


def test_a_pod_that_reads_nothing_has_no_wish() -> None:
    assert raw([DataSet("d", 10, (("node", "b"),))], -1) == [0, 0, 0, 0]


def test_an_empty_data_set_is_near_everywhere() -> None:
    assert raw([DataSet("d", 0, (("node", "b"),))], 0) == [0, 0, 0, 0]
