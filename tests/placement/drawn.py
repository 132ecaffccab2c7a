"""Random placement problems with every kind of constraint."""

import random
from dataclasses import dataclass, field

import numpy as np

from schedlab.placement.problem import Problem, problem_of
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Group, Limit, Near, Rule, Spread

ROOMS = (1000, 1000, 1000, 700, 500, 300)
SHARES = ((0, 0), (0, 0), (1, 1000), (1, 500), (1, 300), (1, 700), (2, 1000), (2, 500))
KEYS = (HOST, "zone", EVERYWHERE)
KINDS = ("apart", "near", "spread", "limit", "gang")
RESOURCES = ("cpu", "memory", "pods")


@dataclass
class Site:
    """A node with all that tells it from others."""

    capacity: tuple[int, ...]
    devices: tuple[int, ...]
    open: tuple[bool, ...]  # by class
    zone: int
    cost: int
    locality: tuple[int, ...]
    occupied: bool
    residents: tuple[int, ...]  # by group
    current: list[int] = field(default_factory=list)  # by class

    def key(self) -> tuple[object, ...]:
        return (self.capacity, self.devices, self.open, self.zone, self.cost, self.locality, self.occupied,
                self.residents, tuple(self.current))  # fmt: skip


def drawn_problem(
    seed: int,
    *,
    nodes: int = 4,
    pods: int = 8,
    classes: int = 4,
    rules: int = 3,
    devices: bool = True,
    running: bool = True,
    kinds: tuple[str, ...] = KINDS,
) -> Problem:
    """Return a problem of at most so many nodes, pods, classes and rules; the defaults suit brute force.

    Nodes that are equal in all become a type, in the order of their first.
    """
    draw = random.Random(f"placement {seed}")
    count = _counts(draw, pods, classes)
    demand = [[draw.randint(0, 4) for _ in RESOURCES[:-1]] + [1] for _ in count]
    share = [draw.choice(SHARES) if devices else (0, 0) for _ in count]
    groups = draw.randint(1, 3)
    sites = _sites(draw, max(draw.randint(1, nodes), draw.randint(1, nodes)), len(count), groups, pods, devices)
    runs = [
        _run(draw, sites, cls, demand[cls], share[cls]) if running else []
        for cls in range(len(count))
        for _ in range(count[cls])
    ]
    where = [each[0] if each else -1 for each in runs]
    kinds_of = {site.key(): None for site in sites}
    first = {key: index for index, key in enumerate(kinds_of)}
    of_type = [next(site for site in sites if site.key() == key) for key in first]
    members = [[draw.random() < 0.6 for _ in count] for _ in range(groups)]
    class_of = [cls for cls, many in enumerate(count) for _ in range(many)]
    return problem_of(
        f"drawn {seed}",
        RESOURCES,
        demand,
        count,
        [site.capacity for site in of_type],
        [1] * len(of_type),  # type_of says it
        type_of=np.array([first[site.key()] for site in sites]),
        compatible=np.array([site.open for site in of_type]).T,
        share=share,
        devices=tuple(site.devices for site in of_type),
        priority=[draw.choice((0, 0, 5, 10)) for _ in count],
        weight=[draw.randint(1, 9) for _ in count],
        required=[sum(where[pod] >= 0 for pod, own in enumerate(class_of) if own == cls) for cls in range(len(count))],
        cost=[site.cost for site in of_type],
        locality=np.array([site.locality for site in of_type]).T,
        current=np.array([site.current for site in of_type]).T,
        move_cost=[draw.randint(0, 3) for _ in count],
        occupied=[site.occupied for site in of_type],
        domains={"zone": np.array([site.zone for site in of_type])},
        groups=tuple(
            Group(f"group-{index}", np.array(members[index]), np.array([site.residents[index] for site in of_type]))
            for index in range(groups)
        ),
        rules=tuple(_rule(draw, draw.choice(kinds), groups, of_type, pods) for _ in range(draw.randint(0, rules))),
        class_of=class_of,
        runs_on=np.array(where),
    )


def drawn_objective(seed: int) -> tuple[str, ...]:
    """Return the names of a lexicographic objective that places pods first."""
    draw = random.Random(f"objective {seed}")
    then = ["nodes", "cost", "moves", "locality", "fragmentation"]
    return (draw.choice(("priority", "pods", "weight")), *draw.sample(then, draw.randint(0, 3)))


