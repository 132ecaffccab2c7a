"""Decisions: what `Cluster.apply` does, and what it refuses."""

from tiny import bind, binding, column, evict, eviction, node, pod, refusals, says, where

from schedlab import Cluster, InputError, Plan
from schedlab.cluster import Binding, Eviction, Outcome
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, PodEnded
from schedlab.cluster.invariants import check
from schedlab.cluster.pods import PENDING


def test_a_binding_adds_requests_limits_and_nonzero_requests_to_its_node() -> None:
    cluster = Cluster([node("a"), node("b")])
    (row,) = cluster.add_pods([pod("p", cpu=300, limits={"cpu": 700})])
    outcome = bind(cluster, row, "b")
    assert outcome == Outcome(applied=(Binding(0, 0, node=1, generation=0),), refused=())
    assert where(cluster) == {"p": "b"}
    assert column(cluster, "cpu") == {"a": 0, "b": 300}
    assert column(cluster, "pods") == {"a": 0, "b": 1}
    assert column(cluster, "cpu", "limits") == {"a": 0, "b": 700}
    assert cluster.nodes.used_nonzero.tolist() == [[0, 300], [0, 200 * 2**20]]
    assert cluster.pods_on(0).tolist() == []
    assert cluster.pods_on(1).tolist() == [0]
    check(cluster)


def test_an_eviction_frees_the_node_and_the_pod_returns_as_its_next_attempt() -> None:
    cluster = Cluster([node("a")], [pod("p", cpu=300, on="a", limits={"cpu": 700})])
    assert evict(cluster, 0).applied == (Eviction(0, 0, "Evicted"),)
    assert where(cluster) == {"p": None}
    assert column(cluster, "cpu") == {"a": 0}
    assert column(cluster, "cpu", "limits") == {"a": 0}
    assert cluster.nodes.used_nonzero.tolist() == [[0], [0]]
    assert (cluster.pods.attempt[0], cluster.pods.phase[0]) == (1, PENDING)
    check(cluster)


def test_pods_given_with_a_node_are_bound_even_beyond_its_capacity() -> None:
    cluster = Cluster([node("a", cpu=1000)], [pod("p", cpu=800, on="a"), pod("q", cpu=800, on="a"), pod("r")])
    assert where(cluster) == {"p": "a", "q": "a", "r": None}
    assert column(cluster, "cpu") == {"a": 1600}


def test_a_pod_given_with_an_unknown_node_is_refused_in_one_line() -> None:
    text = "pod 'p' is bound to node 'b', which does not exist; add the node or clear spec.nodeName"
    with says(InputError, text):
        Cluster([node("a")], [pod("p", on="b")])


def test_a_plan_made_for_an_earlier_attempt_is_refused() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a")])
    late = eviction(cluster, 0)
    evict(cluster, 0)
    bind(cluster, 0, "a")
    assert cluster.pods.attempt[0] == 1
    assert refusals(cluster.apply(Plan(((late,),)))) == ["pod p is no longer in the state the plan was made for"]
    assert where(cluster) == {"p": "a"}


def test_a_bound_pod_is_not_bound_again_and_a_pending_one_not_evicted() -> None:
    cluster = Cluster([node("a"), node("b")], [pod("p", on="a"), pod("q")])
    text = "is no longer in the state the plan was made for"
    assert refusals(bind(cluster, 0, "b")) == [f"pod p {text}"]
    assert refusals(evict(cluster, 1)) == [f"pod q {text}"]
    assert where(cluster) == {"p": "a", "q": None}


def test_a_pod_that_is_over_is_not_bound() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a")])
    cluster.update(PodEnded(0, succeeded=True))
    assert refusals(bind(cluster, 0, "a")) == ["pod p is over"]


def test_a_node_that_went_away_refuses_even_if_one_of_its_name_came_back() -> None:
    cluster = Cluster([node("a"), node("b")], [pod("p")])
    late = binding(cluster, 0, "a")
    cluster.update(NodeRemoved("a"))
    assert refusals(cluster.apply(Plan(((late,),)))) == ["the node is gone"]
    cluster.update(NodeAdded(node("a")))
    assert refusals(cluster.apply(Plan(((late,),)))) == ["the node is gone"]
    assert refusals(bind(cluster, 0, "a")) == []


def test_a_node_that_changed_since_the_plan_was_made_refuses() -> None:
    cluster = Cluster([node("a")], [pod("p")])
    early = binding(cluster, 0, "a")
    cluster.update(NodeCordoned("a", unschedulable=True))
    assert refusals(cluster.apply(Plan(((early,),)))) == ["node a is cordoned"]
    cluster.update(NodeCordoned("a", unschedulable=False))
    assert refusals(cluster.apply(Plan(((early,),)))) == ["node a changed since the plan was made"]
    assert refusals(bind(cluster, 0, "a")) == []


