"""openb in the study's order of arrivals, and what is refused of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import schedlab as sl
from schedlab.errors import InputError
from schedlab.objects import pod_requests
from schedlab.workload import FOREVER, load_trace
from schedlab.workload.canonical import write_trace
from schedlab.workload.loaders.openb import load_sequence, read_sequence
from schedlab.workload.loaders.openb.files import read_nodes, read_pods

if TYPE_CHECKING:
    from pathlib import Path

GPU, MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
NODES = "sn,cpu_milli,memory_mib,gpu,model\nn0,8000,1024,2,A100\nn1,8000,1024,1,T4\nn2,4000,1024,0,\n"
PODS = """name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec
p0,1000,10,1,500,
p1,1000,10,2,1000,A100
p2,1000,10,0,0,
p3,1000,10,1,250,T4|A100|T4
"""


def files(folder: Path, nodes: str = NODES, pods: str = PODS, **changes: Any) -> tuple[Path, Path, Path]:
    (folder / "nodes.csv").write_text(nodes)
    (folder / "pods.csv").write_text(pods)
    order: dict[str, Any] = {
        "arrival_7": np.array([2, 0, 3, 1, 0, 2], np.uint16), "node_rank_7": np.array([2, 0, 1], np.uint16),
        "n_original_7": np.array(4), "requested_milli_7": np.array(500 + 250 + 2000 + 500),
    }  # fmt: skip
    np.savez(folder / "order.npz", **{name: each for name, each in (order | changes).items() if each is not None})
    return folder / "pods.csv", folder / "nodes.csv", folder / "order.npz"


def read(folder: Path, **given: Any) -> sl.Workload:
    pods, nodes, order = files(folder, **given)
    return load_sequence(pods, nodes, read_sequence(order, 7))


def test_pods_arrive_in_order_and_nodes_come_by_rank(tmp_path: Path) -> None:
    workload = read(tmp_path)
    pods = workload.pods
    assert pods.names == ["p2", "p0", "p3", "p1", "p0-clone-4", "p2-clone-5"]
    assert (pods.submit.tolist(), set(pods.duration.tolist())) == ([10**6 * i for i in range(6)], {FOREVER})
    assert [node.metadata.name for node in workload.nodes] == ["n1", "n2", "n0"]
    asked = [pod_requests(workload.templates[each]) for each in pods.template]
    assert [each.get(MILLI, 0) for each in asked] == [0, 500, 250, 2000, 500, 0]
    assert [each.get(GPU, 0) for each in asked] == [0, 0, 0, 2, 0, 0]
    assert workload.population().tolist() == [1, 1, 1, 1]  # of the list: clones do not count
    assert (workload.report["clones"], workload.report["seed"]) == (2, 7)


def test_pods_may_be_left_out_where_none_is_cloned(tmp_path: Path) -> None:
    some = {"arrival_7": np.array([3, 1]), "n_original_7": np.array(2), "requested_milli_7": np.array(2250)}
    workload = read(tmp_path, **some)
    assert workload.pods.names == ["p3", "p1"]
    assert workload.population().tolist() == [1, 1, 1, 1]


def test_what_is_listed_is_part_of_a_workload_and_of_its_canonical_form(tmp_path: Path) -> None:
    workload = read(tmp_path)
    write_trace(workload, tmp_path / "out")
    again = load_trace(tmp_path / "out")
    assert again.digest() == workload.digest()
    assert again.population().tolist() == workload.population().tolist()
    twice = PODS + "p4,1000,10,0,0,\n"
    (tmp_path / "twice").mkdir()
    order = {"arrival_7": np.array([2, 0, 3, 1, 4, 0]), "n_original_7": np.array(5)}
    assert read(tmp_path / "twice", pods=twice, **order).digest() != workload.digest()


def test_a_share_never_straddles_devices(tmp_path: Path) -> None:
    pods = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n" + "".join(f"p{i},10,10,1,600\n" for i in range(4))
    order = {"arrival_7": np.arange(4), "n_original_7": np.array(4), "requested_milli_7": np.array(2400)}
    run = sl.replay(read(tmp_path, pods=pods, **order), "best_fit")
    assert run.decisions["devices"].fillna("").tolist() == ["0:600", "0:600", "1:600", ""]  # on three devices
    assert run.decisions["reason"].tolist()[-1].count("Insufficient room on single devices") == 1


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("q,1,1,2,1500,", "field gpu_milli: a device has 1000 milli, not 1500"),
        ("q,1,1,1,1001,", "field gpu_milli: a device has 1000 milli, not 1001"),
        ("q,1,1,2,500,", "field gpu_milli: 500 milli of each of 2 devices"),
        ("q,1,1,1,0,", "field gpu_milli: 0 milli of each device"),
        ("q,1,1,3,1000,", "field num_gpu: 3 devices; no node has more than 2"),
        ("q,1,1,1,10,A10", "field gpu_spec: no node has the model 'A10'; did you mean A100?"),
        ("q,1,1,1,10,A100|<b>", "field gpu_spec: no node has the model '<b>'; the nodes have A100, T4"),
        ("q,1,1,1,10,A100|", "field gpu_spec: no node has the model ''"),
        ("q,1,1,-1,10,", "field num_gpu: '-1' is not a whole number"),
        ("p0,1,1,1,10,", "field name: the pod 'p0' is in row 1 already"),
    ],
)
def test_pods_that_no_node_can_take_are_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InputError, match=r"pods.csv, row 5, ") as caught:
        read(tmp_path, pods=PODS + row + "\n")
    assert told in str(caught.value)


def test_models_of_pods_without_devices_mean_nothing(tmp_path: Path) -> None:
    pods, nodes, _ = files(tmp_path, pods=PODS + "q,1,1,0,0,nothing\n")
    assert read_pods(pods, read_nodes(nodes)).templates[-1].spec.affinity is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"node_rank_7": np.arange(4)}, "it ranks 4 nodes"),
        ({"node_rank_7": np.array([0, 1, 1])}, "its node ranks are not 0, 1, ..."),
        ({"n_original_7": np.array(9)}, "9 of its 6 arrivals are no clones"),
        ({"arrival_7": np.array([2, 0, 3, 4, 0, 2])}, "it names row 4"),
        ({"arrival_7": np.array([2, 0, 3, 2, 0, 2])}, "a pod arrives twice before the clones do"),
        ({"arrival_7": np.array([2, 0, 3, 1]), "n_original_7": np.array(3)}, "clones come, but only 3 of the pods"),
        ({"requested_milli_7": np.array(5)}, "they ask for 3250 milli in this order, it says 5"),
    ],
)
def test_an_order_of_other_lists_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, **changes)
    assert str(caught.value) == (
        f"{tmp_path / 'order.npz'}: it is not a sequence of pods.csv (4 pods) and 3 nodes: {told}; "
        "name the file that was made for these lists"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"n_original_7": None}, "field n_original_7: it is missing"),
        ({"arrival_7": None, "arrival_3": np.arange(2)}, "field seed: there is no seed 7; it has 3"),
        ({"arrival_7": np.array([0.5])}, "field arrival_7: it holds float64"),
        ({"arrival_7": np.array([[1]])}, "field arrival_7: it has shape (1, 1)"),
        ({"arrival_7": np.array([None])}, "this is no sequence file"),  # pickled, and not read
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, **changes)
    assert f"order.npz{', ' if told.startswith('field') else ': '}{told}" in str(caught.value)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_sequence(tmp_path / "none.npz", 1)
    (tmp_path / "text.npz").write_text("text")
    with pytest.raises(InputError, match="this is no sequence file"):
        read_sequence(tmp_path / "text.npz", 1)


def test_as_an_option_of_the_trace(data: Path) -> None:
    workload = load_trace("openb", variant="multigpu50", sequence="reference", seed=51)
    assert (len(workload.nodes), workload.report["clones"]) == (1213, 0)
    assert workload.population().sum() == 9061
    with pytest.raises(InputError, match="option sequence goes with variant and seed only"):
        load_trace("openb", sequence="reference", load=0.5)
    with pytest.raises(InputError, match="there is no seed 0; it has 42, 43"):
        load_trace("openb", sequence="reference")
