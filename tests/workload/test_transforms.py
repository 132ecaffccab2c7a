"""Transforms: stories on small workloads, and what each refuses."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worlds import SECOND, node, pod, world

from schedlab import generate, replay
from schedlab.errors import InputError
from schedlab.workload import NodeEvent, Workload, load_trace, transforms
from schedlab.workload.transforms import apply
from schedlab.workload.transforms.head import head
from schedlab.workload.transforms.scale_time import scale_time
from schedlab.workload.transforms.window import window

HOUR = 3600 * SECOND
TINY = Path(__file__).resolve().parents[2] / "traces" / "tiny"
SHORT = '''
"""short: nothing but the first pod."""
from schedlab.workload.recorded import recorded
from schedlab.workload.subset import some_pods


@recorded
def short(workload, *, loud=False):
    """Return the first pod."""
    return some_pods(workload, workload.pods.submit < 1)
'''


def names(workload: Workload) -> list[str]:
    return [workload.pods.name(row) for row in range(len(workload.pods))]


def refusal(workload: Workload, *steps: Any) -> str:
    with pytest.raises(InputError) as refused:
        apply(workload, steps)
    return str(refused.value)


def test_there_are_these() -> None:
    assert list(transforms.transforms()) == ["estimate", "head", "scale_nodes", "scale_time", "thin", "window"]


def test_a_new_transform_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "short.py").write_text(SHORT)
    monkeypatch.setattr(transforms, "__path__", [*transforms.__path__, str(tmp_path)])
    try:
        made = apply(world([node("n")], [pod("a"), pod("b", 1)]), [{"short": None}])
    finally:
        sys.modules.pop("schedlab.workload.transforms.short", None)
    assert names(made) == ["a"]
    assert made.report["transforms"][0]["options"] == {"loud": False}


def test_a_window_of_the_hand_written_trace() -> None:
    made = apply(load_trace(TINY), [{"window": {"start": "1h1m", "length": "40m"}}])
    left = dict(zip(names(made), zip(made.pods.submit.tolist(), made.pods.duration.tolist(), strict=True), strict=True))
    assert left == {  # reports, restore (until 60m) and urgent are over
        "agent": (0, -1),
        "web-1": (0, 179 * 60 * SECOND),
        "web-2": (0, 179 * 60 * SECOND),
        "web-3": (0, 179 * 60 * SECOND + 30 * SECOND),
        "train-1": (0, 90 * 60 * SECOND),
        "train-2": (0, 91 * 60 * SECOND),
        "train-3": (0, 32 * 60 * SECOND),
        "grow-1": (0, 14 * 60 * SECOND),
        "grow-2": (0, 14 * 60 * SECOND),
        "grow-3": (0, 19 * 60 * SECOND),
        "huge": (0, 49 * 60 * SECOND),
        "report-3": (39 * 60 * SECOND, 90 * SECOND),
    }
    assert made.pods.initial.tolist() == [True] * 11 + [False]
    assert made.horizon == 40 * 60 * SECOND
    # n5 came at 30m and stays; n2 was cordoned at 1h; n3 goes at 65m
    assert [n.metadata.name for n in made.nodes] == ["n1", "n2", "n3", "n4", "n5"]
    assert made.node_events[:2] == (NodeEvent(0, "cordon", "n2"), NodeEvent(4 * 60 * SECOND, "remove", "n3"))
    assert made.tenants == ("ops", "shop", "research")
    usage = made.usage
    assert usage is not None
    web = names(made).index("web-1")
    samples = slice(usage.first[web], usage.first[web + 1])
    assert usage.offset[samples].tolist() == [0, 59 * 60 * SECOND]  # 1h, of which it has seen a minute; 2h
    assert usage.cpu[samples].tolist() == [1500, 300]


def test_what_was_done_is_in_the_report_and_its_facts_are_the_new_ones() -> None:
    before = generate(pods=400, nodes=10)
    steps = [{"window": {"start": "6h", "length": "6h"}}, {"scale_nodes": {"factor": 0.5}}]
    made = apply(before, steps)
    report = made.report
    assert [(step["name"], step["options"]) for step in report["transforms"]] == [
        ("window", {"start": "6h", "length": "6h", "drain": False}),
        ("scale_nodes", {"factor": 0.5, "seed": 0}),
    ]
    assert report["transforms"][0]["before"]["pods"] == len(before.pods)
    assert report["transforms"][1]["before"] == report["transforms"][0]["after"]
    assert report["transforms"][1]["after"]["nodes"] == report["nodes"] == len(made.nodes) == 5
    assert report["pods"] == len(made.pods)
    assert report["offered_load_over_s"] == 6 * 3600
    assert report["source"] == before.report
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize(
    "steps",
    [
        [{"window": {"start": "2h", "length": "3h"}}],
        [{"thin": {"by": "tenant"}}],
        [{"thin": {"parts": 3, "part": 2}}],
        [{"scale_time": {"factor": 0.5}}, {"scale_nodes": {"factor": 1.5}}],
        [{"head": {"pods": 100}}],
    ],
)
def test_what_comes_of_it_can_be_replayed(steps: list[dict[str, Any]]) -> None:
    made = apply(generate(pods=300, nodes=8, growth=0.5), steps)
    run = replay(made, "data_locality+best_fit", check=True)
    assert run.manifest["workload"]["report"]["transforms"][0]["name"] == next(iter(steps[0]))
    assert set(run.pods["tenant"].cat.categories) <= set(made.tenants)


def test_a_node_that_was_cordoned_before_the_window_takes_no_pods_in_it() -> None:
    events = [(1, "cordon", "n0"), (2, "cordon", "n1"), (3, "uncordon", "n1"), (4, "remove", "n2"), (9, "add", "n3")]
    pods = [pod("early", 0, 30, cpu=100), pod("late", 6, 1, cpu=100)]
    before = world([node(f"n{i}") for i in range(4)], pods, events)
    made = apply(before, [{"window": {"start": 5, "length": 3}}])
    assert [each.metadata.name for each in made.nodes] == ["n0", "n1"]  # n2 has gone, n3 comes too late
    assert made.node_events == (NodeEvent(0, "cordon", "n0"),)
    run = replay(made, "first_fit", check=True)
    assert run.pods.set_index("name")["node"].to_dict() == {"early": "n1", "late": "n1"}
    assert run.pods.set_index("name")["initial"].to_dict() == {"early": True, "late": False}


def test_thinning_keeps_the_load_and_the_mix_of_nodes() -> None:
    before = generate(pods=4000, nodes=80, tenants=40)
    made = apply(before, [{"thin": {"by": "tenant", "keep": 0.3, "seed": 4}}])
    assert abs(len(made.pods) / len(before.pods) - 0.3) < 0.06
    assert abs(made.report["offered_load"]["memory"] - before.report["offered_load"]["memory"]) < 0.05
    kind = "node.kubernetes.io/instance-type"
    types = [each.metadata.labels[kind] for each in before.nodes]
    kept = [each.metadata.labels[kind] for each in made.nodes]
    for each in set(types):
        assert abs(kept.count(each) - types.count(each) * len(kept) / len(types)) <= 1
    whole = apply(before, [{"thin": {"by": "tenant", "keep": 0.3, "seed": 4, "nodes": False}}])
    assert whole.nodes == before.nodes
    assert names(whole) == names(made)


def test_where_no_two_nodes_are_alike_the_seed_decides_which_stay() -> None:
    before = world([node(f"n{i}", cpu=1000 + i) for i in range(20)], [pod("a")])
    kept = [apply(before, [{"scale_nodes": {"factor": 0.5, "seed": seed}}]).nodes for seed in range(3)]
    assert [len(each) for each in kept] == [10, 10, 10]
    assert len({tuple(node.metadata.name for node in each) for each in kept}) == 3


def test_the_seed_decides_who_is_kept() -> None:
    before = generate(pods=400, nodes=8)
    digests = [apply(before, [{"thin": {"seed": seed}}]).digest() for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


def test_the_head_ends_where_the_next_pod_would_come() -> None:
    before = world([node("n")], [pod("a"), pod("b", 3), pod("c", 7)], horizon=10)
    made = apply(before, [{"head": {"pods": 2}}])
    assert (names(made), made.horizon) == (["a", "b"], 7 * SECOND)
    assert apply(before, [{"head": {"pods": 9}}]).digest() == before.digest()


def test_scaled_times_keep_run_times() -> None:
    before = world([node("n")], [pod("a", 2, 5), pod("b", 3)], [(4, "cordon", "n")], horizon=10)
    made = apply(before, [{"scale_time": {"factor": 0.5}}])
    assert made.pods.submit.tolist() == [SECOND, 3 * SECOND // 2]
    assert made.pods.duration.tolist() == before.pods.duration.tolist()
    assert (made.node_events, made.horizon) == ((NodeEvent(2 * SECOND, "cordon", "n"),), 5 * SECOND)


def test_copies_of_nodes_have_names_of_their_own_and_share_their_fate() -> None:
    before = world([node("a", rack="r"), node("b")], [pod("p")], [(1, "remove", "a")])
    made = apply(before, [{"scale_nodes": {"factor": 2}}, {"scale_nodes": {"factor": 1.5}}])
    found = [each.metadata.name for each in made.nodes]
    assert len(found) == len(set(found)) == 6
    gone = [event.node for event in made.node_events]
    assert sorted(gone) == sorted(name for name in found if name.startswith("a"))
    assert {each.metadata.labels.get("topology.kubernetes.io/rack") for each in made.nodes[:2]} == {"r"}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"windo": {}}, "there is no transform 'windo'; did you mean window?"),
        (
            {"frob": {}},
            "there is no transform 'frob'; known: estimate, head, scale_nodes, scale_time, thin, window",
        ),
        ("head", "transform number 1 is 'head'; write one name with its options, as in {head: {pods: 100}}"),
        (
            {"head": 3},
            "the options of transform head are 3; write one name with its options, as in {head: {pods: 100}}",
        ),
        ({"head": None}, "transform head needs its option pods; write head(pods=...)"),
        ({"head": {"pod": 3}}, "transform head has no option 'pod'; did you mean pods?"),
        ({"head": {"pods": 0}}, "transform head: option pods is 0; give a whole number of at least 1"),
        (
            {"window": {"start": "soon", "length": 1}},
            "transform window: option start: 'soon' is not a time; write a time such as 90, 90s, 1.5h, 2h30m, 250ms "
            "or 1d (a bare number is seconds)",
        ),
        (
            {"window": {"start": 8, "length": 3}},
            "transform window: it ends at 11 s, and the trace at 10 s; end it earlier",
        ),
        (
            {"window": {"start": 5, "length": 2}},
            "transform window: no pod is submitted in it; choose a time in which pods come, the last at 3 s",
        ),
        (
            {"window": {"start": 3, "length": 1}},
            "transform window: no node is there; choose another time",
        ),
        ({"thin": {"by": "tennant"}}, "transform thin: option by is 'tennant'; did you mean tenant?"),
        (
            {"thin": {"by": "tenant"}},
            "transform thin: the pods of tiny have no tenants; choose a trace that has: pods.csv may have a column "
            "tenant, generated workloads have tenants and jobs",
        ),
        ({"thin": {"keep": 2}}, "transform thin: option keep is 2; give a number between 0 and 1"),
        ({"thin": {"part": 1}}, "transform thin: option part is 1, but there are no parts; give parts too"),
        (
            {"thin": {"parts": 2, "part": 2}},
            "transform thin: option part is 2; give a whole number between 0 and 1",
        ),
        (
            {"thin": {"parts": 2, "keep": 0.5}},
            "transform thin: options keep and parts exclude each other; give one of them",
        ),
        ({"scale_time": {"factor": 0}}, "transform scale_time: option factor is 0; give a number of at least 1e-09"),
        (
            {"scale_time": {"factor": 1e12}},
            "transform scale_time: option factor is 1000000000000.0: times would pass 285 years; give a smaller number",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(step: Any, message: str) -> None:
    events = [(2, "remove", "n")]
    before = world([node("n")], [pod("a"), pod("b", 3, 1)], events, horizon=10)
    assert refusal(before, step) == message


def test_too_few_groups_and_too_small_a_share_are_refused() -> None:
    before = generate(pods=100, nodes=4, tenants=3)
    told = "transform thin: 3 tenants do not make 4 parts; give a smaller number of parts"
    assert refusal(before, {"thin": {"by": "tenant", "parts": 4}}) == told
    told = "transform thin: no tenant is as small as a share of 0.01 of the pods; keep more"
    assert refusal(before, {"thin": {"by": "tenant", "keep": 0.01}}) == told


def test_a_bad_step_is_refused_before_the_first_is_applied() -> None:
    with pytest.raises(InputError, match="there is no transform"):
        apply(None, [{"head": {"pods": 1}}, {"nosuch": {}}])  # type: ignore[arg-type]


def test_no_transform_changes_what_it_is_given() -> None:
    before = generate(pods=200, nodes=6)
    digest, told = before.digest(), json.dumps(before.report)
    for step in (
        {"window": {"start": "1h", "length": "9h"}},
        {"thin": {}},
        {"head": {"pods": 5}},
        {"scale_time": {"factor": 2}},
        {"scale_nodes": {"factor": 2}},
    ):
        apply(before, [step])
    assert (before.digest(), json.dumps(before.report)) == (digest, told)
    assert np.array_equal(before.pods.submit, generate(pods=200, nodes=6).pods.submit)


def batch() -> Workload:
    """Four pods a minute apart, of which the first two and the last two are gangs; each runs 3 min of 10 asked for."""
    rows = [pod(name, 60 * row, 180) for row, name in enumerate("abcd")]
    made = world([node("n0")], rows)
    columns = replace(
        made.pods,
        job=np.array([0, 0, 1, 1], np.int32),
        walltime=np.array([600 * SECOND, 100 * SECOND, -1, 600 * SECOND]),
        deadline=np.array([-1, 200 * SECOND, 130 * SECOND, 700 * SECOND]),
    )
    return replace(made, pods=columns, jobs=("x", "y"), min_available=np.array([2, 2], np.int32))


def lists(made: Workload) -> tuple[list[float], list[float], list[int]]:
    """Return walltimes and deadlines in seconds (-1: none), and how many pods of each job must start together."""
    pods = made.pods
    assert pods.walltime is not None
    assert pods.deadline is not None
    assert made.min_available is not None
    seconds = [[t if t < 0 else t / SECOND for t in times.tolist()] for times in (pods.walltime, pods.deadline)]
    return seconds[0], seconds[1], made.min_available.tolist()


def test_a_window_leaves_what_is_left_of_walltimes_and_moves_deadlines() -> None:
    made = window(batch(), start=170, length=60)
    # a runs until 180, b was killed at 160 (its walltime is over), c runs until 300; its deadline is past
    assert names(made) == ["a", "c", "d"]
    assert lists(made) == ([430, -1, 600], [-1, 0, 530], [1, 2])
    made = window(batch(), start=120, length=60)
    assert lists(made) == ([480, 40, -1], [-1, 80, 10], [2, 1])  # d comes at the end
    assert made.jobs == ("x", "y")


def test_a_gang_that_lost_pods_needs_no_more_than_it_has() -> None:
    made = head(batch(), pods=3)
    assert lists(made) == ([600, 100, -1], [-1, 200, 130], [2, 1])
    assert made.report["transforms"][0]["before"]["gangs"] == 2
    assert made.report["transforms"][0]["after"]["gangs"] == 1


def test_deadlines_stay_as_long_after_arrivals() -> None:
    made = scale_time(batch(), factor=2.0)
    assert lists(made) == ([600, 100, -1, 600], [-1, 260, 250, 880], [2, 2])


def test_estimates_are_run_times_or_up_to_so_many_times_as_much_and_a_job_has_one() -> None:
    made = world([node("n0")], [pod("a", 0, 10), pod("b", 0, 20), pod("c", 1, 30), pod("d", 2)])
    made = replace(made, pods=replace(made.pods, job=np.array([0, 0, -1, -1], np.int32)), jobs=("ab",))
    exact = apply(made, [{"estimate": {}}]).pods.walltime
    assert exact is not None
    assert exact.tolist() == [20 * SECOND, 20 * SECOND, 30 * SECOND, -1]
    drawn = [apply(made, [{"estimate": {"factor": 5, "seed": seed}}]).pods.walltime for seed in range(200)]
    asked = np.array([each for each in drawn if each is not None]) / SECOND
    assert (asked[:, 0] == asked[:, 1]).all()
    assert 20 <= asked[:, 0].min() < 25
    assert 95 < asked[:, 0].max() <= 100
    assert 55 < asked[:, 0].mean() < 65
    assert (asked[:, 2] / 30 != asked[:, 0] / 20).all()
    told = "transform estimate: option factor is 0.5; give a number between 1 and 1000"
    assert refusal(made, {"estimate": {"factor": 0.5}}) == told


def test_a_window_that_drains_has_no_horizon_and_keeps_what_happens_to_nodes_later() -> None:
    made = world(
        [node("n0")], [pod("a", 0, 10, cpu=1000), pod("b", 5, 60, cpu=1000), pod("c", 20, 5)], [(30, "cordon", "n0")]
    )
    cut, drained = (apply(made, [{"window": {"start": 5, "length": 10, "drain": drain}}]) for drain in (False, True))
    assert (cut.horizon, drained.horizon) == (10 * SECOND, None)
    assert names(cut) == names(drained) == ["a", "b"]
    assert cut.node_events == ()
    assert drained.node_events == (NodeEvent(25 * SECOND, "cordon", "n0"),)
    assert replay(drained, "first_fit").end == 65 * SECOND
    told = "transform window: option drain is 1; give true or false"
    assert refusal(made, {"window": {"start": 0, "length": 9, "drain": 1}}) == told
