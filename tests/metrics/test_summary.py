"""The summary: what it counts, which names it has, and how a metric becomes part of it."""

from handmade import made_run

from schedlab.metrics import Metric, metric, metrics, summary

ATTEMPTS = [
    {"pod": 0, "bound": 0, "initial": True},
    {"pod": 1, "bound": 5, "finished": 9, "phase": "Failed", "reason": "Evicted", "priority": 7, "bytes_moved": 10},
    {"pod": 1, "attempt": 1, "bound": 20, "priority": 7, "bytes_moved": 10},
    {"pod": 2, "bound": 5, "finished": 9, "phase": "Failed", "reason": "NodeLost"},
    {"pod": 2, "attempt": 1},
    {"pod": 3, "bytes_moved": 0},
]
DECISIONS = [{"pod": 1, "attempt": 0, "verb": "bind"}, {"pod": 1, "attempt": 0, "verb": "evict", "reason": "Evicted"}]
EVENTS = [{"kind": "fail", "subject": "pod-2"}, {"kind": "evict", "subject": "pod-1"}]


def test_a_run_is_counted():
    found = summary(
        made_run(ATTEMPTS, decisions=DECISIONS, events=EVENTS, timings={"decisions": 30, "scheduling_cpu_s": 1.5})
    )
    counted = {name: found[name] for name in found.index if not name.startswith(("wait", "util", "stranded"))}
    assert counted == {
        "pods": 4,
        "placed": 3,
        "pending": 1,
        "evictions": 1,
        "evictions.priority.0": 0,
        "evictions.priority.7": 1,
        "failed": 1,
        "bytes_moved": 20,
        "pods_per_s": 20.0,
    }


def test_names_are_stable_and_host_numbers_come_last():
    run = made_run(ATTEMPTS)
    names = summary(run).index.tolist()
    assert [name for name in names if name.startswith("wait")] == [
        "wait.p50", "wait.p50.censored", "wait.p95", "wait.p95.censored", "wait.p99", "wait.p99.censored"
    ]  # fmt: skip
    assert {"util.cpu", "stranded.cpu"} < set(names)
    assert names[-1] == "pods_per_s"
    assert summary(run, host=False).index.tolist() == names[:-1]
    assert summary(run).name == "kubernetes"


def test_every_metric_says_its_unit_and_what_it_is():
    assert len(metrics()) >= 9
    for item in metrics().values():
        assert item.unit in ("count", "fraction", "s", "bytes", "1/s")
        assert item.__doc__


def test_one_marked_function_in_the_package_is_a_new_entry(monkeypatch):
    from schedlab.metrics import speed

    def answer(run):
        return 42

    answer.__module__ = speed.__name__
    marked = metric(unit="count")(answer)
    assert isinstance(marked, Metric)
    monkeypatch.setattr(speed, "answer", marked, raising=False)
    assert summary(made_run(ATTEMPTS))["answer"] == 42
