"""Explaining a decision of a run: the cluster is as it was just before, or it says why it cannot be."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import numpy as np
import pytest
from tiny import pod as pending
from worlds import GIB, SECOND, node, play, pod, world

from schedlab import InputError, Profile, Run, SchedlabError, explain, filter, generate, replay, score
from schedlab.objects.node import ZONE
from schedlab.sim.replay import cluster_of

NODES = [node("a", 4000, 4 * GIB), node("b", 4000, 4 * GIB), node("c", 4000, 4 * GIB)]


def eventful() -> Any:
    """Return a world in which pods are evicted, a node is lost and comes back, one is cordoned, and pods wait."""
    pods = [pod(f"p{i}", i // 3, 40 + 7 * i, cpu=900, memory=GIB // 2, priority=i % 2) for i in range(24)]
    pods += [
        pod("greedy", 5, 60, cpu=100, memory=GIB // 4, uses={0: (50, GIB), 10: (80, 6 * GIB)}),
        pod("steady", 6, 90, cpu=100, memory=GIB // 4, uses={0: (10, GIB // 8), 20: (33, GIB // 2)}),
        pod("late", 70, 10, cpu=3500, memory=GIB),
    ]
    events = [(12, "cordon", "b"), (20, "remove", "a"), (31, "uncordon", "b"), (45, "add", "a")]
    return world(NODES, pods, events, measured=True)


class Named:
    """A rule that is told the nodes' names."""

    @staticmethod
    def prepare(pod: Any, cluster: Any) -> list[str]:
        return [cluster.node_name(position) for position in range(len(cluster.nodes("static")))]


