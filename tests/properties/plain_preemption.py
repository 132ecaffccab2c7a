"""Preemption by loops over dicts, as kube-scheduler v1.34 does it; no code is shared with schedlab.

A node is ``{"name", "cpu", "memory", "pods"}``; a pod is ``{"name", "cpu", "memory", "ports", "priority", "start",
"labels", "terminating", "preempted", "node", "nominated", "never"}``, in which ``ports`` are (address, port), ``start``
is None or a number, and ``node`` and ``nominated`` are names or None. A budget is ``{"labels", "allowed",
"disrupted"}``.
"""

from __future__ import annotations

from typing import Any

Thing = dict[str, Any]
PORTS = "node(s) didn't have free ports for the requested pod ports"


def rejection(pod: Thing, node: Thing, there: list[Thing]) -> tuple[str, bool, list[str]] | None:
    """Return plug-in, whether eviction could help, and reasons; None if the pod fits beside those that are there."""
    for address, port in pod["ports"]:
        for other in there:
            for taken, number in other["ports"]:
                if number == port and (taken == address or "0.0.0.0" in (taken, address)):
                    return "NodePorts", True, [PORTS]
    reasons, helps = [], True
    if len(there) + 1 > node["pods"]:
        reasons.append("Too many pods")
    for resource in ("cpu", "memory"):
        if pod[resource] and pod[resource] > node[resource] - sum(other[resource] for other in there):
            reasons.append(f"Insufficient {resource}")
            if pod[resource] > node[resource]:
                helps = False
    return ("NodeResourcesFit", helps, sorted(reasons)) if reasons else None


def with_nominees(pod: Thing, node: Thing, there: list[Thing], pods: list[Thing]) -> tuple[str, bool, list[str]] | None:
    """Return the same with the pods nominated for the node of at least this priority, and then without."""
    guests = [
        other
        for other in pods
        if other is not pod and other["nominated"] == node["name"] and other["priority"] >= pod["priority"]
    ]
    found = rejection(pod, node, there + guests) if guests else None
    return found or rejection(pod, node, there)


def important(pod: Thing) -> tuple[int, float]:
    """Return what sorts pods, the most important first."""
    return -pod["priority"], float("inf") if pod["start"] is None else pod["start"]


def violating(pods: list[Thing], budgets: list[Thing]) -> list[str]:
    """Return the names of the pods whose eviction violates a budget."""
    left = [budget["allowed"] for budget in budgets]
    found = []
    for pod in pods:
        bad = False
        for i, budget in enumerate(budgets):
            if not pod["labels"] or not budget["labels"]:
                continue
            if all(pod["labels"].get(key) == value for key, value in budget["labels"].items()):
                if pod["name"] in budget["disrupted"]:
                    continue
                left[i] -= 1
                if left[i] < 0:
                    bad = True
        if bad:
            found.append(pod["name"])
    return found


def on_node(pod: Thing, node: Thing, pods: list[Thing], budgets: list[Thing]) -> Any:
    """Return (victims, violations), or a tuple of three that says why not."""
    there = [other for other in pods if other["node"] == node["name"]]
    lower = [other for other in there if other["priority"] < pod["priority"]]
    if not lower:
        return None, False, ["No preemption victims found for incoming pod"]
    there = [other for other in there if other not in lower]
    if found := with_nominees(pod, node, there, pods):
        return found
    lower.sort(key=important)
    bad = violating(lower, budgets)
    victims = []
    for other in [each for each in lower if each["name"] in bad] + [each for each in lower if each["name"] not in bad]:
        if with_nominees(pod, node, [*there, other], pods):
            victims.append(other)
        else:
            there = [*there, other]
    victims.sort(key=lambda each: lower.index(each))
    return [each["name"] for each in victims], sum(each["name"] in bad for each in victims)


def preempt(
    pod: Thing, nodes: list[Thing], pods: list[Thing], budgets: list[Thing], offset: int = 0, wanted: int | None = None
) -> Thing | None:
    """Return what preemption finds; None if the pod fits somewhere.

    ``offset`` and ``wanted`` are where the search begins among the nodes on which it could help, and how many
    candidates end it; None: all are tried.
    """
    first = {}
    for node in nodes:
        found = with_nominees(pod, node, [other for other in pods if other["node"] == node["name"]], pods)
        if found is None:
            return None
        first[node["name"]] = found
    if pod["never"]:
        return {"reasons": ["preemption: not eligible due to preemptionPolicy=Never."]}
    mine = pod["nominated"]
    if mine in first and first[mine][1]:
        for other in pods:
            lower = other["node"] == mine and other["priority"] < pod["priority"]
            if lower and other["terminating"] and other["preempted"]:
                return {"reasons": ["preemption: not eligible due to a terminating pod on the nominated node."]}
    helped = [node for node in nodes if first[node["name"]][1]]
    good, bad, rejected = {}, {}, {}
    for i in range(len(helped)):
        node = helped[(i + offset) % len(helped)]
        found = on_node(pod, node, pods, budgets)
        if len(found) == 3:
            rejected[node["name"]] = found
            continue
        kind = bad if found[1] else good
        if wanted is None or len(kind) < wanted:
            kind[node["name"]] = found
        if wanted is not None and good and len(good) + len(bad) >= wanted:
            break
    candidates = good | bad
    if not candidates:
        counts: dict[str, int] = {}
        for _, _, reasons in rejected.values():
            for reason in reasons:
                counts[reason] = counts.get(reason, 0) + 1
        if len(rejected) < len(nodes):
            counts["Preemption is not helpful for scheduling"] = len(nodes) - len(rejected)
        told = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
        return {"reasons": [f"preemption: 0/{len(nodes)} nodes are available: {told}."], "rejected": rejected}
    return {"candidates": candidates, "rejected": rejected, "best": cheapest(candidates, nodes, pods)}


def cheapest(candidates: Thing, nodes: list[Thing], pods: list[Thing]) -> list[str]:
    """Return the names of the nodes that tie for the best, in the order of the nodes."""
    by_name = {pod["name"]: pod for pod in pods}
    left = [node["name"] for node in nodes if node["name"] in candidates]

    def keep(cost: Any) -> None:
        least = min(cost(name) for name in left)
        left[:] = [name for name in left if cost(name) == least]

    def victims(name: str) -> list[Thing]:
        return [by_name[each] for each in candidates[name][0]]

    def highest(name: str) -> int:
        return max(each["priority"] for each in victims(name))

    keep(lambda name: candidates[name][1])
    keep(highest)
    keep(lambda name: sum(each["priority"] + 2**31 for each in victims(name)))
    keep(lambda name: len(victims(name)))
    keep(lambda name: -min(important(each)[1] for each in victims(name) if each["priority"] == highest(name)))
    return left
