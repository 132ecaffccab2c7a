"""Small problems for property tests, with every kind of rule."""

from __future__ import annotations

import numpy as np

from schedlab.placement.problem import problem_of
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Group, Limit, Near, Spread


def drawn_problem(seed, *, rules=True, devices=True):
    """Return a problem of a few classes and types, drawn from a seed."""
    rng = np.random.default_rng(seed)
    classes, types = (int(n) for n in rng.integers(1, 5, 2))
    demand = rng.integers(0, 6, (classes, 2))
    capacity, size = rng.integers(3, 16, (types, 2)), rng.integers(1, 4, types)
    count = rng.integers(1, 6, classes)
    given = {
        "compatible": rng.random((classes, types)) < 0.85,
        "weight": rng.integers(1, 9, classes),
        "priority": rng.integers(0, 3, classes) * 10,
        "cost": rng.integers(1, 9, types),
        "locality": rng.integers(0, 4, (classes, types)),
        "occupied": rng.random(types) < 0.2,
    }
    if devices and rng.random() < 0.6:
        kinds = np.array([(0, 0), (1, 300), (1, 500), (1, 1000), (2, 1000), (2, 400)])
        given["share"] = kinds[rng.integers(0, len(kinds), classes)]
        given["devices"] = tuple(
            tuple(sorted((int(left) for left in rng.choice([1000, 1000, 700, 200], rng.integers(0, 4))), reverse=True))
            for _ in range(types)
        )
    if rules and rng.random() < 0.8:
        given |= _rules(rng, classes, size)
    given["class_of"] = rng.permutation(np.repeat(np.arange(classes), count))
    return problem_of(f"drawn {seed}", ["cpu", "memory"], demand, count, capacity, size, **given)


def _rules(rng, classes, size):
    types = len(size)
    groups = tuple(
        Group(f"group {i}", rng.random(classes) < 0.5, np.where(rng.random(types) < 0.15, rng.integers(1, 3, types), 0))
        for i in range(int(rng.integers(1, 4)))
    )

    def one():
        who, whom = (int(each) for each in rng.integers(0, len(groups), 2))
        key = ["zone", HOST, EVERYWHERE][rng.integers(0, 3)]
        match rng.integers(0, 5):
            case 0:
                return Apart(key, who, whom)
            case 1:
                return Near(key, who, whom)
            case 2:
                skew, eligible = int(rng.integers(1, 3)), rng.random(types) < 0.8
                return Spread(key, who, whom, skew, eligible, int(rng.integers(1, 4)))
            case 3:
                resource = int(rng.integers(-1, 2))
                stay = int((groups[who].residents * size).sum()) if resource < 0 else 0
                return Limit(key, who, resource, stay + int(rng.integers(0, 9)))
            case _:
                return Gang(who, int(rng.integers(2, 5)))

    return {
        "domains": {"zone": rng.integers(-1, 3, types)},
        "groups": groups,
        "rules": tuple(one() for _ in range(int(rng.integers(1, 4)))),
    }