def test_who_read_that_a_node_is_cordoned_may_bind_to_it_all_the_same() -> None:
    cluster = Cluster([node("a", cordoned=True)], [pod("p")])
    assert refusals(bind(cluster, 0, "a")) == []


def test_a_gang_is_bound_whole_or_not_at_all() -> None:
    cluster = Cluster([node("a"), node("b")], [pod("p"), pod("q"), pod("r")])
    gone = binding(cluster, 1, "b")
    gang = (binding(cluster, 0, "a"), gone)
    single = (binding(cluster, 2, "a"),)
    cluster.update(NodeRemoved("b"))
    outcome = cluster.apply(Plan((gang, single)))
    assert outcome == Outcome(applied=single, refused=((gang, "the node is gone"),))
    assert where(cluster) == {"p": None, "q": None, "r": "a"}


def test_later_groups_see_what_earlier_ones_did() -> None:
    cluster = Cluster([node("a"), node("b")], [pod("p")])
    to_a, to_b = binding(cluster, 0, "a"), binding(cluster, 0, "b")
    outcome = cluster.apply(Plan(((to_a,), (to_b,))))
    assert outcome.applied == (to_a,)
    assert refusals(outcome) == ["pod p is no longer in the state the plan was made for"]


def test_a_pod_stands_in_a_group_once() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a")])
    group = (eviction(cluster, 0), Binding(0, 1, node=0, generation=0))
    assert refusals(cluster.apply(Plan((group,)))) == ["a pod stands twice in one group"]
    assert where(cluster) == {"p": "a"}


def test_without_strict_mode_capacity_is_the_filters_business() -> None:
    cluster = Cluster([node("a", cpu=1000)], [pod("p", cpu=5000)])
    assert refusals(bind(cluster, 0, "a")) == []
    assert column(cluster, "cpu") == {"a": 5000}


def test_strict_mode_refuses_what_exceeds_the_node() -> None:
    cluster = Cluster([node("a", cpu=1000, pods=2)], [pod("p", cpu=600), pod("q", cpu=600), pod("r")], strict=True)
    assert refusals(bind(cluster, 0, "a")) == []
    assert refusals(bind(cluster, 1, "a")) == ["node a is full"]
    assert refusals(bind(cluster, 2, "a")) == []
    (last,) = cluster.add_pods([pod("s")])
    assert refusals(bind(cluster, last, "a")) == ["node a is full"]  # the third pod of two


def test_strict_mode_minds_only_what_the_pod_asks_for() -> None:
    overcommitted = Cluster([node("a", cpu=1000)], [pod("p", cpu=3000, on="a"), pod("q", memory=5)], strict=True)
    assert refusals(bind(overcommitted, 1, "a")) == []
    no_gpu = Cluster([node("a")], [pod("p", gpus=1)], strict=True)
    assert refusals(bind(no_gpu, 0, "a")) == ["node a is full"]


def test_strict_mode_counts_a_gang_together() -> None:
    cluster = Cluster([node("a", cpu=1000)], [pod("p", cpu=600), pod("q", cpu=600)], strict=True)
    gang = (binding(cluster, 0, "a"), binding(cluster, 1, "a"))
    assert refusals(cluster.apply(Plan((gang,)))) == ["node a is full"]
    assert where(cluster) == {"p": None, "q": None}


def test_strict_mode_counts_what_the_group_evicts_before() -> None:
    nodes, pods = [node("a", cpu=1000), node("b", cpu=1000)], [pod("old", cpu=700, on="a"), pod("new", cpu=900)]
    cluster = Cluster(nodes, pods, strict=True)
    assert refusals(bind(cluster, 1, "a")) == ["node a is full"]
    swap = (eviction(cluster, 0), binding(cluster, 1, "a"))
    assert cluster.apply(Plan((swap,))) == Outcome(applied=swap, refused=())
    assert where(cluster) == {"old": None, "new": "a"}
    check(cluster)


def test_strict_mode_takes_a_group_in_its_order() -> None:
    pods = [pod("old", cpu=700, on="a"), pod("new", cpu=900)]
    cluster = Cluster([node("a", cpu=1000)], pods, strict=True)
    wrong = (binding(cluster, 1, "a"), eviction(cluster, 0))
    assert refusals(cluster.apply(Plan((wrong,)))) == ["node a is full"]
    assert where(cluster) == {"old": "a", "new": None}


def test_an_empty_plan_does_nothing() -> None:
    cluster = Cluster([node("a")])
    assert cluster.apply(Plan()) == Outcome(applied=(), refused=())
    assert cluster.log.cursor() == (1, 0, 0, 0, 0)
