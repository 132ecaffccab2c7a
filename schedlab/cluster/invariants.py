"""Invariants: the columns must equal what the live pods add up to. Slow and written apart from the fast code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.cluster.classes import UNPLACEABLE
from schedlab.cluster.pods import NOT_STARTED
from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from schedlab.cluster.state import Cluster


class InvariantError(SchedlabError):
    """The cluster's state contradicts itself: a defect of schedlab, not of its input."""


def check(cluster: Cluster) -> None:
    """Recount every node from its pods.

    ``used <= allocatable`` is not checked: real traces start overcommitted.

    Raises
    ------
    InvariantError
        Naming the column, the node, and both values.
    """
    nodes, pods, most = cluster.nodes, cluster.pods, int(UNPLACEABLE)
    names = list(nodes.resources)
    on: list[list[int]] = [[] for _ in nodes.nodes]
    for pod in range(len(pods)):
        position = int(pods.node[pod])
        if position >= len(on):
            raise InvariantError(f"pod {pods.name(pod)} is on node number {position} of {len(on)}")
        if position >= 0:
            on[position].append(pod)
        elif cluster.devices.of(pod):
            raise InvariantError(f"pod {pods.name(pod)} holds devices and is on no node")
        elif pods.start[pod] != NOT_STARTED or pods.terminating[pod]:
            raise InvariantError(f"pod {pods.name(pod)} is on no node, but started or terminating")
        if pods.preempted[pod] and not pods.terminating[pod]:
            raise InvariantError(f"pod {pods.name(pod)} is preempted, but not terminating")
    _check_shares(cluster, on)
    for position, node in enumerate(nodes.nodes):
        name = node.metadata.name
        if nodes.find(name) != position:
            raise InvariantError(f"node {name} is found at {nodes.find(name)}, not at {position}")
        if sorted(cluster.pods_on(position).tolist()) != on[position]:
            raise InvariantError(f"node {name} lists other pods than those bound to it")
        classes = [cluster.classes[pods.cls[pod]] for pod in on[position]]
        expected = {"used pods": (nodes.used[names.index("pods"), position], len(classes))}
        for row, resource in enumerate(names):
            if resource != "pods":
                expected[f"used {resource}"] = (
                    nodes.used[row, position], sum(min(cls.requests.get(resource, 0), most) for cls in classes),
                )  # fmt: skip
            expected[f"limits {resource}"] = (
                nodes.limits[row, position], sum(min(cls.limits.get(resource, 0), most) for cls in classes),
            )  # fmt: skip
        for row, resource in enumerate(("cpu", "memory")):
            expected[f"used_nonzero {resource}"] = (
                nodes.used_nonzero[row, position], sum(min(cls.nonzero[row], most) for cls in classes),
            )  # fmt: skip
        held = [pair for pod in on[position] for pair in cluster.devices.of(pod)]
        for device, have in enumerate(nodes.devices[:, position].tolist()):
            expected[f"devices {device}"] = (have, sum(milli for number, milli in held if number == device))
        usage = (pods.usage_cpu, pods.usage_memory)
        for row, column in enumerate(usage):
            total = sum(float(column[pod]) for pod in on[position])
            if abs(nodes.usage[row, position] - total) > 1e-6 * max(1.0, total):
                raise InvariantError(f"usage {names[row]} of node {name} is {nodes.usage[row, position]}, not {total}")
        for what, (have, want) in expected.items():
            if have != want:
                raise InvariantError(f"{what} of node {name} is {have:.0f}, its pods add up to {want}")


def _check_shares(cluster: Cluster, on: list[list[int]]) -> None:
    """Recount what the pods of each tenant ask for, if that is kept."""
    if cluster.shares is None:
        return
    pods, most = cluster.pods, int(UNPLACEABLE)
    expected: dict[tuple[int, str], int] = {}
    for pod in (pod for there in on for pod in there):
        for resource, amount in {**cluster.classes[pods.cls[pod]].requests, "pods": 1}.items():
            key = int(pods.tenant[pod]), resource
            expected[key] = expected.get(key, 0) + min(amount, most)
    for tenant in {int(tenant) for tenant in pods.tenant[: len(pods)]}:
        for resource, have in zip(cluster.nodes.resources, cluster.shares.held(tenant).tolist(), strict=True):
            if have != (want := expected.get((tenant, resource), 0)):
                raise InvariantError(f"tenant {tenant} has {have} {resource}, its pods add up to {want}")
