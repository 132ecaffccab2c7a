"""Other origins of problems: vector bin packing files, workloads, manifests."""

from __future__ import annotations

import numpy as np
import pytest
from plain_placement import faults
from worlds import node, pod, us, world

import schedlab as sl
from schedlab.errors import InputError
from schedlab.placement.origins.manifests import manifests
from schedlab.placement.origins.plans import plan_of
from schedlab.placement.origins.vbp import vbp
from schedlab.placement.origins.workload import workload
from schedlab.placement.packing import pack
from schedlab.placement.realise import realise


def test_a_vbp_file_has_a_bin_for_each_item_and_equal_items_are_a_class(tmp_path):
    file = tmp_path / "few.vbp"
    file.write_text("2\n10 20\n3\n5 5 1\n3 0 2\n5 5 1\n")
    problem = vbp(file)
    assert problem.name == "few"
    assert problem.demand.tolist() == [[5, 5], [3, 0]]
    assert problem.count.tolist() == [2, 2]
    assert problem.class_of.tolist() == [0, 1, 1, 0]
    assert problem.capacity.tolist() == [[10, 20]]
    assert len(problem.nodes) == 4
    assert (pack(problem, rule="first_fit", order="given").sum(axis=0) > 0).sum() == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2\n10 20\n1\n5 -5 1\n", "row 4: a size of -5 in dimension 2; sizes are 0 or more"),
        ("2\n10 20\n1\n11 5 1\n", "row 4: a size of 11 in dimension 1, where a bin holds 10"),
        ("2\n10 20\n1\n5 5 0\n", "row 4: a demand of 0; a demand is 1 or more"),
        ("2\n10 20\n1\n5 5\n", "row 4: 2 numbers where 3 belong"),
        ("2\n10 20\n2\n5 5 1\n", "row 3: 2 items are announced, but 1 lines follow"),
        ("2\n10 20\n", "row 3: the number of items is missing"),
        ("", "row 1: the number of dimensions is missing"),
        ("2\n10 x\n0\n", "row 2: 'x' is no whole number"),
        ("0\n\n0\n", "row 1: 0 dimensions"),
        ("1\n10\n1\n5 9999999999\n", "row 4: more than 1000000 items"),
        (f"1\n{2**50}\n0\n", "row 2: a capacity of"),
        ("ü", "holds other characters"),
    ],
)
def test_a_broken_vbp_file_is_refused_with_the_line(tmp_path, text, told):
    file = tmp_path / "broken.vbp"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        vbp(file)
    assert str(file) in str(caught.value)


def test_a_missing_vbp_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        vbp(tmp_path / "none.vbp")


def test_a_workload_is_placed_as_of_an_instant_or_whole():
    rows = [pod("a", 0, 10, cpu=600), pod("b", 5, 10, cpu=600), pod("c", 20, cpu=600)]
    made = world([node("n"), node("m")], rows, [(8, "remove", "m"), (30, "add", "m")])
    everything = workload(made)
    assert everything.problem.pods == ("a", "b", "c")
    assert len(everything.problem.nodes) == 2
    assert pack(everything.problem).sum() == 2
    assert workload(made, us(5)).problem.pods == ("a", "b")
    assert workload(made, us(9)).problem.nodes == ("n",)
    assert workload(made, us(50)).problem.pods == ("c",)
    with pytest.raises(InputError, match="no pod of 'tiny' runs at"):
        workload(made, us(17))


def test_gangs_of_a_workload_need_as_many_as_it_says():
    made = sl.load_trace("generated")
    found = workload(made)
    assert len(found.problem.pods) == len(made.pods)
    assert faults(found.problem, np.zeros((len(found.problem.count), len(found.problem.nodes)), np.int64)) == []


QUOTAS = """
{apiVersion: v1, kind: Node, metadata: {name: n}, status: {allocatable: {cpu: "8", memory: 8Gi, pods: "9"}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: team},
 spec: {nodeName: n, containers: [{name: c, resources: {requests: {cpu: "1"}}}]}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: team},
 spec: {hard: {requests.cpu: "3", pods: "9", services: "1"}}}
---
{apiVersion: scheduling.x-k8s.io/v1alpha1, kind: PodGroup, metadata: {name: ring, namespace: team},
 spec: {minMember: 2}}
"""
POD = """
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: team, labels: {{{label}}}}}
spec: {{containers: [{{name: c, resources: {{requests: {{cpu: "{cpu}"}}}}}}]}}
"""
IN = "scheduling.x-k8s.io/pod-group: ring"


def test_manifests_give_quotas_and_gangs_and_a_plan(tmp_path):
    (tmp_path / "nodes.yaml").write_text(QUOTAS)
    new = [POD.format(name=f"new-{i}", label=IN, cpu=1) for i in range(2)] + [POD.format(name="large", label="", cpu=2)]
    (tmp_path / "pods.yaml").write_text("".join(new))
    (tmp_path / "notes.txt").write_text("no manifest")
    source = manifests(tmp_path)
    problem = source.problem
    assert source.notes == ()
    assert problem.name == tmp_path.stem
    gang_first = pack(problem, order="increasing total")
    assert faults(problem, gang_first) == []
    placement, unplaced = realise(problem, gang_first)
    assert (sorted(placement), unplaced) == (["new-0", "new-1"], ("large",))
    large_first = realise(problem, pack(problem, order="decreasing total"))
    assert (sorted(large_first[0]), large_first[1]) == (["large"], ("new-0", "new-1"))
    plan = plan_of(problem, placement, source.cluster)
    assert [len(group) for group in plan.groups] == [2]
    assert source.cluster.apply(plan).refused == ()


def test_running_pods_of_manifests_move_if_they_may(tmp_path):
    (tmp_path / "nodes.yaml").write_text(QUOTAS + POD.format(name="new", label=IN, cpu=1))
    source = manifests(tmp_path / "nodes.yaml", movable=True)
    assert source.problem.required.sum() == 1
    assert source.problem.runs_on.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("{scopes: [BestEffort]}", "a quota with scopes"),
        ("{hard: {limits.cpu: 1}}", "a quota of limits.cpu, where a problem counts requests"),
        ("{hard: {cpu: many}}", "'many' is no quantity"),
    ],
)
def test_what_manifests_say_and_no_problem_can_is_refused(tmp_path, more, told):
    quota = "\n---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: r}, spec: " + more + "}\n"
    file = tmp_path / "all.yaml"
    file.write_text(QUOTAS + POD.format(name="new", label=IN, cpu=1) + quota)
    with pytest.raises(InputError, match=told):
        manifests(file)


def test_a_group_without_pods_and_a_folder_without_manifests_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"there is no \.yaml, \.yml, \.json in it"):
        manifests(tmp_path)
    (tmp_path / "nodes.yaml").write_text(QUOTAS)
    with pytest.raises(InputError, match="PodGroup team/ring has no pods; name it in the label"):
        manifests(tmp_path)
