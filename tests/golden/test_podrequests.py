"""A pod's requests against kube-scheduler v1.34.1."""

import gzip
import json
from pathlib import Path
from typing import Any

from schedlab.objects import Pod, decode_object, nonzero_requests, pod_requests, score_requests


def test_every_pod_requests_what_it_does_in_kubernetes(data: Path) -> None:
    with gzip.open(data / "golden/kube-1.34/podrequests.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    assert len(cases) >= 150
    assert [case["id"] for case in cases if told(case["pending"]) != case["expect"]] == []


def test_pods_in_the_middle_of_a_resize_leave_as_much_room_as_in_kubernetes(data: Path) -> None:
    wrong, resizing = [], 0
    with gzip.open(data / "golden/kube-1.34/resources.jsonl.gz", "rt") as lines:
        for case in map(json.loads, lines):
            used: dict[str, dict[str, int]] = {}
            touched = {pod["spec"]["nodeName"] for pod in case["pods"] if "containerStatuses" in pod.get("status", {})}
            for pod in case["pods"]:
                add(used.setdefault(pod["spec"]["nodeName"], {"pods": 1}), {"pods": 1} | requests(pod))
            for node in case["nodes"]:
                name = node["metadata"]["name"]
                expected = case["expect"]["filter"][name]
                if name in touched and expected.get("plugin", "NodeResourcesFit") == "NodeResourcesFit":
                    resizing += 1
                    if reasons(case, node, used[name]) != sorted(expected.get("reasons", [])):
                        wrong.append((case["id"], name))
    assert resizing > 100
    assert wrong == []


def told(manifest: dict[str, Any]) -> dict[str, dict[str, int]]:
    pod = decode_object(manifest, "Pod")
    assert isinstance(pod, Pod)
    both = {"nodeNonZero": nonzero_requests(pod), "scoreNonZero": score_requests(pod)}
    named = {key: {"cpu": cpu, "memory": memory} for key, (cpu, memory) in both.items()}
    return {"requests": pod_requests(pod), **named}


def requests(manifest: dict[str, Any]) -> dict[str, int]:
    return told(manifest)["requests"]


def add(total: dict[str, int], amounts: dict[str, int]) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + amount


def reasons(case: dict[str, Any], node: dict[str, Any], used: dict[str, int]) -> list[str]:
    """Why the pending pod does not fit the node, in NodeResourcesFit's words."""
    fit = [p["args"] for p in case["profile"].get("pluginConfig", []) if p["name"] == "NodeResourcesFit"]
    ignored = [name for args in fit for name in args.get("ignoredResources", [])]
    groups = tuple(f"{group}/" for args in fit for group in args.get("ignoredResourceGroups", []))
    status = {"containers": [{"name": "all", "resources": {"requests": node["status"]["allocatable"]}}]}
    allocatable = requests({"metadata": {"name": "as-a-pod"}, "spec": status})
    pods = int(node["status"]["allocatable"]["pods"])
    lacking = [
        f"Insufficient {name}"
        for name, amount in requests(case["pending"]).items()
        if amount > max(0, allocatable.get(name, 0) - used.get(name, 0))
        and not (name in ignored or name.startswith(groups))
    ]
    return sorted(lacking + (["Too many pods"] if used["pods"] > pods else []))
