"""Workloads drawn by hypothesis: few pods and nodes, short times, whatever a Workload may hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from schedlab.objects import Node, Pod, decode_object
from schedlab.workload import FOREVER, DataSet, NodeEvent, PodColumns, UsageCurves, Workload

LONGEST = 30  # microseconds, of submit times
ZONE = "topology.kubernetes.io/zone"
PODS: list[dict[str, Any]] = [
    {"spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}}]}},
    {
        "metadata": {"labels": {"app": "wéb"}, "namespace": "shop"},
        "spec": {
            "priority": -7,
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}],
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "0.1", "nvidia.com/gpu": "1"}, "limits": {"cpu": "2"}}},
                {"name": "b", "image": "x:1", "ports": [{"hostPort": 80, "containerPort": 80}]},
            ],
            "affinity": {
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"labelSelector": {"matchLabels": {"app": "wéb"}}, "topologyKey": "kubernetes.io/hostname"}
                    ]
                },
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {
                            "weight": 3,
                            "preference": {"matchExpressions": [{"key": ZONE, "operator": "In", "values": ["z1"]}]},
                        }
                    ]
                },
            },
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"},
            ],
        },
    },
    {"spec": {"priority": 10, "containers": [{"name": "a", "resources": {"requests": {"ephemeral-storage": "1k"}}}]}},
    {"spec": {"containers": [{"name": "a"}], "overhead": {"memory": "1e3"}}},
]
NODES: list[dict[str, Any]] = [
    {"status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}}},
    {
        "metadata": {"labels": {ZONE: "z1", "disk": "ssd"}},
        "spec": {"unschedulable": True, "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]},
        "status": {
            "capacity": {"cpu": "2500m", "memory": "1G", "pods": "7", "nvidia.com/gpu": "2"},
            "allocatable": {"cpu": "2", "memory": "0.9G", "pods": "7", "nvidia.com/gpu": "2"},
            "images": [{"names": ["x:1"], "sizeBytes": 5}],
        },
    },
    {"metadata": {"labels": {ZONE: "z2"}}, "status": {"capacity": {"cpu": "1", "hugepages-2Mi": "4Mi"}}},
]
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)


def pod(raw: dict[str, Any]) -> Pod:
    made = decode_object({**raw, "metadata": {"name": "template", **raw.get("metadata", {})}}, "Pod")
    assert isinstance(made, Pod)
    return made


def node(name: str, raw: dict[str, Any]) -> Node:
    made = decode_object({**raw, "metadata": {**raw.get("metadata", {}), "name": name}}, "Node")
    assert isinstance(made, Node)
    return made


@st.composite
def node_events(draw: st.DrawFn, names: list[str]) -> tuple[NodeEvent, ...]:
    """Draw a sequence in which only what is absent comes and only what is there goes."""
    there = {name: draw(st.booleans()) for name in names}
    found = []
    for time in sorted(draw(st.lists(st.integers(0, 2 * LONGEST), max_size=8))):
        name = draw(st.sampled_from(names))
        kind = draw(st.sampled_from(["remove", "cordon", "uncordon"])) if there[name] else "add"
        there[name] = kind != "remove"
        found.append(NodeEvent(time, kind, name))
    return tuple(found)


@st.composite
def usage_curves(draw: st.DrawFn, pods: int) -> UsageCurves:
    curves = [sorted(draw(st.sets(st.integers(1, LONGEST), max_size=3))) for _ in range(pods)]
    curves = [[0, *curve] if curve or draw(st.booleans()) else [] for curve in curves]
    first = np.cumsum([0, *map(len, curves)]).astype(np.int64)
    offset = np.array([at for curve in curves for at in curve], np.int64)
    amounts = np.arange(len(offset), dtype=np.float32)
    return UsageCurves(first, offset, amounts / 3, amounts * 1e9)


def owners(pods: int, names: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(-1, names - 1), min_size=pods, max_size=pods)


@st.composite
def workloads(draw: st.DrawFn, *, named: bool = False, most: int = 12) -> Workload:
    """Draw a workload; pods have names if asked."""
    nodes = tuple(node(f"n{i}", draw(st.sampled_from(NODES))) for i in range(draw(st.integers(1, 4))))
    submit = np.array(sorted(draw(st.lists(st.integers(0, LONGEST), min_size=1, max_size=most))), np.int64)
    count = len(submit)
    names = [f"p{i}" for i in range(count)] if named else None
    if not named and draw(st.booleans()):
        names = draw(st.lists(NAMES, min_size=count, max_size=count, unique=True))
    places = st.tuples(st.sampled_from(["node", "rack", "zone"]), st.sampled_from(["n0", "n1", "z1"]))
    datasets = tuple(
        DataSet(f"d{i}", draw(st.integers(0, 2**50)), tuple(draw(st.lists(places, max_size=3, unique=True))))
        for i in range(draw(st.integers(0, 3)))
    )
    columns: dict[str, Any] = {
        "duration": draw(st.lists(st.integers(1, LONGEST) | st.just(FOREVER), min_size=count, max_size=count)),
        "template": draw(st.lists(st.integers(0, len(PODS) - 1), min_size=count, max_size=count)),
        "dataset": draw(owners(count, len(datasets))),
        "initial": (submit == 0) & draw(st.booleans()),
        "tenant": draw(st.none() | owners(count, 3)),
        "job": draw(st.none() | owners(count, 4)),
        "walltime": draw(st.none() | st.lists(st.integers(1, LONGEST) | st.just(-1), min_size=count, max_size=count)),
    }
    slack = draw(st.none() | st.lists(st.integers(0, LONGEST) | st.none(), min_size=count, max_size=count))
    columns["deadline"] = slack and [-1 if s is None else at + s for at, s in zip(submit.tolist(), slack, strict=True)]
    gangs = columns["job"] and [columns["job"].count(job) for job in range(4)]
    kinds = dict.fromkeys(("duration", "walltime", "deadline"), np.int64) | {"initial": np.bool_}
    arrays = {
        name: None if values is None else np.array(values, kinds.get(name, np.int32))
        for name, values in columns.items()
    }
    return Workload(
        name="drawn",
        nodes=nodes,
        templates=tuple(map(pod, PODS)),
        pods=PodColumns(submit, names=names, **arrays),  # type: ignore[arg-type]
        node_events=draw(node_events([each.metadata.name for each in nodes])) if draw(st.booleans()) else (),
        datasets=datasets,
        usage=draw(usage_curves(count)) if draw(st.booleans()) else None,
        horizon=draw(st.none() | st.integers(LONGEST + 1, 2 * LONGEST)),
        report={"format": "drawn", "notes": ["so"]},
        tenants=("x", "y", "zé") if arrays["tenant"] is not None else (),
        jobs=("j0", "j1", "j2", "j3") if arrays["job"] is not None else (),
        min_available=None if gangs is None or draw(st.booleans()) else np.array(gangs, np.int32),
        gang_wait=draw(st.none() | st.integers(0, LONGEST)),
    )
