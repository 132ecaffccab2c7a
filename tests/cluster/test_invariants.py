"""The invariants notice every column that is wrong."""

from collections.abc import Callable

import pytest
from tiny import GPU, node, pod, says

from schedlab import Cluster
from schedlab.cluster.facts import UsageSampled
from schedlab.cluster.invariants import InvariantError, check


def cluster() -> Cluster:
    pods = [pod("p", cpu=300, limits={"cpu": 500}, on="a"), pod("q", cpu=200, memory=7, on="b", gpus=1), pod("r")]
    made = Cluster([node("a"), node("b", gpus=2)], pods)
    made.update(UsageSampled(0, 250.0, 4096.0))
    return made


def test_a_sound_cluster_passes() -> None:
    check(cluster())


def test_overcommit_is_no_contradiction() -> None:
    check(Cluster([node("a", cpu=100, pods=0)], [pod("p", cpu=5000, on="a")]))


def put(column: str, row: int, position: int, value: float) -> Callable[[Cluster], None]:
    def corrupt(made: Cluster) -> None:
        getattr(made.nodes, column)[row, position] += value

    return corrupt


def swap_names(made: Cluster) -> None:
    made.nodes.nodes.reverse()


def move_pod(made: Cluster) -> None:
    made.pods.node[0] = 1


def lose_pod(made: Cluster) -> None:
    made.pods.node[0] = -1


def ghost(made: Cluster) -> None:
    made.pods.node[2] = 1


def beyond(made: Cluster) -> None:
    made.pods.node[1] = 2


def list_pod_elsewhere(made: Cluster) -> None:
    vars(made)["_on"].reverse()


def other_class(made: Cluster) -> None:
    made.pods.cls[0] = made.pods.cls[2]


def pod_usage(made: Cluster) -> None:
    made.pods.usage_memory[0] = 4097.0


def started(made: Cluster) -> None:
    made.pods.start[2] = 7


def leaving(made: Cluster) -> None:
    made.pods.terminating[2] = True


def preempted(made: Cluster) -> None:
    made.pods.preempted[0] = True


@pytest.mark.parametrize(
    ("corrupt", "text"),
    [
        (put("used", 0, 0, 1), "used cpu of node a is 301, its pods add up to 300"),
        (put("used", 1, 1, -7), "used memory of node b is 0, its pods add up to 7"),
        (put("used", 2, 0, 1), "used ephemeral-storage of node a is 1, its pods add up to 0"),
        (put("used", 3, 1, 1), "used pods of node b is 2, its pods add up to 1"),
        (put("used", 4, 1, 1), f"used {GPU} of node b is 2, its pods add up to 1"),
        (put("limits", 0, 0, -1), "limits cpu of node a is 499, its pods add up to 500"),
        (put("limits", 3, 0, 1), "limits pods of node a is 1, its pods add up to 0"),
        (put("used_nonzero", 0, 1, 5), "used_nonzero cpu of node b is 205, its pods add up to 200"),
        (put("used_nonzero", 1, 0, 1), "used_nonzero memory of node a is 209715201, its pods add up to 209715200"),
        (put("usage", 0, 0, 1), "usage cpu of node a is 251.0, not 250.0"),
        (put("usage", 1, 1, 1), "usage memory of node b is 1.0, not 0.0"),
        (pod_usage, "usage memory of node a is 4096.0, not 4097.0"),
        (swap_names, "node b is found at 1, not at 0"),
        (move_pod, "node a lists other pods than those bound to it"),
        (lose_pod, "node a lists other pods than those bound to it"),
        (ghost, "node b lists other pods than those bound to it"),
        (beyond, "pod q is on node number 2 of 2"),
        (list_pod_elsewhere, "node a lists other pods than those bound to it"),
        (started, "pod r is on no node, but started or terminating"),
        (leaving, "pod r is on no node, but started or terminating"),
        (preempted, "pod p is preempted, but not terminating"),
        (other_class, "used cpu of node a is 300, its pods add up to 0"),
    ],
)
def test_a_corrupted_column_is_named(corrupt: Callable[[Cluster], None], text: str) -> None:
    made = cluster()
    corrupt(made)
    with says(InvariantError, text):
        check(made)
