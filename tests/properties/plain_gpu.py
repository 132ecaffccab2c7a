"""GPU sharing and the policies of Weng et al. (ATC 2023), one node, one device, one class after the other.

Written from the paper and from a description of the authors' program, apart from the package.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ask:
    """What a pod, or a class of pods, asks for: ``milli`` of each of ``count`` devices; no models: any."""

    cpu: int
    count: int = 0
    milli: int = 0
    models: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "share" if self.milli < 1000 else f"{self.count} whole"


@dataclass
class Machine:
    """A node: what is left of it, and the pods with devices on it."""

    name: str
    cpu: int
    gpus: list[int]
    model: str
    hosts: list[Ask] = field(default_factory=list)

    def fits(self, ask: Ask) -> bool:
        if ask.cpu > self.cpu:
            return False
        if not ask.count:
            return True
        return (not ask.models or self.model in ask.models) and sum(g >= ask.milli for g in self.gpus) >= ask.count

    def tightest(self, ask: Ask) -> list[int]:
        fit = [(left, j) for j, left in enumerate(self.gpus) if left >= ask.milli]
        return [j for _, j in sorted(fit)[: ask.count]] if len(fit) >= ask.count else []

    def with_taken(self, ask: Ask, devices: list[int]) -> Machine:
        gpus = [left - ask.milli * (j in devices) for j, left in enumerate(self.gpus)]
        return Machine(self.name, self.cpu - ask.cpu, gpus, self.model, [*self.hosts, ask])


BUCKETS = ("q1", "q2", "q3", "q4", "xl", "xr", "na")


def buckets(machine: Machine, classes: list[tuple[Ask, float]]) -> dict[str, float]:
    """Split what is idle by what stands in the way of each class; q3 is no fragment."""
    found = dict.fromkeys(BUCKETS, 0.0)
    idle = sum(machine.gpus)
    for ask, weight in classes:
        enough_cpu = machine.cpu >= ask.cpu
        enough_gpus = sum(g >= ask.milli for g in machine.gpus) >= ask.count
        if ask.count == 0:
            found["xl" if enough_cpu else "xr"] += weight * idle
        elif ask.models and machine.model not in ask.models:
            found["na"] += weight * idle
        elif enough_cpu and enough_gpus:
            crumbs = sum(g for g in machine.gpus if g < ask.milli)
            found["q2"] += weight * crumbs
            found["q3"] += weight * (idle - crumbs)
        elif enough_cpu:
            found["q2"] += weight * idle
        else:
            found["q4" if enough_gpus else "q1"] += weight * idle
    return found


def fragments(machine: Machine, classes: list[tuple[Ask, float]]) -> float:
    found = buckets(machine, classes)
    total = 0.0
    for name in ("q1", "q2", "q4", "xl", "xr", "na"):
        total += found[name]
    return total


def fgd(machine: Machine, ask: Ask, classes: list[tuple[Ask, float]]) -> tuple[int, list[int]]:
    """Return the score and the devices."""

    def score(devices: list[int]) -> int:
        rise = fragments(machine.with_taken(ask, devices), classes) - fragments(machine, classes)
        return int(100 * (1 / (1 + math.exp(rise / 1000))))

    if ask.count == 1 and ask.milli < 1000:
        choices = [(-score([j]), j) for j, left in enumerate(machine.gpus) if left >= ask.milli]
        best, device = min(choices)
        return -best, [device]
    devices = [j for j, left in enumerate(machine.gpus) if left >= ask.milli][: ask.count]
    return score(devices), devices


def dot_product(machine: Machine, ask: Ask) -> int:
    cpu = machine.cpu / 128000 * (ask.cpu / 128000)
    gpu = sum(machine.gpus) / 8000 * (ask.count * ask.milli / 8000)
    return int(100 * (1 - (cpu + gpu) / 2))


def best_fit(machine: Machine, ask: Ask) -> int:
    left = 0.5 * (machine.cpu - ask.cpu) / 128000
    if machine.gpus:
        left += 0.5 * (sum(machine.gpus) - ask.count * ask.milli) / 8000
    return int(100 * (1 - left))


def packing(machine: Machine, ask: Ask) -> int:
    if not ask.count:
        return 0
    idle = machine.gpus.count(1000)
    if idle == len(machine.gpus):
        return max(33 - idle, idle)
    taken = [left for left in sorted(machine.gpus) if left >= ask.milli][: ask.count]
    if used := taken.count(1000):
        return max(50 - used, 33)
    return max(100 - (100 * taken[0] // 1000) // 10, 50)


def clustering(machine: Machine, ask: Ask) -> int:
    if not ask.count:
        return 0
    base = 25 * (8000 - sum(machine.gpus)) // 8000
    kinds = {each.kind for each in machine.hosts if each.count}
    if ask.kind in kinds:
        return base + (75 if len(kinds) == 1 else 50)
    return base + (0 if kinds else 25)


PLAIN = {
    "gpu_dot_product": dot_product,
    "gpu_best_fit": best_fit,
    "gpu_packing": packing,
    "gpu_clustering": clustering,
}


def place(
    policy: str, machines: list[Machine], ask: Ask, classes: list[tuple[Ask, float]]
) -> tuple[str, list[int]] | None:
    """Return the node with the highest score, the first of equals, and the devices; None: the pod fits nowhere."""
    best = None
    for machine in machines:
        if machine.fits(ask):
            if policy == "fgd":
                score, devices = fgd(machine, ask, classes)
            else:
                score, devices = PLAIN[policy](machine, ask), machine.tightest(ask)
            if best is None or score > best[0]:
                best = score, machine.name, devices
    return best and best[1:]
