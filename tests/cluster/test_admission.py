"""Priority classes: what a pod that names one, or none, is given."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tiny import node, pod, says

from schedlab import Cluster, InputError, Pod, load_manifests
from schedlab.cluster.snapshot import read_snapshot
from schedlab.objects import ObjectMeta, PriorityClass

HIGH = PriorityClass(metadata=ObjectMeta(name="high"), value=1000)
LOW = PriorityClass(metadata=ObjectMeta(name="low"), value=-3, preemption_policy="Never")
CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {}}}\nvalue: {}\nglobalDefault: {}\n"
NODE = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n"


def asking(name: str = "", priority: int | None = None, policy: Any = None) -> Pod:
    made = pod("p", 100, priority=priority)
    return replace(made, spec=replace(made.spec, priority_class_name=name, preemption_policy=policy))


def given(asked: Pod, *classes: PriorityClass) -> tuple[int, bool]:
    """Return the priority that a pod gets, and whether it preempts."""
    cluster = Cluster([node("a")], objects=classes)
    (row,) = cluster.add_pods([asked])
    found = cluster.classes[cluster.pods.cls[row]]
    return found.priority, found.preempts


def test_a_pod_gets_the_value_and_the_policy_of_its_class() -> None:
    assert given(asking("high"), HIGH, LOW) == (1000, True)
    assert given(asking("low"), HIGH, LOW) == (-3, False)
    assert given(asking("high", 1000, "PreemptLowerPriority"), HIGH) == (1000, True)


def test_the_classes_of_the_system_are_always_there() -> None:
    assert given(asking("system-cluster-critical")) == (2_000_000_000, True)
    assert given(asking("system-node-critical")) == (2_000_001_000, True)


def test_a_pod_that_names_none_gets_the_global_default_of_the_lowest_value_or_zero() -> None:
    defaults = [replace(HIGH, global_default=True), replace(LOW, global_default=True)]
    assert given(asking(), *defaults) == (-3, False)
    assert given(asking(), HIGH, LOW) == (0, True)
    assert given(asking(priority=7), *defaults) == (7, True)


def test_an_unknown_class_is_told_with_the_nearest() -> None:
    text = "field pod default/p spec.priorityClassName: no PriorityClass with name hihg was found; known: high"
    with says(InputError, text):
        given(asking("hihg"), HIGH, LOW)


def test_a_pod_of_a_class_that_is_not_shown_keeps_the_priority_that_it_was_admitted_with() -> None:
    assert given(asking("gone", 42)) == (42, True)


def test_what_contradicts_the_class_is_told_with_both() -> None:
    with says(
        InputError,
        "field pod default/p spec.priority: priority 7 is given, but PriorityClass high has 1000; leave it out",
    ):
        given(asking("high", 7), HIGH)
    with says(
        InputError,
        "field pod default/p spec.preemptionPolicy: Never is given, but PriorityClass high has PreemptLowerPriority; "
        "leave it out",
    ):
        given(asking("high", policy="Never"), HIGH)


OWN = (
    "PriorityClass system-node-critical: of the system's own the value is 2000001000, and it is no default; "
    "leave the class out"
)


@pytest.mark.parametrize(
    ("name", "value", "default", "text"),
    [
        (
            "x", 1_000_000_001, "false",
            ".value: PriorityClass x: 1000000001 is above 1000000000, the highest that a user's class may have; "
            "lower it",
        ),
        (
            "system-x", 1, "false",
            ".metadata.name: PriorityClass system-x: names that begin with system- are the system's; name it otherwise",
        ),
        ("system-node-critical", 1, "false", f".value: {OWN}"),
        ("system-node-critical", 2_000_001_000, "true", f".value: {OWN}"),
        ("x", 2**31, "false", ".value: PriorityClass x: the number is out of range; write one <= 2147483647"),
    ],
)  # fmt: skip
def test_what_no_api_server_takes_is_refused(name: str, value: int, default: str, text: str) -> None:
    with says(InputError, f"row 1, field ${text}"):
        load_manifests(CLASS.format(name, value, default))


def test_the_highest_values_are_taken() -> None:
    for name, value in (("x", 1_000_000_000), ("system-node-critical", 2_000_001_000), ("y", -(2**31))):
        (made,) = load_manifests(CLASS.format(name, value, "false"))
        assert made == PriorityClass(metadata=ObjectMeta(name=name), value=value)


def test_two_classes_of_one_name_are_refused() -> None:
    text = CLASS.format("x", 1, "false") + "---\n" + CLASS.format("x", 2, "false") + NODE
    with says(InputError, "PriorityClass 'x' stands in the cluster's manifests 2 times; keep one of them"):
        read_snapshot([text])


def test_a_budget_that_selects_no_pod_is_noted() -> None:
    head = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: %s}\nspec: {selector: %s}\n"
    bound = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {app: web}}\nspec: {nodeName: a}\n"
    web, none, empty = (
        head % each for each in (("web", "{matchLabels: {app: web}}"), ("b", "{matchLabels: {app: b}}"), ("e", "{}"))
    )
    _, notes = read_snapshot([NODE + web + none + empty + bound])
    assert notes == (
        "PodDisruptionBudget default/b selects no pod",
        "PodDisruptionBudget default/e selects no pod",
    )


def test_the_past_of_a_pod_is_read_from_its_status() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nspec: {nodeName: a}\n"
        "metadata: {name: x, deletionTimestamp: '2026-01-01T00:00:00Z'}\n"
        "status: {startTime: '1970-01-01T01:00:02.5+01:00', conditions: "
        "[{type: DisruptionTarget, status: 'True', reason: %s}]}\n"
    )
    for reason, preempted in (("PreemptionByScheduler", True), ("EvictionByEvictionAPI", False)):
        cluster, _ = read_snapshot([text % reason + NODE])
        assert (cluster.pods.start[0], cluster.pods.terminating[0]) == (2_500_000, True)
        assert cluster.pods.preempted[0] == preempted
    for wrong in ("yesterday", "2026-01-01T00:00:00"):
        told = f"startTime '{wrong}' is no time; write it as in 2026-01-31T12:00:00Z"
        with says(InputError, f"field pod default/x status.startTime: {told}"):
            read_snapshot([(text % "R").replace("1970-01-01T01:00:02.5+01:00", wrong) + NODE])
