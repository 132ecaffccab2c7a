"""What is wrong with an assignment, in plain loops: capacities, devices, compatibility and the rules between pods."""

from __future__ import annotations

from collections import Counter

from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread


def faults(problem, assignment):
    """Return what is wrong, as lines."""
    pods = [
        (cls, node)
        for cls in range(assignment.shape[0])
        for node in range(assignment.shape[1])
        for _ in range(int(assignment[cls, node]))
    ]
    found = list(_counts(problem, pods))
    for node, kind in enumerate(problem.type_of.tolist()):
        here = [cls for cls, at in pods if at == node]
        for r, name in enumerate(problem.resources):
            if sum(int(problem.demand[cls, r]) for cls in here) > problem.capacity[kind, r]:
                found.append(f"node {node} has too little {name}")
        found += [f"class {cls} may not be on node {node}" for cls in here if not problem.compatible[cls, kind]]
        asked = sorted((tuple(problem.share[cls].tolist()) for cls in here if problem.share[cls, 0]), reverse=True)
        if not _packs(sorted(problem.devices[kind]), asked):
            found.append(f"node {node} has too few devices")
    for rule in problem.rules:
        if not _holds(problem, rule, pods):
            found.append(f"{rule} is broken")
    return found


def _counts(problem, pods):
    placed = Counter(cls for cls, _ in pods)
    for cls in range(len(problem.count)):
        if not problem.required[cls] <= placed[cls] <= problem.count[cls]:
            yield f"{placed[cls]} pods of class {cls}"


def _packs(room, asked):
    """Whether devices can serve all, by trying every choice."""
    if not asked:
        return True
    (devices, milli), rest = asked[0], asked[1:]

    def choose(start, left, taken):
        if not left:
            return _packs([each - milli * (i in taken) for i, each in enumerate(room)], rest)
        return any(choose(i + 1, left - 1, taken | {i}) for i in range(start, len(room)) if room[i] >= milli)

    return choose(0, devices, frozenset())


def _domain(problem, key, node):
    if key == EVERYWHERE:
        return 0
    return node if key == HOST else int(problem.domains[key][problem.type_of[node]])


def _holds(problem, rule, pods):
    group = problem.groups[rule.who]
    if isinstance(rule, Gang):
        placed = sum(bool(group.members[cls]) for cls, _ in pods)
        return placed == 0 or placed >= rule.least
    nodes = range(len(problem.type_of))
    domain = {node: _domain(problem, rule.key, node) for node in nodes}
    if isinstance(rule, Limit):
        for d in set(domain.values()) - {-1}:
            if rule.domain in (None, d):
                used = sum(
                    1 if rule.resource < 0 else int(problem.demand[cls, rule.resource])
                    for cls, node in pods
                    if domain[node] == d and group.members[cls]
                )
                stay = sum(int(group.residents[problem.type_of[node]]) for node in nodes if domain[node] == d)
                if used + (stay if rule.resource < 0 else 0) > rule.amount:
                    return False
        return True
    whom = problem.groups[rule.whom]
    check = {Apart: _apart, Near: _near, Spread: _spread}[type(rule)]
    return check(problem, rule, pods, domain, group, whom)


def _stay(problem, group, domain, d):
    return sum(int(group.residents[kind]) for node, kind in enumerate(problem.type_of.tolist()) if domain[node] == d)


def _apart(problem, rule, pods, domain, who, whom):
    for d in set(domain.values()) - {-1}:
        here = [cls for cls, node in pods if domain[node] == d]
        for i, one in enumerate(here):
            others = here[:i] + here[i + 1 :]
            if who.members[one] and (any(whom.members[o] for o in others) or _stay(problem, whom, domain, d)):
                return False
            if whom.members[one] and _stay(problem, who, domain, d):
                return False
    return True


def _near(problem, rule, pods, domain, who, whom):
    alone = set()
    for cls, node in pods:
        if not who.members[cls]:
            continue
        d = domain[node]
        if d == -1:
            return False
        mates = [c for c, at in pods if domain[at] == d and whom.members[c]]
        if _stay(problem, whom, domain, d) or any(not who.members[c] for c in mates):
            continue
        if not mates:
            return False
        alone.add(d)
    anywhere = any(int(whom.residents[kind]) for kind in problem.type_of.tolist())
    return len(alone) <= (0 if anywhere else 1)


def _spread(problem, rule, pods, domain, who, whom):
    eligible = [n for n in domain if domain[n] != -1 and rule.eligible[problem.type_of[n]]]
    count = Counter({domain[node]: 0 for node in eligible})
    for node in eligible:
        count[domain[node]] += int(whom.residents[problem.type_of[node]])
    for cls, node in pods:
        if node in eligible and whom.members[cls]:
            count[domain[node]] += 1
    least = 0 if len(count) < rule.least_domains or not count else min(count.values())
    for cls, node in pods:
        if who.members[cls] and (domain[node] == -1 or count[domain[node]] > least + rule.skew):
            return False
    return True
