"""Results made by hand, for the checker: pods by name on nodes and devices."""

from collections.abc import Sequence
from itertools import combinations

from placement.oracle import Where

from schedlab.placement.level import Level
from schedlab.placement.problem import Problem
from schedlab.placement.result import Result, Status

Devices = tuple[tuple[int, int], ...]


def matched(problem: Problem, where: Where) -> Where:
    """Return the placement with running pods where they run, if a pod of their class is there."""
    classes, runs = problem.class_of.tolist(), problem.runs_on.tolist()
    open_ = [(cls, node) for cls, node in zip(classes, where, strict=True) if node is not None]
    found: Where = [None] * len(classes)
    for stays in (True, False):
        for pod in sorted(range(len(classes)), key=lambda pod: runs[pod] < 0):  # those that run are first to be moved
            slots = [slot for slot in open_ if slot[0] == classes[pod] and (slot[1] == runs[pod] or not stays)]
            if found[pod] is None and slots:
                open_.remove(slots[0])
                found[pod] = slots[0][1]
    return found


def deal(room: Sequence[int], asked: Sequence[tuple[int, int]]) -> list[Devices] | None:
    """Return the devices of each pod by trying all, or None."""
    if not asked:
        return []
    (many, milli), *others = asked
    for chosen in combinations(range(len(room)), many):
        left = [there - milli if device in chosen else there for device, there in enumerate(room)]
        if min(left, default=0) >= 0 and (rest := deal(left, others)) is not None:
            return [tuple((device, milli) for device in chosen), *rest]
    return None


def placed(problem: Problem, where: Where, phantoms: Sequence[int] = ()) -> dict[str, tuple[str, Devices]]:
    """Return a placement by name, with devices dealt so that as many phantoms fit each node beside."""
    found: dict[str, tuple[str, Devices]] = {}
    where = matched(problem, where)
    phantom = problem.phantom.tolist().index(True) if phantoms else 0
    for node, kind in enumerate(problem.type_of.tolist()):
        pods = [pod for pod, there in enumerate(where) if there == node]
        classes = [int(problem.class_of[pod]) for pod in pods] + [phantom] * (phantoms[node] if phantoms else 0)
        asked = [(int(problem.share[cls, 0]), int(problem.share[cls, 1])) for cls in classes]
        dealt = deal(problem.devices[kind], asked)
        assert dealt is not None
        found |= {problem.pods[pod]: (problem.nodes[node], devices) for pod, devices in zip(pods, dealt, strict=False)}
    return found


def result_of(problem: Problem, levels: Sequence[Level], values: tuple[int, ...], placement, **given) -> Result:
    """Return a result that claims to be optimal."""
    unplaced = tuple(pod for pod in problem.pods if pod not in placement)
    parts = {
        "status": Status.OPTIMAL, "reason": "", "problem": problem.name, "levels": tuple(each.name for each in levels),
        "senses": tuple(each.sense for each in levels), "objective": values, "bound": values,
        "kinds": ("brute force",) * len(levels), "method": "brute force", "placement": placement,
        "unplaced": unplaced, "certificates": (None,) * len(levels), "trace": (), "wall": 0.0, "cpu": 0.0,
        "work": 0.0, "memory": 0, "seed": 0,
    }  # fmt: skip
    return Result(**(parts | given))
