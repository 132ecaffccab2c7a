"""The engine: the order of things within an instant, and what it refuses."""

import numpy as np
import pytest
from worlds import node, pod, us

from schedlab import Cluster, ClusterView, Plan, SchedlabError
from schedlab.cluster import Binding, Eviction, facts, invariants
from schedlab.cluster.invariants import InvariantError
from schedlab.sim.engine import Engine
from schedlab.sim.events import (
    BOUND,
    FINISH,
    KUBELETS,
    NODES,
    RELEASED,
    ROOM,
    SCHEDULING,
    STARTED,
    SUBMITTED,
    USAGE,
    WORKLOADS,
    Event,
)
from schedlab.sim.recorder import Recorder
from schedlab.workload import PodColumns, Workload

PHASES = (NODES, WORKLOADS, USAGE, SCHEDULING, KUBELETS)


class Answers:
    """A controller whose answers are given by kind of event, as functions of the event."""

    def __init__(self, phase, log=None, **answers):
        self.phase, self.log, self.answers = phase, [] if log is None else log, answers
        self.kinds = frozenset(answers)

    def handle(self, now, batch, view):
        for event in batch:
            self.log.append((now / 1e6, self.phase, event.kind, event.subject))
            yield from self.answers[event.kind](event)


def nothing(event):
    return ()


def emits(kind, after=0.0):
    return lambda event: [Event(event.time + us(after), kind, event.subject)]


def binds(attempt=0):
    return lambda event: [Plan(((Binding(event.subject, attempt, 0, 0),),))]


def starts(runs):
    return lambda event: [facts.PodStarted(event.subject), Event(event.time + us(runs), FINISH, event.subject)]


def engine(*controllers, arrivals=(0.0,), check=False):
    """An engine on one node, with pods that ask for 100m each."""
    template = pod("p", cpu=100).template
    cluster = Cluster([node("n0")])
    size = len(arrivals)
    cluster.pods.add([cluster.classify(template).index] * size, [us(at) for at in arrivals])
    columns = (np.zeros(size, np.int64), np.zeros(size, np.int32), np.full(size, -1, np.int32), np.zeros(size, bool))
    submit = np.array([us(at) for at in arrivals], np.int64)
    workload = Workload("w", tuple(cluster.nodes.nodes), (template,), PodColumns(submit, *columns))
    recorder = Recorder(workload, cluster, lambda view: {}, 0)
    return Engine(cluster, ClusterView(cluster), controllers, submit, recorder, check=check)


def test_at_one_instant_controllers_answer_in_the_order_of_their_phases():
    log = []
    made = engine(*(Answers(phase, log, submitted=nothing) for phase in reversed(PHASES)), arrivals=[1, 1])
    assert made.run() == us(1)
    assert log == [(1, phase, SUBMITTED, each) for phase in PHASES for each in (0, 1)]


def test_what_an_earlier_phase_is_told_in_the_same_instant_is_answered_before_a_later_phase_goes_on():
    log = []
    controllers = [
        Answers(NODES, log, submitted=emits("leak"), fixed=nothing),
        Answers(USAGE, log, leak=emits("fixed"), submitted=nothing),
        Answers(SCHEDULING, log, submitted=nothing, fixed=nothing),
    ]
    engine(*controllers).run()
    assert log == [
        (0, NODES, SUBMITTED, 0),
        (0, USAGE, SUBMITTED, 0),
        (0, USAGE, "leak", 0),
        (0, NODES, "fixed", 0),
        (0, SCHEDULING, SUBMITTED, 0),
        (0, SCHEDULING, "fixed", 0),
    ]


def test_a_plan_is_applied_before_the_controller_goes_on():
    seen = []

    class Planner:
        phase, kinds = SCHEDULING, frozenset({SUBMITTED})

        def handle(self, now, batch, view):
            for event in batch:
                yield Plan(((Binding(event.subject, 0, 0, 0),),))
                seen.append((int(view.pods.node[event.subject]), float(view.nodes("node").used["cpu"][0])))

    engine(Planner(), arrivals=[0, 0]).run()
    assert seen == [(0, 100), (0, 200)]


def test_a_pod_is_told_of_from_its_submission_to_its_end():
    log = []
    watcher = Answers(USAGE, log, submitted=nothing, bound=nothing, started=nothing, released=nothing)
    made = engine(
        Answers(SCHEDULING, [], submitted=binds()), Answers(KUBELETS, [], bound=starts(4)), watcher, arrivals=[2]
    )
    assert made.run() == us(6)
    assert [(time, kind) for time, _, kind, _ in log] == [(2, SUBMITTED), (2, BOUND), (2, STARTED), (6, RELEASED)]


def test_events_come_at_their_time_and_those_of_one_time_in_the_order_they_were_asked_for():
    log = []
    asks = Answers(NODES, [], submitted=lambda event: [Event(us(5), "a", 1), Event(us(3), "b"), Event(us(5), "a", 0)])
    engine(asks, Answers(USAGE, log, a=nothing, b=nothing)).run()
    assert [(time, kind, subject) for time, _, kind, subject in log] == [(3, "b", -1), (5, "a", 1), (5, "a", 0)]


