"""NodeUnschedulable: cordoned nodes, with and without toleration."""

import pytest
from tiny import node, pod

from schedlab import Cluster, explain
from schedlab.cluster.facts import NodeCordoned
from schedlab.objects import Toleration

KEY = "node.kubernetes.io/unschedulable"
REJECTED = {
    "ok": False,
    "plugin": "NodeUnschedulable",
    "code": "UnschedulableAndUnresolvable",
    "reasons": ["node(s) were unschedulable"],
}


@pytest.mark.parametrize(
    ("toleration", "passes"),
    [
        (None, False),
        (Toleration(operator="Exists"), True),
        (Toleration(key=KEY, operator="Exists"), True),
        (Toleration(key=KEY, operator="Exists", effect="NoSchedule"), True),
        (Toleration(key=KEY), True),  # Equal to the taint's empty value
        (Toleration(key=KEY, value="yes"), False),
        (Toleration(key=KEY, operator="Exists", effect="NoExecute"), False),
        (Toleration(key="other", operator="Exists"), False),
    ],
)
def test_only_who_tolerates_the_cordon_is_let_in(toleration: Toleration | None, passes: bool) -> None:
    cluster = Cluster([node("open"), node("closed", cordoned=True)])
    found = explain(cluster, pod(tolerations=[toleration] if toleration else []))
    assert found["filter"] == {"open": {"ok": True}, "closed": {"ok": True} if passes else REJECTED}


def test_a_cordon_works_when_it_is_set_and_no_longer_when_it_is_cleared() -> None:
    cluster = Cluster([node("a")])
    assert explain(cluster, pod())["best"] == ["a"]
    cluster.update(NodeCordoned("a", unschedulable=True))
    assert explain(cluster, pod())["best"] == []
    cluster.update(NodeCordoned("a", unschedulable=False))
    assert explain(cluster, pod())["best"] == ["a"]
