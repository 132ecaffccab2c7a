"""The rules on node selection, ports, images and volumes against a slow reference, whatever happened before.

Clusters are drawn as plain manifests. Pods are bound and evicted and nodes and objects change on both sides; then a
pod is explained by schedlab and by the reference, and the kept rows must choose what asking anew does.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import plain_rules as plain
from tiny import binding, eviction

from schedlab import Cluster, ClusterView, Profile, explain
from schedlab.cluster import Plan
from schedlab.cluster.facts import NodeAdded, NodeRemoved, NodeUpdated, ObjectChanged, ObjectRemoved
from schedlab.cluster.invariants import check
from schedlab.objects import decode_object
from schedlab.scoring import Evaluator

GIB = 2**30
ORDER = ("TaintToleration", "NodeAffinity", "NodePorts", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding",
         "VolumeZone")  # fmt: skip
NAMES = [{"name": name} for name in (*ORDER, "NodeResourcesFit", "ImageLocality")]
PROFILE = {"plugins": {"multiPoint": {"disabled": [{"name": "*"}], "enabled": NAMES},
                       "filter": {"disabled": [{"name": "NodeResourcesFit"}]}}}  # fmt: skip
KEYS = {"disk": ["ssd", "hdd"], "topology.kubernetes.io/zone": ["z1", "z2"], "gen": ["1", "2", "10", "x"]}
RESOLVABLE = ("NodePorts", "VolumeRestrictions", "NodeVolumeLimits")


class Drawer:
    """Draws manifests from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def some(self, chance: float) -> bool:
        return self.rng.random() < chance

    def pick(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def node(self, name: str) -> dict[str, Any]:
        taints = [
            {"key": self.pick("spot", "gpu"), "value": self.pick("", "a"),
             "effect": self.pick("NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule")}
            for _ in range(self.pick(0, 0, 1, 2))
        ]  # fmt: skip
        has = [{"names": [f"{i}:latest", f"r/{i}:1"], "sizeBytes": self.pick(40, 300, 900) * 2**20}
               for i in "ab" if self.some(0.5)]  # fmt: skip
        return {
            "metadata": {"name": name, "labels": {k: self.pick(*v) for k, v in KEYS.items() if self.some(0.7)}},
            "spec": {"taints": taints},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "20"}, "images": has},
        }

    def expression(self) -> dict[str, Any]:
        key, operator = self.pick(*KEYS), self.pick("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
        if operator in ("Gt", "Lt"):
            return {"key": "gen", "operator": operator, "values": [self.pick("1", "2", "9")]}
        values = [self.pick(*KEYS[key], "other") for _ in range(self.pick(1, 2))]
        return {"key": key, "operator": operator} | ({"values": values} if operator in ("In", "NotIn") else {})

    def term(self, names: list[str]) -> dict[str, Any]:
        term: dict[str, Any] = {}
        if self.some(0.8):
            term["matchExpressions"] = [self.expression() for _ in range(self.pick(1, 1, 2))]
        if self.some(0.2):
            field = {"key": "metadata.name", "operator": self.pick("In", "In", "NotIn"), "values": [self.pick(*names)]}
            term["matchFields"] = [field]
        return term

    def pod(self, name: str, names: list[str]) -> dict[str, Any]:
        spec: dict[str, Any] = {"containers": [self.container("c")]}
        if self.some(0.3):
            spec["initContainers"] = [self.container("i") | ({"restartPolicy": "Always"} if self.some(0.5) else {})]
        if self.some(0.2):
            key = self.pick(*KEYS)
            spec["nodeSelector"] = {key: self.pick(*KEYS[key])}
        affinity: dict[str, Any] = {}
        if self.some(0.3):
            affinity[plain.REQUIRED] = {"nodeSelectorTerms": [self.term(names) for _ in range(self.pick(1, 1, 2))]}
        if self.some(0.3):
            affinity[plain.PREFERRED] = [
                {"weight": self.pick(1, 7), "preference": self.term(names)} for _ in range(self.pick(1, 2))
            ]
        if affinity:
            spec["affinity"] = {"nodeAffinity": affinity}
        spec["tolerations"] = [
            {"key": self.pick("spot", "gpu", ""), "operator": "Exists"} | self.pick({}, {"effect": "PreferNoSchedule"})
            for _ in range(self.pick(0, 1, 1, 2))
        ]
        if self.some(0.5):
            claims = {f"c{self.rng.randrange(8)}" for _ in range(self.pick(1, 2))}
            spec["volumes"] = [{"name": each, "persistentVolumeClaim": {"claimName": each}} for each in sorted(claims)]
        return {"metadata": {"name": name}, "spec": spec}

    def container(self, name: str) -> dict[str, Any]:
        ports = [
            {"hostPort": self.pick(0, 80, 81), "hostIP": self.pick("", "1.1.1.1", "0.0.0.0"),
             "protocol": self.pick("TCP", "UDP")}
            for _ in range(self.pick(0, 0, 1))
        ]  # fmt: skip
        return {"name": name, "image": self.pick("a", "r/b:1", "b:latest", "none"), "ports": ports}

    def objects(self, names: list[str]) -> list[dict[str, Any]]:
        return [
            *(self.volume(f"v{i}", f"c{i}" if i < 4 else None) for i in range(8)),
            *(self.claim(i) for i in range(7)),
            *(self.csi_node(name) for name in names if self.some(0.7)),
            *self.classes(),
        ]

    def volume(self, name: str, owner: str | None) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "capacity": {"storage": str(self.pick(1, 2, 2, 5) * GIB)}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "storageClassName": "late",
        }  # fmt: skip
        if self.some(0.6):
            spec["csi"] = {"driver": self.pick("d1", "d2"), "volumeHandle": self.pick(name, "shared")}
        if self.some(0.5):
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [self.expression()]}]}}
        if owner:
            spec["claimRef"] = {"name": owner, "namespace": "default"}
        labels = {"topology.kubernetes.io/zone": self.pick("z1", "z2", "z1__z2")} if self.some(0.4) else {}
        status = {"phase": "Bound" if owner else self.pick("Available", "Available", "Available", "Released")}
        meta = {"name": name, "labels": labels}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": spec, "status": status}

    def claim(self, number: int) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "accessModes": [self.pick("ReadWriteOnce", "ReadWriteOncePod" if number < 4 else "ReadWriteOnce")],
            "resources": {"requests": {"storage": str((number - 3) % 3 * GIB + GIB // 2)}},
            "storageClassName": "late" if number < 4 else self.pick("late", "late", "late", "made", "now"),
        }  # fmt: skip
        meta: dict[str, Any] = {"name": f"c{number}"}
        if number < 4:
            spec["volumeName"] = self.pick(f"v{number}", f"v{number}", f"v{number}", "gone")
            meta["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}

    def csi_node(self, name: str) -> dict[str, Any]:
        drivers = [{"name": each, "nodeID": name, "allocatable": {"count": self.pick(1, 2)}} for each in ("d1", "d2")]
        head = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode"}
        return head | {"metadata": {"name": name}, "spec": {"drivers": drivers}}

    def classes(self) -> list[dict[str, Any]]:
        head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
        where = [{"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": ["z1"]}]}]
        late = {"volumeBindingMode": "WaitForFirstConsumer"}
        return [
            head | late | {"metadata": {"name": "late"}, "provisioner": "kubernetes.io/no-provisioner"},
            head | late | {"metadata": {"name": "made"}, "provisioner": "d1", "allowedTopologies": where},
            head | {"metadata": {"name": "now"}, "provisioner": "d1", "volumeBindingMode": "Immediate"},
        ]


class Both:
    """The same cluster as manifests and as columns."""

    def __init__(self, draw: Drawer, count: int) -> None:
        self.draw = draw
        self.nodes = [draw.node(f"n{i}") for i in range(count)]
        self.objects = draw.objects(self.names)
        self.on: dict[int, tuple[str, dict[str, Any]]] = {}  # pod's row -> node and manifest
        self.ever = count
        self.cluster = Cluster(
            [decode_object(each, "Node") for each in self.nodes],
            objects=map(decode_object, self.objects),
        )

    @property
    def names(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.nodes]

    def step(self) -> None:
        draw, cluster = self.draw, self.cluster
        what = draw.pick("bind", "bind", "bind", "bind", "evict", "relabel", "remove", "add", "volume", "claim", "drop")
        if what == "bind":
            (row,) = cluster.add_pods([decode_object(pod := draw.pod(f"p{len(cluster.pods)}", self.names), "Pod")])
            name = draw.pick(*self.names)
            cluster.apply(Plan(((binding(cluster, row, name),),)))
            self.on[row] = name, pod
        elif what == "evict" and self.on:
            row = draw.pick(*self.on)
            cluster.apply(Plan(((eviction(cluster, row),),)))
            del self.on[row]
        elif what == "relabel":
            at = draw.rng.randrange(len(self.nodes))
            self.nodes[at] = draw.node(self.names[at])
            cluster.update(NodeUpdated(decode_object(self.nodes[at], "Node")))
        elif what == "remove" and len(self.nodes) > 2:
            gone = self.nodes.pop(draw.rng.randrange(len(self.nodes)))["metadata"]["name"]
            cluster.update(NodeRemoved(gone))
            self.on = {row: (name, pod) for row, (name, pod) in self.on.items() if name != gone}
        elif what == "add":
            self.nodes.append(draw.node(f"n{self.ever}"))
            self.ever += 1
            cluster.update(NodeAdded(decode_object(self.nodes[-1], "Node")))
        elif what in ("volume", "claim"):
            number = draw.rng.randrange(7)
            made = draw.volume(f"v{number}", f"c{number}" if number < 4 else None) if what == "volume" else (
                draw.claim(number))  # fmt: skip
            self.put(made)
        elif what == "drop" and len(self.objects) > 12:
            kind, name = draw.pick(("PersistentVolumeClaim", "c6"), ("PersistentVolume", "v1"), ("CSINode", "n0"))
            if plain.Storage(self.objects).find(kind, name):
                self.objects = [
                    each for each in self.objects if (each["kind"], each["metadata"]["name"]) != (kind, name)
                ]
                cluster.update(ObjectRemoved(kind, "default", name))

    def put(self, made: dict[str, Any]) -> None:
        key = made["kind"], made["metadata"]["name"]
        keys = [(each["kind"], each["metadata"]["name"]) for each in self.objects]
        if key in keys:
            self.objects[keys.index(key)] = made
        else:
            self.objects.append(made)
        self.cluster.update(ObjectChanged(decode_object(made)))

    def expected(self, pod: dict[str, Any]) -> dict[str, Any]:
        """Return the reference's verdicts and raw scores."""
        storage = plain.Storage(self.objects)
        everybody = [other for _, other in self.on.values()]
        if rejected := plain.rejection(pod, storage):
            return {"rejected": rejected}
        found: dict[str, Any] = {}
        ranked = sorted(self.nodes, key=lambda node: int(node["metadata"]["name"][1:]))
        for node in self.nodes:
            name = node["metadata"]["name"]
            there = [other for where, other in self.on.values() if where == name]
            if plain.pinned_elsewhere(pod, node):
                found[name] = (None, {"node(s) didn't satisfy plugin(s) [NodeAffinity]"})
                continue
            answers = {
                "TaintToleration": {plain.taints(pod, node)}, "NodeAffinity": {plain.node_affinity(pod, node)},
                "NodePorts": {plain.ports(pod, there)},
                "VolumeRestrictions": {plain.restrictions(pod, everybody, storage)},
                "NodeVolumeLimits": {plain.limits(pod, node, there, storage)},
                "VolumeBinding": plain.binding(pod, node, storage), "VolumeZone": {plain.zones(pod, node, storage)},
            }  # fmt: skip
            first = next((each for each in ORDER if answers[each] - {""}), None)
            found[name] = (first, answers[first]) if first else {
                "TaintToleration": plain.unwelcome(pod, node), "NodeAffinity": plain.preference(pod, node),
                "ImageLocality": plain.images(pod, node, ranked),
            }  # fmt: skip
        return found


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an explanation as the reference tells it."""
    if "preFilter" in answer:
        return {"rejected": (answer["preFilter"]["plugin"], answer["preFilter"]["reasons"][0])}
    found: dict[str, Any] = {}
    for name, status in answer["filter"].items():
        if status["ok"]:
            raw = {rule: score["raw"][name] for rule, score in answer.get("scores", {}).items()}
            found[name] = {rule: raw.get(rule, 0) for rule in ("TaintToleration", "NodeAffinity", "ImageLocality")}
        else:
            found[name] = status.get("plugin"), set(status["reasons"])
            resolvable = status.get("plugin") in RESOLVABLE
            assert status["code"] == ("Unschedulable" if resolvable else "UnschedulableAndUnresolvable")
    return found


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), count=st.sampled_from([2, 5, 17]))
def test_every_node_is_judged_as_by_the_reference_after_any_history(seed: int, count: int) -> None:
    both = Both(Drawer(seed), count)
    for _ in range(12):
        for _ in range(4):
            both.step()
        pod = both.draw.pod("pending", [*both.names, "nowhere"])
        assert told(explain(both.cluster, decode_object(pod, "Pod"), Profile.from_config(PROFILE))) == both.expected(
            pod
        )
    check(both.cluster)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), count=st.sampled_from([3, 40]))
def test_kept_rows_choose_what_asking_anew_does(seed: int, count: int) -> None:
    both, profile = Both(Drawer(seed), count), Profile.of("kubernetes")
    view = ClusterView(both.cluster)
    kept, anew = Evaluator(profile, view), Evaluator(profile, view, mode="direct")
    kinds = [decode_object(both.draw.pod(f"k{i}", both.names), "Pod") for i in range(4)]
    for turn in range(60):
        if turn % 6 == 5:
            both.step()
        (row,) = both.cluster.add_pods([kinds[turn % 4]])
        choice, whole = kept.choose(row), anew.evaluate(row)
        assert choice.best == whole.best
        if whole.total is not None:
            assert (choice.total + getattr(choice, "offset", 0.0)).tolist() == whole.total.tolist()
            name = both.cluster.nodes.nodes[whole.best].metadata.name
            both.cluster.apply(Plan(((binding(both.cluster, row, name),),)))


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_nodes_and_of_bound_pods_changes_nothing(seed: int) -> None:
    draw = Drawer(seed)
    nodes, objects = [draw.node(f"n{i}") for i in range(9)], draw.objects([f"n{i}" for i in range(9)])
    for node in nodes:
        for image in node["status"]["images"]:
            image["sizeBytes"] = 2**29  # what the first node says is what counts
    bound = [draw.pod(f"p{i}", ["n0"]) for i in range(20)]
    for each in bound:
        each["spec"]["nodeName"] = f"n{draw.rng.randrange(9)}"
    pod = decode_object(draw.pod("pending", ["n0", "n1"]), "Pod")
    answers = []
    for _ in range(3):
        cluster = Cluster(
            [decode_object(each, "Node") for each in nodes], [decode_object(each, "Pod") for each in bound],
            objects=map(decode_object, objects),
        )  # fmt: skip
        answer = explain(cluster, pod)
        answers.append(answer | {"best": sorted(answer["best"])})
        for order in (nodes, bound, objects):
            draw.rng.shuffle(order)
    assert answers[0] == answers[1] == answers[2]