class Witness(Named):
    """A score that notes all that it sees."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int, int], list[dict[str, Any]]] = {}

    @score(name="witness", scope="cluster", normalize="none")
    def score(self, pod: Any, nodes: Any, names: list[str]) -> Any:
        raw = (nodes.used[0] + nodes.usage[1] / 2**20 + pod.waiting / SECOND + pod.attempt) // 1000
        sight = {name: value for name, value, good in zip(names, raw.tolist(), nodes.feasible, strict=True) if good}
        self.seen.setdefault((pod.name, pod.attempt, pod.waiting), []).append(sight)
        return raw


@pytest.mark.parametrize("ties", ["rank", "random"])
def test_every_binding_of_a_run_is_explained_by_what_its_scores_saw_then(ties: Any) -> None:
    witness = Witness()
    run = replay(eventful(), Profile.of(witness, ties=ties), seed=3)
    reasons = set(run.pods["reason"].tolist())
    assert {"Evicted", "NodeLost"} <= reasons, "the world is not eventful"
    then = {key: list(sights) for key, sights in witness.seen.items()}
    queued = {(row.name, row.attempt): row.queued for row in run.pods.itertuples()}
    names = dict(zip(run.pods["pod"], run.pods["name"], strict=True))
    tied = 0
    for row in run.decisions[run.decisions["verb"] == "bind"].itertuples():
        name = names[row.pod]
        found = explain(run, name, attempt=row.attempt)
        sights = then[name, row.attempt, row.time - queued[name, row.attempt]]
        assert all(sight == found["scores"]["witness"]["raw"] for sight in sights)
        assert row.node in found["best"]
        tied += len(found["best"]) > 1
        expected = {"time": row.time, "pod": row.pod, "attempt": row.attempt, "node": row.node, "verb": "bind"}
        assert found["decision"] == expected | {"reason": ""}
    assert tied > 1, "nothing ties"


def test_a_pod_that_waits_is_explained_at_its_first_try_and_where_it_is_bound() -> None:
    pods = [pod("first", 0, 30, cpu=800), pod("second", 10, 5, cpu=800)]
    run = play([node("a"), node("b", 500)], pods)
    bound = explain(run, "second")
    assert (bound["decision"]["verb"], bound["decision"]["time"], bound["best"]) == ("bind", 30 * SECOND, ["a"])
    waits = explain(run, "second", verb="wait")
    assert waits["decision"]["time"] == 10 * SECOND
    assert waits["decision"]["reason"] == "0/2 nodes are available: 2 Insufficient cpu."
    codes = {name: status["code"] for name, status in waits["filter"].items()}
    assert codes == {"a": "Unschedulable", "b": "UnschedulableAndUnresolvable"}
    assert waits["best"] == []


def test_a_pod_that_was_never_bound_is_explained_by_default() -> None:
    run = play([node("a")], [pod("big", 3, 5, cpu=5000)])
    assert explain(run, "big")["decision"]["verb"] == "wait"


def test_the_last_attempt_is_the_default() -> None:
    run = play([node("a"), node("b")], [pod("p", 0, 100, cpu=600)], [(10, "remove", "a")])
    assert explain(run, "p")["decision"]["attempt"] == 1
    assert list(explain(run, "p")["filter"]) == ["b"]
    assert sorted(explain(run, "p", attempt=0)["filter"]) == ["a", "b"]


def test_another_profile_is_asked_at_the_same_instant() -> None:
    pods = [pod("x", 0, cpu=500), pod("p", 1, cpu=100)]
    run = play([node("a"), node("b")], pods, scheduler="best_fit")
    assert explain(run, "p")["best"] == ["a"]
    other = explain(run, "p", "worst_fit")
    assert (other["best"], other["decision"]["node"]) == (["b"], "a")


def test_a_run_from_disk_needs_its_workload_and_knows_profiles_by_name(tmp_path: Any) -> None:
    made = generate(pods=40, nodes=3, seed=1)
    run = replay(made, "best_fit", seed=2, ties="random")
    run.save(tmp_path)
    read = Run.load(tmp_path)
    name = run.pods["name"][30]
    with pytest.raises(InputError, match=r"does not hold its workload, 'generated'; .*workload="):
        explain(read, name)
    with pytest.raises(InputError, match="'generated' is not the one of the run"):
        explain(read, name, workload=generate(pods=40, nodes=3, seed=2))
    assert explain(read, name, workload=generate(pods=40, nodes=3, seed=1)) == explain(run, name)
    assert explain(read, name, "worst_fit", workload=made) == explain(run, name, "worst_fit")


def test_a_run_from_disk_needs_a_profile_of_ones_own(tmp_path: Any) -> None:
    made = generate(pods=20, nodes=3, seed=1)
    rule = score(name="mine", scope="node")(lambda pod, nodes: nodes.used[0])
    run = replay(made, rule)
    run.save(tmp_path)
    read = Run.load(tmp_path)
    with pytest.raises(InputError, match="does not hold its profile, 'mine'; give profile="):
        explain(read, "pod-5", workload=made)
    with pytest.raises(InputError, match="does not hold its profile, 'mine'; give profile="):
        explain(read, "pod-5", "best_fit", workload=made)
    assert explain(read, "pod-5", rule, workload=made) == explain(run, "pod-5")


def test_a_stored_scheduler_is_never_taken_for_a_file_to_run(tmp_path: Any) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    made = generate(pods=20, nodes=3, seed=1)
    run = replay(made, "best_fit")
    stored = Run(run.tables, run.manifest | {"scheduler": f"{tmp_path}/evil.py:x"})
    with pytest.raises(InputError, match="does not hold its profile"):
        explain(stored, "pod-5", workload=made)
    assert not (tmp_path / "ran").exists()


def test_a_pickled_run_leaves_its_origin_behind() -> None:
    run = play([node("a")], [pod("p", 0, 5)])
    assert run.origin is not None
    copy = pickle.loads(pickle.dumps(run))
    assert (copy.origin, copy.manifest) == (None, run.manifest)
    assert copy.tables["decisions"].equals(run.tables["decisions"])


def test_a_plugin_that_answers_otherwise_the_second_time_is_found_out() -> None:
    moods = [1]

    @score(scope="cluster")
    def moody(pod: Any, nodes: Any) -> Any:
        return nodes.rank * moods[-1]

    run = play([node("a", 9000), node("b", 9000)], [pod(f"p{i}", i, 50, cpu=100) for i in range(5)], scheduler=moody)
    moods.append(-1)
    with pytest.raises(SchedlabError, match="made again, the run is another: pod 0 now has 'a', not 'b'"):
        explain(run, "p0")
    with pytest.raises(SchedlabError, match="an earlier decision was another"):
        explain(Run(run.tables, run.manifest, run.origin._replace(profile=_mirrored())), "p4")  # type: ignore[union-attr]


def _mirrored() -> Profile:
    """Return a profile that goes to ``a`` until p4 comes."""
    return Profile.of(score(name="mirrored")(lambda pod, nodes: nodes.rank * (1 if pod.name == "p4" else -1)))


def test_a_decision_that_does_not_come_again_is_an_error() -> None:
    run = play([node("a")], [pod(f"p{i}", i, 50, cpu=100) for i in range(3)])
    never = filter(name="never")(lambda pod, nodes: np.zeros(len(nodes), bool))
    assert run.origin is not None
    other = Run(run.tables, run.manifest, run.origin._replace(profile=Profile.of(never)))
    with pytest.raises(SchedlabError, match="it never came to that decision"):
        explain(other, "p2")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("q",), "the run has no pod 'q'"),
        ((7,), "the run has no pod 7"),
        (("p", None, 4), "has no attempt 4; it was tried in 0"),
        (("later",), "was never tried"),
        (("twin",), "2 pods of the run are called 'twin'; give the number of one, 1, 2"),
    ],
)
def test_what_there_is_not_is_refused(asked: Any, told: str) -> None:
    pods = [pod("p", 0, 5), pod("twin", 1, 5), pod("twin", 2, 5), pod("later", 9, 5)]
    run = replay(world([node("a")], pods), "first_fit", until=3 * SECOND)
    if asked == ("later",):  # submitted, but nobody tried
        run = Run(run.tables, run.manifest, run.origin)
        run.pods.loc[len(run.pods)] = run.pods.iloc[0].to_dict() | {"pod": 3, "name": "later"}
    with pytest.raises(InputError, match=told):
        explain(run, *asked)


def test_wrong_kinds_and_verbs_are_refused() -> None:
    run = play([node("a")], [pod("p", 0, 5)])
    with pytest.raises(InputError, match="verb 'evict'; write bind or wait"):
        explain(run, "p", verb="evict")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no decision 'wait'; leave verb out"):
        explain(run, "p", verb="wait")
    with pytest.raises(InputError, match="pod 'x' is an object; name a pod of the run"):
        explain(run, pending("x"))
    with pytest.raises(InputError, match="'p' is no Pod"):
        explain(cluster_of(world([node("a")], [pod("p")])), "p")
    with pytest.raises(InputError, match="neither a Cluster nor a Run"):
        explain("run", "p")  # type: ignore[arg-type]


def test_labels_and_spec_are_those_of_the_workload() -> None:
    """What no table holds is there, since the world itself is made again."""
    nodes = [node("a", zone="z1"), node("b", zone="z2")]
    made = world(nodes, [pod("p", 0, 5), pod("q", 1, 5)])
    labelled = msgspec.structs.replace(
        made.templates[0], metadata=msgspec.structs.replace(made.templates[0].metadata, labels={"zone": "z2"})
    )
    object.__setattr__(made, "templates", (labelled, *made.templates[1:]))

    zones = {each.metadata.name: each.metadata.labels[ZONE] for each in nodes}

    class SameZone(Named):
        @filter(scope="cluster", name="same_zone")
        def filter(self, pod: Any, nodes: Any, names: list[str]) -> Any:
            return np.array([zones[name] == pod.labels["zone"] for name in names])

    found = explain(replay(made, SameZone()), "q")
    assert found["best"] == ["b"]
    assert found["filter"]["a"]["plugin"] == "same_zone"
