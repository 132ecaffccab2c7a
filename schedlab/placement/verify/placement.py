"""Placement: what is wrong with pods, by name, on nodes and devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from schedlab.extensions import nearest
from schedlab.placement.verify.facts import Facts
from schedlab.placement.verify.placed import Placed
from schedlab.placement.verify.rules import wrong_rules
from schedlab.placement.verify.sizes import wrong_counts, wrong_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.problem import Problem
    from schedlab.placement.verify.placed import Content

Placement = Mapping[str, tuple[str, Sequence[tuple[int, int]]]]  # pod: node, (device, milli) each


def check_placement(problem: Problem, placement: Placement, unplaced: Sequence[str]) -> list[str]:
    """Return a line for each thing that is wrong with a placement; none: it is right.

    Parameters
    ----------
    placement
        The node of each pod that has one, and (device, milli) for each device it takes; devices are numbered as
        `Problem.devices` lists them.
    unplaced
        The other pods.
    """
    facts = Facts(problem)
    if wrong := [*_wrong_names(facts, placement, unplaced)]:
        return wrong
    nodes = {name: node for node, name in enumerate(facts.nodes)}
    content: Content = {}
    for pod, cls in enumerate(facts.class_of):
        if facts.pods[pod] in placement:
            pods = content.setdefault(nodes[placement[facts.pods[pod]][0]], {})
            pods[cls] = pods.get(cls, 0) + 1
    placed = Placed(facts, content)
    wrong = [*wrong_counts(placed), *_wrong_evictions(facts, placement), *wrong_nodes(placed)]
    return [*wrong, *_wrong_devices(facts, placement, nodes), *wrong_rules(placed)]


def _wrong_names(facts: Facts, placement: Placement, unplaced: Sequence[str]) -> Iterator[str]:
    known, nodes = set(facts.pods), set(facts.nodes)
    told = Counter(unplaced)
    for pod in {*placement, *told} - known:
        yield f"there is no pod {pod!r}; {nearest(pod, known)}"
    for pod, (node, _) in placement.items():
        if node not in nodes:
            yield f"pod {pod}: there is no node {node!r}; {nearest(node, nodes)}"
    for pod in facts.pods:
        times = told[pod] + (pod in placement)
        if times != 1:
            yield f"pod {pod} is {'neither placed nor unplaced' if not times else 'told of more than once'}"


def _wrong_evictions(facts: Facts, placement: Placement) -> Iterator[str]:
    """Tell of running pods that lose their place to others of their class."""
    running: dict[int, list[str]] = {}
    for pod, cls in enumerate(facts.class_of):
        if facts.runs_on[pod] >= 0:
            running.setdefault(cls, []).append(facts.pods[pod])
    for cls, pods in sorted(running.items()):
        lost = [pod for pod in pods if pod not in placement]
        if len(pods) - len(lost) < min(facts.required[cls], len(pods)):
            yield f"{facts.name_of(cls)}: {', '.join(lost)} ran and got no node, {facts.required[cls]} must keep one"


def _wrong_devices(facts: Facts, placement: Placement, nodes: Mapping[str, int]) -> Iterator[str]:
    taken: dict[tuple[int, int], int] = {}
    for pod, cls in enumerate(facts.class_of):
        if facts.pods[pod] not in placement:
            continue
        name, devices = placement[facts.pods[pod]]
        node, (many, milli) = nodes[name], facts.share[cls]
        numbers = {device for device, _ in devices}
        if len(devices) != many or len(numbers) != many or any(each != milli for _, each in devices):
            told = ", ".join(f"{each} milli of {device}" for device, each in devices) or "no device"
            yield f"pod {facts.pods[pod]}: takes {told}, asks for {milli} milli of each of {many} devices"
        for device, each in devices:
            taken[node, device] = taken.get((node, device), 0) + each
    for (node, device), milli in sorted(taken.items()):
        room = facts.devices[facts.type_of[node]]
        if not 0 <= device < len(room):
            yield f"node {facts.nodes[node]}: there is no device {device}, it has {len(room)}"
        elif milli > room[device]:
            yield f"node {facts.nodes[node]}: device {device} has {room[device]} milli left, {milli} are taken"