def drawn_assignment(problem: Problem, seed: int, *, fill: float = 0.8) -> np.ndarray:
    """Return pods put on random nodes where the sizes allow it, now and then where they don't."""
    draw = random.Random(f"assignment {seed}")
    assignment = np.zeros((len(problem.count), len(problem.nodes)), np.int64)
    left = problem.capacity[problem.type_of].copy()
    for cls, many in enumerate(problem.count.tolist()):
        for _ in range(many):
            node = draw.randrange(len(problem.nodes))
            fits = problem.compatible[cls, problem.type_of[node]] and (problem.demand[cls] <= left[node]).all()
            if draw.random() < fill and (fits or draw.random() < 0.02):
                assignment[cls, node] += 1
                left[node] -= problem.demand[cls]
    return assignment


def _counts(draw: random.Random, pods: int, classes: int) -> list[int]:
    count = [1] * max(draw.randint(1, min(classes, pods)), draw.randint(1, min(classes, pods)))
    for _ in range(max(draw.randint(0, pods - len(count)), draw.randint(0, pods - len(count)))):
        count[draw.randrange(len(count))] += 1
    return count


def _sites(draw: random.Random, nodes: int, classes: int, groups: int, pods: int, devices: bool) -> list[Site]:
    scale = max(1, pods // nodes // 2)  # so that load stays about the same

    def shape() -> Site:
        resident = [draw.choice((0, 0, 0, 0, 1, 2)) if draw.random() < 0.4 else 0 for _ in range(groups)]
        room = sorted((draw.choice(ROOMS) for _ in range(draw.choice((0, 1, 2, 2, 4)))), reverse=True)
        return Site(
            capacity=(draw.randint(3, 8) * scale, draw.randint(3, 8) * scale, draw.randint(2, 4) * scale),
            devices=tuple(room) if devices else (),
            open=tuple(draw.random() < 0.85 for _ in range(classes)),
            zone=draw.choice((-1, 0, 0, 1, 1, 2)),
            cost=draw.randint(0, 4),
            locality=tuple(draw.choice((0, 0, 1, 3)) for _ in range(classes)),
            occupied=any(resident) or draw.random() < 0.2,
            residents=tuple(resident),
            current=[0] * classes,
        )

    shapes = [shape() for _ in range(draw.randint(1, 3))]
    sites = []
    for _ in range(nodes):
        like, other = draw.choice(shapes), shape()
        if draw.random() < 0.3:  # of the same make, in another place
            like = Site(like.capacity, like.devices, like.open, other.zone, like.cost, like.locality, other.occupied,
                        other.residents, [])  # fmt: skip
        sites.append(Site(*[getattr(like, name) for name in Site.__annotations__ if name != "current"], [0] * classes))
    return sites


def _run(draw: random.Random, sites: list[Site], cls: int, demand: list[int], share: tuple[int, int]) -> list[int]:
    """Let a pod run on a random node that has room for it (capacity already counts what stays); or on none."""
    node = draw.randrange(len(sites))
    site = sites[node]
    taken = sum(site.current)
    alone = all(asked * (taken + 1) <= there for asked, there in zip(demand, site.capacity, strict=True))
    room = not share[0] or sum(left >= share[1] for left in site.devices) >= share[0] * (taken + 1)
    if draw.random() < 0.3 and site.open[cls] and alone and room:
        site.current[cls] += 1
        return [node]
    return []


def _rule(draw: random.Random, kind: str, groups: int, types: list[Site], pods: int) -> Rule:
    key, who, whom = draw.choice(KEYS), draw.randrange(groups), draw.randrange(groups)
    if kind == "apart":
        return Apart(key, who, whom)
    if kind == "near":
        return Near(key, who, whom)
    if kind == "spread":
        eligible = [draw.random() < 0.8 and (key != "zone" or site.zone >= 0) for site in types]
        return Spread(key, who, whom, draw.randint(1, 2), np.array(eligible), draw.choice((1, 1, 1, 2, 3)))
    if kind == "limit":
        domain = draw.choice((0, 1)) if key == "zone" and draw.random() < 0.5 else None
        return Limit(key, who, draw.choice((-1, -1, 0, 1)), draw.randint(0, pods), domain)
    return Gang(who, draw.randint(2, max(2, pods // 2)))
