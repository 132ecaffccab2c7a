"""PodTopologySpread and InterPodAffinity object by object, straight from manifests: slow, and obviously right."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

Manifest = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
HOSTNAME = "kubernetes.io/hostname"


@dataclass
class Place:
    """A node and the pods bound to it."""

    node: Manifest
    pods: list[Manifest] = field(default_factory=list)
    nominated: list[Manifest] = field(default_factory=list)

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.node["metadata"].get("labels", {}))


def namespace(pod: Manifest) -> str:
    return str(pod["metadata"].get("namespace", "default"))


def labels(pod: Manifest) -> dict[str, str]:
    return dict(pod["metadata"].get("labels", {}))


def demands(selector: Manifest) -> bool:
    return bool(selector.get("matchLabels") or selector.get("matchExpressions"))


def matches(selector: Manifest | None, given: dict[str, str]) -> bool:
    if selector is None:
        return False
    for key, value in selector.get("matchLabels", {}).items():
        if given.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        has, value = each["key"] in given, given.get(each["key"])
        met = {
            "Exists": has,
            "DoesNotExist": not has,
            "In": has and value in each.get("values", []),
            "NotIn": not has or value not in each.get("values", []),
        }[each["operator"]]
        if not met:
            return False
    return True


# spreading


def constraints(pod: Manifest, action: str) -> list[Manifest]:
    found = []
    for each in pod["spec"].get("topologySpreadConstraints", []):
        if each["whenUnsatisfiable"] == action:
            own = {key: labels(pod)[key] for key in each.get("matchLabelKeys", []) if key in labels(pod)}
            selector = each.get("labelSelector")
            if own:
                extra = [{"key": key, "operator": "In", "values": [value]} for key, value in own.items()]
                selector = dict(selector or {})
                selector["matchExpressions"] = selector.get("matchExpressions", []) + extra
            found.append({**each, "labelSelector": selector})
    return found


def admitted(constraint: Manifest, pod: Manifest, place: Place) -> bool:
    wanted = pod["spec"].get("nodeSelector", {})
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor":
        for key, value in wanted.items():
            if place.labels.get(key) != value:
                return False
    return not (constraint.get("nodeTaintsPolicy", "Ignore") == "Honor" and place.node.get("spec", {}).get("taints"))


def alike(constraint: Manifest, pod: Manifest, others: list[Manifest]) -> int:
    selector, count = constraint["labelSelector"], 0
    if selector is not None and not demands(selector):
        return 0
    for other in others:
        ends = "deletionTimestamp" in other["metadata"]
        if not ends and namespace(other) == namespace(pod) and matches(selector, labels(other)):
            count += 1
    return count


def spread_filter(pod: Manifest, world: list[Place], here: Place, guests: list[Manifest]) -> int:
    hard = constraints(pod, "DoNotSchedule")
    keys = {each["topologyKey"] for each in hard}
    tables: list[dict[str, int]] = []
    for each in hard:
        table: dict[str, int] = {}
        for place in world:
            if keys <= place.labels.keys() and admitted(each, pod, place):
                value = place.labels[each["topologyKey"]]
                table[value] = table.get(value, 0) + alike(each, pod, place.pods)
                if place is here:
                    for guest in guests:
                        if namespace(guest) == namespace(pod) and matches(each["labelSelector"], labels(guest)):
                            table[value] += 1
        tables.append(table)
    for each, table in zip(hard, tables, strict=True):
        if each["topologyKey"] not in here.labels:
            return 2
        least = min(table.values(), default=0)
        if len(table) < each.get("minDomains", 1):
            least = 0
        itself = int(matches(each["labelSelector"], labels(pod)))
        if table.get(here.labels[each["topologyKey"]], 0) + itself - least > each["maxSkew"]:
            return 1
    return 0


def spread_scores(pod: Manifest, world: list[Place], feasible: list[Place]) -> list[tuple[int, int]] | None:
    """Return raw and normalised scores of the feasible nodes, None if the rule is out."""
    soft = constraints(pod, "ScheduleAnyway")
    if not soft:
        return None
    keys = {each["topologyKey"] for each in soft}
    counted = [place for place in feasible if keys <= place.labels.keys()]
    raw: dict[int, int] = {}
    for place in counted:
        score = 0.0
        for each in soft:
            key = each["topologyKey"]
            if key == HOSTNAME:
                domains, count = len(counted), alike(each, pod, place.pods)
            else:
                domains, count = len({other.labels[key] for other in counted}), 0
                for other in world:
                    same = keys <= other.labels.keys() and other.labels[key] == place.labels[key]
                    if same and admitted(each, pod, other):
                        count += alike(each, pod, other.pods)
            score += count * math.log(domains + 2) + (each["maxSkew"] - 1)
        raw[id(place)] = math.floor(score + 0.5)
    low, high = min(raw.values(), default=0), max(raw.values(), default=0)
    scaled = {at: 100 if high == 0 else 100 * (high + low - score) // high for at, score in raw.items()}
    return [(raw.get(id(place), 0), scaled.get(id(place), 0)) for place in feasible]


# affinity


def terms(pod: Manifest, part: str, when: str) -> list[Manifest]:
    return list(pod["spec"].get("affinity", {}).get(part, {}).get(when, []))


def means(term: Manifest, owner: Manifest, other: Manifest, namespaces: dict[str, dict[str, str]]) -> bool:
    """Whether the term of a bound pod means another."""
    named, selector = term.get("namespaces", []), term.get("namespaceSelector")
    if not named and selector is None:
        named = [namespace(owner)]
    place = namespace(other)
    if place not in named and not (selector is not None and matches(selector, namespaces.get(place, {}))):
        return False
    return matches(term.get("labelSelector"), labels(other))


def means_incoming(term: Manifest, owner: Manifest, other: Manifest, namespaces: dict[str, dict[str, str]]) -> bool:
    """Whether the term of a pending pod means another: namespaces must exist, but for v1.34.1's defect."""
    selector, place = term.get("namespaceSelector"), namespace(other)
    if selector is None or matches(selector, {}):
        if selector is None:
            return means(term, owner, other, namespaces)
        return matches(term.get("labelSelector"), labels(other))
    inside = place in term.get("namespaces", []) or (place in namespaces and matches(selector, namespaces[place]))
    return inside and matches(term.get("labelSelector"), labels(other))


