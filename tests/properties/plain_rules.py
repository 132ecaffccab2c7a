"""Kubernetes' rules on node selection, ports, images and volumes, one node at a time on plain manifests.

Slow and written apart from the package: nothing of it is used here. Each filter returns "" or a reason, each score a
number; a pod's claims that reject it everywhere are found by `rejection`.
"""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
ZONES = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"]


def labels_of(node: Manifest) -> dict[str, str]:
    return node["metadata"].get("labels", {})


def expression_holds(expression: Manifest, labels: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    operator = expression["operator"]
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return not (key in labels and labels[key] in values)
    try:
        have, bound = int(labels[key]), int(values[0])
    except (KeyError, ValueError):
        return False
    return have > bound if operator == "Gt" else have < bound


def term_holds(term: Manifest, node: Manifest) -> bool:
    expressions, fields = term.get("matchExpressions", []), term.get("matchFields", [])
    if not expressions and not fields:
        return False
    for field in fields:
        if (node["metadata"]["name"] in field["values"]) != (field["operator"] == "In"):
            return False
    return all(expression_holds(each, labels_of(node)) for each in expressions)


def node_affinity(pod: Manifest, node: Manifest) -> str:
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    for key, value in pod["spec"].get("nodeSelector", {}).items():
        if labels_of(node).get(key) != value:
            return "node(s) didn't match Pod's node affinity/selector"
    if REQUIRED in affinity and not any(term_holds(each, node) for each in affinity[REQUIRED]["nodeSelectorTerms"]):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def pinned_elsewhere(pod: Manifest, node: Manifest) -> bool:
    """Whether every required term names nodes, and none names this one."""
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    terms = affinity.get(REQUIRED, {}).get("nodeSelectorTerms", [])
    named: set[str] = set()
    for term in terms:
        ins = [set(each["values"]) for each in term.get("matchFields", []) if each["operator"] == "In"]
        if not ins:
            return False
        named |= set.intersection(*ins)
    return bool(terms) and node["metadata"]["name"] not in named


def preference(pod: Manifest, node: Manifest) -> int:
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    return sum(each["weight"] for each in affinity.get(PREFERRED, []) if term_holds(each["preference"], node))


def tolerated(taint: Manifest, tolerations: list[Manifest]) -> bool:
    for each in tolerations:
        if each.get("effect") and each["effect"] != taint["effect"]:
            continue
        if each.get("key") and each["key"] != taint["key"]:
            continue
        if each.get("operator") == "Exists" or each.get("value", "") == taint.get("value", ""):
            return True
    return False


def taints(pod: Manifest, node: Manifest) -> str:
    for taint in node["spec"].get("taints", []):
        if taint["effect"] != "PreferNoSchedule" and not tolerated(taint, pod["spec"].get("tolerations", [])):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    return ""


def unwelcome(pod: Manifest, node: Manifest) -> int:
    soft = [each for each in pod["spec"].get("tolerations", []) if each.get("effect") in (None, "", "PreferNoSchedule")]
    return sum(
        taint["effect"] == "PreferNoSchedule" and not tolerated(taint, soft) for taint in node["spec"].get("taints", [])
    )


def ports_of(pod: Manifest) -> list[tuple[str, str, int]]:
    found = []
    sidecars = [each for each in pod["spec"].get("initContainers", []) if each.get("restartPolicy") == "Always"]
    for container in pod["spec"]["containers"] + sidecars:
        for port in container.get("ports", []):
            if port.get("hostPort", 0) > 0:
                found.append((port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", port["hostPort"]))
    return found


def ports(pod: Manifest, there: list[Manifest]) -> str:
    for ip, protocol, number in ports_of(pod):
        for other in there:
            for ip2, protocol2, number2 in ports_of(other):
                if (protocol, number) == (protocol2, number2) and (ip == ip2 or "0.0.0.0" in (ip, ip2)):
                    return "node(s) didn't have free ports for the requested pod ports"
    return ""


def images(pod: Manifest, node: Manifest, nodes: list[Manifest]) -> int:
    def has(other: Manifest, name: str) -> bool:
        return any(name in image["names"] for image in other["status"].get("images", []))

    def size(name: str) -> int:
        for other in nodes:
            for image in other["status"].get("images", []):
                if name in image["names"]:
                    return int(image["sizeBytes"])
        return 0

    containers = pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
    total = 0
    for container in containers:
        name = container.get("image", "")
        if ":" not in name.split("/")[-1]:
            name += ":latest"
        if has(node, name):
            total += int(float(size(name)) * (sum(has(other, name) for other in nodes) / len(nodes)))
    low, high = 23 * 2**20, 1000 * 2**20 * len(containers)
    return 100 * (min(max(total, low), high) - low) // (high - low)


# volumes


def claims_of(pod: Manifest) -> list[str]:
    volumes = pod["spec"].get("volumes", [])
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


class Storage:
    """The objects, by kind and name; all are in one namespace."""

    def __init__(self, objects: list[Manifest]) -> None:
        self.all = objects

    def find(self, kind: str, name: str) -> Manifest | None:
        for each in self.all:
            if each["kind"] == kind and each["metadata"]["name"] == name:
                return each
        return None

    def bound(self, claim: Manifest) -> bool:
        return bool(claim["spec"].get("volumeName")) and "pv.kubernetes.io/bind-completed" in claim["metadata"].get(
            "annotations", {}
        )

    def late(self, claim: Manifest) -> bool:
        storage = self.find("StorageClass", claim["spec"].get("storageClassName", ""))
        waits = storage is not None and storage["volumeBindingMode"] == "WaitForFirstConsumer"
        return waits and not claim["spec"].get("volumeName")


def rejection(pod: Manifest, storage: Storage) -> tuple[str, str] | None:
    """Return the rule that rejects the pod on every node, and why."""
    for name in claims_of(pod):
        if storage.find("PersistentVolumeClaim", name) is None:
            return "VolumeRestrictions", f'persistentvolumeclaim "{name}" not found'
    for name in claims_of(pod):
        claim = storage.find("PersistentVolumeClaim", name)
        assert claim is not None
        if not storage.bound(claim) and not storage.late(claim):
            return "VolumeBinding", "pod has unbound immediate PersistentVolumeClaims"
    for name in claims_of(pod):
        volume = (storage.find("PersistentVolumeClaim", name) or {"spec": {}})["spec"].get("volumeName")
        if volume and storage.find("PersistentVolume", volume) is None:
            return "VolumeZone", f'persistentvolume "{volume}" not found'
    return None


def restrictions(pod: Manifest, everybody: list[Manifest], storage: Storage) -> str:
    for name in claims_of(pod):
        claim = storage.find("PersistentVolumeClaim", name)
        once = claim is not None and "ReadWriteOncePod" in claim["spec"]["accessModes"]
        if once and any(name in claims_of(other) for other in everybody):
            return (
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use "
                "by another pod"
            )
    return ""


def handle(name: str, storage: Storage) -> tuple[str, str] | None:
    claim = storage.find("PersistentVolumeClaim", name)
    if claim is None:
        return None
    volume = storage.find("PersistentVolume", claim["spec"].get("volumeName", ""))
    if volume is not None:
        csi = volume["spec"].get("csi")
        return (csi["driver"], csi["volumeHandle"]) if csi else None
    provided = storage.find("StorageClass", claim["spec"].get("storageClassName", ""))
    return (provided["provisioner"], f"new {name}") if provided and provided["provisioner"] else None


def limits(pod: Manifest, node: Manifest, there: list[Manifest], storage: Storage) -> str:
    new = {handle(name, storage) for name in claims_of(pod)} - {None}
    have = {handle(name, storage) for other in there for name in claims_of(other)} - {None}
    csi = storage.find("CSINode", node["metadata"]["name"])
    for driver in csi["spec"]["drivers"] if csi else []:
        adds = [each for each in new - have if each[0] == driver["name"]]
        if adds and len(adds) + sum(each[0] == driver["name"] for each in have) > driver["allocatable"]["count"]:
            return "node(s) exceed max volume count"
    return ""


def reachable(volume: Manifest, node: Manifest) -> bool:
    affinity = volume["spec"].get("nodeAffinity")
    return affinity is None or any(term_holds(each, node) for each in affinity["required"]["nodeSelectorTerms"])


def binding(pod: Manifest, node: Manifest, storage: Storage) -> set[str]:
    found: set[str] = set()
    waiting = []
    for name in claims_of(pod):
        claim = storage.find("PersistentVolumeClaim", name)
        assert claim is not None
        if storage.late(claim):
            waiting.append(claim)
        elif not found:
            volume = storage.find("PersistentVolume", claim["spec"]["volumeName"])
            if volume is None:
                found.add("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            elif not reachable(volume, node):
                found.add("node(s) didn't match PersistentVolume's node affinity")
    taken: list[str] = []
    for claim in sorted(waiting, key=lambda each: int(each["spec"]["resources"]["requests"]["storage"])):
        best = None
        for volume in (each for each in storage.all if each["kind"] == "PersistentVolume"):
            size = int(volume["spec"]["capacity"]["storage"])
            fits = (
                volume["metadata"]["name"] not in taken
                and "claimRef" not in volume["spec"]
                and volume["spec"].get("storageClassName", "") == claim["spec"]["storageClassName"]
                and size >= int(claim["spec"]["resources"]["requests"]["storage"])
                and set(claim["spec"]["accessModes"]) <= set(volume["spec"]["accessModes"])
                and volume["status"]["phase"] == "Available"
                and reachable(volume, node)
            )
            if fits and (best is None or size < int(best["spec"]["capacity"]["storage"])):
                best = volume
        provided = storage.find("StorageClass", claim["spec"]["storageClassName"])
        assert provided is not None
        if best is not None:
            taken.append(best["metadata"]["name"])
        elif provided["provisioner"] in ("", "kubernetes.io/no-provisioner") or not allowed(provided, node):
            found.add("node(s) didn't find available persistent volumes to bind")
    return found


def allowed(storage: Manifest, node: Manifest) -> bool:
    terms = storage.get("allowedTopologies", [])
    return not terms or any(
        all(labels_of(node).get(each["key"]) in each["values"] for each in term["matchLabelExpressions"])
        for term in terms
    )


def zones(pod: Manifest, node: Manifest, storage: Storage) -> str:
    if not any(label in labels_of(node) for label in ZONES):
        return ""
    for name in claims_of(pod):
        claim = storage.find("PersistentVolumeClaim", name)
        volume = storage.find("PersistentVolume", (claim or {"spec": {}})["spec"].get("volumeName", ""))
        for label in ZONES if volume else []:
            value = volume["metadata"].get("labels", {}).get(label)
            if value is not None and labels_of(node).get(label) not in value.split("__"):
                return "node(s) had no available volume zone"
    return ""
