"""NodeName, NodeAffinity, TaintToleration, NodePorts and ImageLocality, in short stories."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import schedule

from schedlab import Cluster, InputError, Profile, explain
from schedlab.objects import decode_object

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def node(name: str, **fields: Any) -> Any:
    labels, images = fields.pop("labels", {}), fields.pop("images", [])
    status = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}, "images": images}
    return decode_object({"metadata": {"name": name, "labels": labels}, "spec": fields, "status": status}, "Node")


def pod(name: str = "p", *, containers: list[Any] | None = None, **spec: Any) -> Any:
    whole = {"containers": containers or [{"name": "c", "image": "app"}], **spec}
    return decode_object({"metadata": {"name": name}, "spec": whole}, "Pod")


def affine(*terms: Any, preferred: Any = ()) -> Any:
    affinity = {REQUIRED: {"nodeSelectorTerms": list(terms)}} if terms else {}
    return pod(affinity={"nodeAffinity": affinity | ({PREFERRED: list(preferred)} if preferred else {})})


def fits(nodes: list[Any], pending: Any, profile: Any = "kubernetes") -> list[str]:
    return [name for name, status in explain(Cluster(nodes), pending, profile)["filter"].items() if status["ok"]]


def said(key: str, operator: str, *values: str) -> Any:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def named(*names: str) -> Any:
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [each]} for each in names]}


NODES = [node("a", labels={"disk": "ssd", "gen": "9"}), node("b", labels={"disk": "hdd", "gen": "10"}), node("c")]


def test_a_pod_that_names_its_node_goes_there_or_nowhere() -> None:
    assert fits(NODES, pod(nodeName="b")) == ["b"]
    assert fits(NODES, pod(nodeName="gone")) == []
    status = explain(Cluster(NODES), pod(nodeName="b"))["filter"]["a"]
    assert (status["plugin"], status["reasons"]) == ("NodeName", ["node(s) didn't match the requested node name"])


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([said("disk", "In", "ssd")], ["a"]),
        ([said("disk", "NotIn", "ssd")], ["b", "c"]),
        ([said("disk", "Exists")], ["a", "b"]),
        ([said("disk", "DoesNotExist")], ["c"]),
        ([said("gen", "Gt", "9")], ["b"]),
        ([said("gen", "Lt", "10")], ["a"]),
        ([said("gen", "Gt", "x")], []),  # ill-formed: it matches nothing, and fails nothing
        ([said("gen", "Gt", "-5")], []),
        ([said("disk", "In", "tape")], []),
        ([said("disk", "In", "ssd"), said("gen", "Exists")], ["a", "b"]),
        ([{}], []),
        ([{}, said("disk", "In", "hdd")], ["b"]),
        ([said("kubernetes.io/hostname", "Exists")], []),  # the label is not told by the name
    ],
)
def test_required_terms(terms: list[Any], expected: list[str]) -> None:
    assert fits(NODES, affine(*terms)) == expected


def test_names_in_every_term_leave_the_other_nodes_unfiltered() -> None:
    answer = explain(Cluster(NODES), affine(named("a"), named("b") | said("disk", "In", "ssd")))
    reason = "node(s) didn't match Pod's node affinity/selector"
    unresolvable = {"ok": False, "code": "UnschedulableAndUnresolvable"}
    assert answer["filter"] == {
        "a": {"ok": True},
        "b": unresolvable | {"plugin": "NodeAffinity", "reasons": [reason]},
        "c": unresolvable | {"reasons": ["node(s) didn't satisfy plugin(s) [NodeAffinity]"]},
    }


def test_names_that_exclude_one_another_reject_the_pod_before_any_node_is_looked_at() -> None:
    answer = explain(Cluster(NODES), affine(named("a", "b")))
    assert answer["preFilter"]["reasons"] == ["pod affinity terms conflict"]
    assert answer["filter"] == dict.fromkeys("abc", answer["preFilter"])
    assert answer["best"] == []


def test_preferences_add_up_and_none_is_not_the_same_as_no_score() -> None:
    liked = [{"weight": 7, "preference": said("disk", "Exists")}, {"weight": 3, "preference": said("gen", "Gt", "9")}]
    answer = explain(Cluster(NODES), affine(preferred=liked))
    assert answer["scores"]["NodeAffinity"]["raw"] == {"a": 7, "b": 10, "c": 0}
    assert answer["scores"]["NodeAffinity"]["normalized"] == {"a": 70, "b": 100, "c": 0}
    assert "NodeAffinity" in explain(Cluster(NODES), pod())["scoreSkipped"]


def test_an_ill_formed_preference_fails_the_whole_attempt() -> None:
    liked = [{"weight": 7, "preference": said("gen", "Gt", "-5")}]
    assert "ill-formed" in explain(Cluster(NODES), affine(preferred=liked))["preFilter"]["reasons"][0]


def test_the_profile_may_add_an_affinity() -> None:
    added = {REQUIRED: {"nodeSelectorTerms": [said("disk", "Exists")]}}
    config = {"pluginConfig": [{"name": "NodeAffinity", "args": {"addedAffinity": added}}]}
    profile = Profile.from_config(config, partial=True)
    assert fits(NODES, pod(), profile) == ["a", "b"]
    reasons = explain(Cluster(NODES), pod(), profile)["filter"]["c"]["reasons"]
    assert reasons == ["node(s) didn't match scheduler-enforced node affinity"]


def test_taints() -> None:
    hard = {"key": "gpu", "value": "a", "effect": "NoSchedule"}
    soft = [{"key": "spot", "effect": "PreferNoSchedule"}, {"key": "old", "effect": "PreferNoSchedule"}]
    cluster = Cluster([node("a", taints=[hard]), node("b", taints=soft), node("c", taints=soft[:1]), node("d")])
    answer = explain(cluster, pod())
    assert answer["filter"]["a"]["reasons"] == ["node(s) had untolerated taint {gpu: a}"]
    assert answer["scores"]["TaintToleration"]["raw"] == {"b": 2, "c": 1, "d": 0}
    assert answer["scores"]["TaintToleration"]["normalized"] == {"b": 0, "c": 50, "d": 100}
    tolerant = pod(tolerations=[{"operator": "Exists", "effect": "NoSchedule"}])
    assert explain(cluster, tolerant)["scores"]["TaintToleration"]["raw"] == {"a": 0, "b": 2, "c": 1, "d": 0}


def port(number: int, ip: str = "", protocol: str = "TCP") -> list[Any]:
    return [{"name": "c", "ports": [{"hostPort": number, "hostIP": ip, "protocol": protocol}]}]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (port(80), port(80), False),
        (port(80), port(81), True),
        (port(80), port(80, protocol="UDP"), True),
        (port(80, "1.1.1.1"), port(80, "2.2.2.2"), True),
        (port(80, "1.1.1.1"), port(80), False),
        (port(80), port(80, "1.1.1.1"), False),
        (port(80, "::"), port(80, "1.1.1.1"), True),
        (port(0), port(0), True),
    ],
)
def test_a_host_port_is_for_one_pod(first: Any, second: Any, together: bool) -> None:
    pods = [pod("x", containers=first), pod("y", containers=second)]
    assert schedule(Cluster([node("a")]), "kubernetes", *pods) == ["a", "a" if together else None]


def test_ports_of_sidecars_count_and_those_of_other_init_containers_do_not() -> None:
    (taken,) = port(80)
    pods = [
        pod("init", initContainers=[taken]),
        pod("sidecar", initContainers=[taken | {"restartPolicy": "Always"}]),
        pod("late", containers=[taken]),
    ]
    assert schedule(Cluster([node("a")]), "kubernetes", *pods) == ["a", "a", None]


def test_images_that_many_nodes_have_count_more() -> None:
    image = [{"names": ["app:latest", "app@sha256:1"], "sizeBytes": 523 * 2**20}]
    cluster = Cluster([node("a", images=image), node("b", images=image), node("c"), node("d")])
    raw = explain(cluster, pod())["scores"]["ImageLocality"]["raw"]
    assert raw == {"a": 24, "b": 24, "c": 0, "d": 0}  # (523 / 2 - 23) of 977 MiB
    other = pod(containers=[{"name": "c", "image": "host:5000/app"}])
    assert set(explain(cluster, other)["scores"]["ImageLocality"]["raw"].values()) == {0}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a"}]}]}}}},
         "operator is missing"),
        ({"affinity": {"nodeAffinity": {PREFERRED: [{"preference": {}}]}}}, "weight is missing"),
        ({"tolerations": [{"operator": "Likes"}]}, "'Likes' is not allowed"),
        ({"volumes": [{"name": "v", "persistentVolumeClaim": {}}]}, "claimName is missing"),
        ({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [said("disk", "Near")]}}}}, "'Near' is not"),
    ],
)  # fmt: skip
def test_bad_manifests_are_refused_with_their_path(spec: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        pod(**spec)
    assert told in str(refused.value)
    assert "field $.spec." in str(refused.value)