def affinity_filter(
    pod: Manifest, world: list[Place], here: Place, guests: list[Manifest], namespaces: dict[str, dict[str, str]]
) -> int:
    near, apart = terms(pod, "podAffinity", REQUIRED), terms(pod, "podAntiAffinity", REQUIRED)
    unwelcome: set[tuple[str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    shunned: set[tuple[str, str]] = set()

    def carries() -> bool:
        return any(
            means(term, other, pod, namespaces) and term["topologyKey"] in place.labels
            for place in world
            for other in place.pods
            for term in terms(other, "podAntiAffinity", REQUIRED)
        )

    if not near and not apart and not carries():
        return 0  # the rule is out, whoever is nominated
    for place in world:
        for other in place.pods + (guests if place is here else []):
            for term in terms(other, "podAntiAffinity", REQUIRED):
                if means(term, other, pod, namespaces) and term["topologyKey"] in place.labels:
                    unwelcome.add((term["topologyKey"], place.labels[term["topologyKey"]]))
            if near and all(means_incoming(term, pod, other, namespaces) for term in near):
                for term in near:
                    if term["topologyKey"] in place.labels:
                        wanted.add((term["topologyKey"], place.labels[term["topologyKey"]]))
            for term in apart:
                if means_incoming(term, pod, other, namespaces) and term["topologyKey"] in place.labels:
                    shunned.add((term["topologyKey"], place.labels[term["topologyKey"]]))
    pairs = set(here.labels.items())
    if any(term["topologyKey"] not in here.labels for term in near):
        return 3
    if any((term["topologyKey"], here.labels[term["topologyKey"]]) not in wanted for term in near) and not (
        not wanted and all(means_incoming(term, pod, pod, namespaces) for term in near)
    ):
        return 3
    if pairs & shunned:
        return 1
    return 2 if pairs & unwelcome else 0


def affinity_scores(
    pod: Manifest, world: list[Place], feasible: list[Place], namespaces: dict[str, dict[str, str]], hard: int = 1
) -> list[tuple[int, int]] | None:
    """Return raw and normalised scores of the feasible nodes, None if the rule is out."""
    sums: dict[tuple[str, str], int] = {}
    for place in world:
        for other in place.pods:
            found = []
            for part, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
                for each in terms(pod, part, PREFERRED):
                    if means_incoming(each["podAffinityTerm"], pod, other, namespaces):
                        found.append((each["podAffinityTerm"], sign * each["weight"]))
                for each in terms(other, part, PREFERRED):
                    if means(each["podAffinityTerm"], other, pod, namespaces):
                        found.append((each["podAffinityTerm"], sign * each["weight"]))
            for term in terms(other, "podAffinity", REQUIRED):
                if hard and means(term, other, pod, namespaces):
                    found.append((term, hard))
            for term, weight in found:
                if term["topologyKey"] in place.labels:
                    pair = term["topologyKey"], place.labels[term["topologyKey"]]
                    sums[pair] = sums.get(pair, 0) + weight
    if not sums:
        return None
    raw = [sum(sums.get(pair, 0) for pair in place.labels.items()) for place in feasible]
    low, high = min(raw), max(raw)
    return [(each, 0 if low == high else int(100.0 * ((each - low) / (high - low)))) for each in raw]


def judge(
    pod: Manifest, world: list[Place], namespaces: dict[str, dict[str, str]]
) -> tuple[list[tuple[int, int]], dict[str, list[tuple[int, int]]]]:
    """Return each node's codes (spread, affinity; -1: not asked) and the scores of the feasible nodes by rule."""
    codes = []
    for place in world:
        own = pod["spec"].get("priority", 0)
        guests = [each for each in place.nominated if each["spec"].get("priority", 0) >= own and each is not pod]
        verdict = (0, 0)
        for present in [guests, []] if guests else [[]]:
            spread = spread_filter(pod, world, place, present)
            affinity = -1 if spread else affinity_filter(pod, world, place, present, namespaces)
            verdict = spread, affinity
            if verdict != (0, 0):
                break
        codes.append(verdict)
    feasible = [place for place, verdict in zip(world, codes, strict=True) if verdict == (0, 0)]
    scores: dict[str, list[tuple[int, int]]] = {}
    if feasible:
        for name, found in (
            ("PodTopologySpread", spread_scores(pod, world, feasible)),
            ("InterPodAffinity", affinity_scores(pod, world, feasible, namespaces)),
        ):
            if found is not None:
                scores[name] = found
    return codes, scores
