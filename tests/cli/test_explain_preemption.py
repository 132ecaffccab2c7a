"""``schedlab explain`` of a pod that fits nowhere: whom it would have evicted, in words."""

import json
from pathlib import Path

import pytest

from schedlab.cli import main

POD = "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {}, labels: {{app: {}}}}}, spec: {{{}}}}}\n"
ASKS = "containers: [{name: c, resources: {requests: {cpu: %s}}}]"
NODE = (
    "---\n{apiVersion: v1, kind: Node, metadata: {name: %s}, status: {allocatable: {cpu: 2, memory: 1Gi, pods: 20}}}\n"
)
BUDGET = (
    "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web},"
    " spec: {selector: {matchLabels: {app: web}}}}\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bound(name, node, cpu, priority, app="x"):
    return POD.format(name, app, f"nodeName: {node}, priority: {priority}, {ASKS % cpu}")


def explain(capsys, cluster, pod, *more):
    Path("cluster.yaml").write_text(cluster)
    Path("pod.yaml").write_text(POD.format("p", "x", pod))
    status = main(["explain", "-f", "cluster.yaml", "--pod", "pod.yaml", *more])
    printed = capsys.readouterr()
    return (printed.out or printed.err).splitlines(), status


def test_the_node_the_victims_and_their_budgets_are_named(capsys):
    cluster = NODE % "a" + NODE % "b" + BUDGET + bound("x", "a", 1, 3, "web") + bound("y", "a", 1, 2, "web")
    told, status = explain(capsys, cluster + bound("z", "b", 2, 9), f"priority: 7, {ASKS % 2}")
    assert status == 0
    assert told[:5] == [
        "default/p under kubernetes: 0 of 2 nodes feasible",
        "it fits nowhere: 2 Insufficient cpu",
        "preemption would nominate a and evict default/x (priority 3), default/y (priority 2)",
        "2 of these evictions violate a PodDisruptionBudget",
        "",
    ]


def test_how_many_other_nodes_would_do_is_told(capsys):
    cluster = "".join(NODE % name for name in "abc") + bound("x", "a", 2, 1) + bound("y", "b", 2, 1)
    told, _ = explain(capsys, cluster + bound("z", "c", 2, 1), f"priority: 7, {ASKS % 1}")
    assert told[2:4] == [
        "preemption would nominate a and evict default/x (priority 1)",
        "2 other nodes would do as well, all at the same price",
    ]
    told, _ = explain(capsys, cluster + bound("z", "c", 2, 0), f"priority: 7, {ASKS % 1}")
    assert told[3] == "2 other nodes would do as well, none at the same price"
    told, _ = explain(capsys, cluster + bound("z", "c", 2, 2), f"priority: 7, {ASKS % 1}")
    assert told[3] == "2 other nodes would do as well, 1 at the same price"


def test_of_many_victims_the_first_are_named(capsys):
    cluster = NODE % "a" + "".join(bound(f"x{i}", "a", "200m", 9 - i) for i in range(10))
    told, _ = explain(capsys, cluster, f"priority: 10, {ASKS % 2}")
    text = " ".join(line.strip() for line in told[2:4])
    assert text.startswith("preemption would nominate a and evict default/x0 (priority 9), default/x1 (priority 8)")
    assert text.endswith("default/x7 (priority 2) and 2 more")


def test_why_not_is_told_in_kube_schedulers_words(capsys):
    told, status = explain(capsys, NODE % "a" + bound("x", "a", 2, 9), f"priority: 7, {ASKS % 1}")
    assert status == 0
    assert told[2] == "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    told, _ = explain(capsys, NODE % "a" + bound("x", "a", 2, 9), f"preemptionPolicy: Never, {ASKS % 1}")
    assert told[2] == "preemption: not eligible due to preemptionPolicy=Never."


def test_a_profile_without_preemption_says_nothing_of_it(capsys):
    told, _ = explain(capsys, NODE % "a" + bound("x", "a", 2, 0), f"priority: 7, {ASKS % 1}", "--scheduler", "best_fit")
    assert told[2] == ""


def test_json_has_the_golden_structure(capsys):
    told, _ = explain(capsys, NODE % "a" + bound("x", "a", 2, 0), f"priority: 7, {ASKS % 1}", "--json")
    assert json.loads("\n".join(told))["postFilter"] == {
        "ok": True,
        "nominatedNode": "a",
        "victims": ["default/x"],
        "candidates": {"a": {"victims": ["default/x"], "numPDBViolations": 0}},
        "best": ["a"],
    }


def test_names_do_not_command_the_terminal(capsys):
    cluster = NODE % '"a\\e[31m"' + bound('"x\\e[2J[bold]"', '"a\\e[31m"', 2, 0)
    told, _ = explain(capsys, cluster, f"priority: 7, {ASKS % 1}")
    assert told[2] == "preemption would nominate a\ufffd[31m and evict default/x\ufffd[2J[bold] (priority 0)"


def test_an_unknown_priority_class_is_one_line_and_status_2(capsys):
    known = "---\n{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 5}\n"
    told, status = explain(capsys, NODE % "a" + known, f"priorityClassName: hihg, {ASKS % 1}")
    assert (status, told) == (
        2,
        [
            "schedlab: error: field pod default/p spec.priorityClassName: no PriorityClass with name hihg was found; "
            "known: high"
        ],
    )