def test_an_event_for_now_that_nobody_answers_is_dropped():
    assert engine(Answers(NODES, [], submitted=emits("whatever")), arrivals=[4]).run() == us(4)


def test_a_controller_that_answers_itself_without_end_is_an_error_that_names_time_and_kind():
    with pytest.raises(SchedlabError) as error:
        engine(Answers(NODES, [], submitted=emits("again"), again=emits("again")), arrivals=[3.5]).run()
    assert str(error.value) == "at 3.5 s controllers answer each other without end: again"


def test_controllers_that_answer_each_other_without_end_are_both_named():
    ping, pong = Answers(NODES, [], submitted=emits("ping"), pong=emits("ping")), Answers(USAGE, [], ping=emits("pong"))
    with pytest.raises(SchedlabError, match=r"^at 3 s controllers answer each other without end: ping, pong$"):
        engine(ping, pong, arrivals=[3]).run()


def test_an_instant_may_be_long_if_it_ends():
    log = []
    counts = Answers(NODES, log, submitted=emits("n"), n=lambda event: emits("n")(event) if len(log) < 900 else ())
    engine(counts).run()
    assert len(log) == 900


@pytest.mark.parametrize("kind", [SUBMITTED, "later", FINISH])
def test_an_event_in_the_past_is_refused(kind):
    late = Answers(NODES, [], submitted=emits(kind, after=-1), later=nothing)
    with pytest.raises(SchedlabError, match=f"^at 8 s '{kind}' is asked for 7 s, which is past$"):
        engine(late, arrivals=[8]).run()


def test_arrivals_that_are_not_sorted_are_refused():
    with pytest.raises(SchedlabError, match=r"^after 8 s comes 7 s: events are not sorted$"):
        engine(Answers(NODES, [], submitted=nothing), arrivals=[1, 8, 7]).run()


def test_a_plan_that_is_refused_is_on_record_with_the_reason():
    made = engine(Answers(SCHEDULING, [], submitted=binds(attempt=1)), arrivals=[2])
    made.run()
    tables = made.recorder.tables()
    assert tables["events"].to_pylist() == [
        {
            "time": us(2),
            "kind": "refused",
            "subject": "pod-0",
            "detail": "pod pod-0 is no longer in the state the plan was made for",
        }
    ]
    assert tables["decisions"].num_rows == 0
    assert tables["pods"]["phase"].to_pylist() == ["Pending"]


def test_of_a_plan_the_groups_that_hold_are_done():
    both = Plan(((Binding(0, 7, 0, 0),), (Binding(1, 0, 0, 0),)))
    made = engine(Answers(SCHEDULING, [], submitted=lambda event: [both] if event.subject else []), arrivals=[1, 2])
    made.run()
    assert made.recorder.tables()["decisions"].to_pandas()[["time", "pod", "verb"]].to_numpy().tolist() == [
        [us(2), 1, "bind"]
    ]
    assert made.recorder.tables()["events"]["subject"].to_pylist() == ["pod-0"]


def test_a_pod_that_is_evicted_does_not_finish():
    evicts = Answers(USAGE, [], started=emits("now", after=2), now=lambda event: [Plan(((Eviction(0, 0, "Out"),),))])
    made = engine(Answers(SCHEDULING, [], submitted=binds()), Answers(KUBELETS, [], bound=starts(5)), evicts)
    assert made.run() == us(2)
    assert made.recorder.tables()["pods"].to_pandas()[["finished", "phase", "reason"]].to_numpy().tolist() == [
        [us(2), "Failed", "Out"]
    ]


def test_a_run_up_to_some_time_includes_that_time():
    log = []
    made = engine(Answers(NODES, log, submitted=nothing), arrivals=[1, 2, 2.000001])
    assert made.run(us(2)) == us(2)
    assert [time for time, *_ in log] == [1, 2]


def test_an_uncordoned_or_new_node_is_room_and_a_cordoned_one_is_none():
    log = []
    answers = {
        "submitted": lambda event: [
            facts.NodeCordoned("n0", True),
            facts.NodeCordoned("n0", False),
            facts.NodeAdded(node("n1")),
        ]
    }
    made = engine(Answers(NODES, [], **answers), Answers(SCHEDULING, log, room=nothing))
    made.run()
    assert log == [(0, SCHEDULING, ROOM, 0), (0, SCHEDULING, ROOM, 1)]


def test_with_check_the_cluster_is_recounted_after_every_change(monkeypatch):
    counted = []

    def count(cluster):
        counted.append((cluster.now / 1e6, len(cluster.pods_on(0))))

    monkeypatch.setattr(invariants, "check", count)
    controllers = Answers(SCHEDULING, [], submitted=binds()), Answers(KUBELETS, [], bound=starts(4))
    engine(*controllers, arrivals=[2, 3], check=True).run()
    # bound, started, bound, started, over, over
    assert counted == [(2, 1), (2, 1), (3, 2), (3, 2), (6, 1), (7, 0)]


def test_with_check_a_cluster_that_contradicts_itself_stops_the_run():
    made = engine(Answers(SCHEDULING, [], submitted=binds()), arrivals=[1, 2], check=True)
    made.cluster.nodes.used[0, 0] = 7.0
    with pytest.raises(InvariantError, match=r"^used cpu of node n0 is 107, its pods add up to 100$"):
        made.run()
