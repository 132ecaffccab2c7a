"""What a suite file stands for: its runs, and what is wrong in it."""

import json

import pytest

from schedlab.errors import InputError
from schedlab.experiments import Suite
from schedlab.experiments.suite import matching

ONE = "{trace: generated, options: {pods: 40, nodes: 4}}"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes suite files into the current folder and reads the first."""
    monkeypatch.chdir(tmp_path)

    def written(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return Suite.from_file(f"{next(iter(files))}.yaml")

    return written


def runs(suite, only=()):
    return [(task.trace, task.contender.name, task.replicate, task.tie) for task in suite.filled(only).tasks]


def test_a_grid_is_every_scheduler_in_every_replicate_of_every_trace(write):
    suite = write(s=f"name: s\ntraces: [{ONE}, tiny]\nschedulers: [best_fit, random]\nreplicates: 2\ntie_seeds: 2")
    generated = "generated pods=40 nodes=4"
    assert runs(suite) == [
        *((generated, name, r, tie) for r in (0, 1) for name in ("best_fit", "random") for tie in (0, 1)),
        *(("tiny", name, 0, tie) for name in ("best_fit", "random") for tie in (0, 1)),  # nothing is drawn in tiny
    ]
    filled = suite.filled()
    assert [json.loads(task.world.options)["seed"] for task in filled.tasks[::4][:2]] == [0, 1]
    assert filled.populations == {generated: "seeds of the generator", "tiny": ""}
    seeds = [task.seed for task in filled.tasks[:8]]
    assert seeds == [0, 1_000_000, 0, 1_000_000, 1, 1_000_001, 1, 1_000_001]  # ties apart from replicates


def test_parameters_multiply_what_mentions_them_and_bind_together(write):
    suite = write(
        s="""
name: s
parameters: {load: [0.5, 0.9], w: [1, 2]}
traces:
  - {trace: generated, options: {pods: 40, load: $load}}
  - {trace: generated, name: plain}
schedulers: ["best_fit:$w", {name: "at ${load}", scheduler: random}]
replicates: 1
"""
    )
    assert [run[:2] for run in runs(suite)] == [
        *(("generated pods=40 load=0.5", name) for name in ("best_fit:1", "best_fit:2", "at 0.5")),
        *(("generated pods=40 load=0.9", name) for name in ("best_fit:1", "best_fit:2", "at 0.9")),
        *(("plain", name) for name in ("best_fit:1", "best_fit:2", "at 0.5", "at 0.9")),
    ]
    assert json.loads(suite.filled().tasks[0].world.options)["load"] == 0.5  # a number still


def test_windows_follow_each_other_and_thinnings_are_parts(write):
    suite = write(
        s="""
name: s
traces:
  - {trace: generated, name: w, replicates: {windows: 3, length: 2h, start: 30m}, transforms: [{head: {pods: 9}}]}
  - {trace: generated, name: t, replicates: {thinnings: 2, by: tenant}}
schedulers: [best_fit]
"""
    )
    filled = suite.filled()
    steps = [json.loads(task.world.transforms) for task in filled.tasks]
    assert [step[-1]["window"] for step in steps[:3]] == [
        {"start": f"{start}us", "length": "7200000000us"} for start in (1800_000_000, 9000_000_000, 16200_000_000)
    ]
    assert steps[0][0] == {"head": {"pods": 9}}
    assert [step[-1]["thin"] for step in steps[3:]] == [{"by": "tenant", "parts": 2, "part": part} for part in (0, 1)]
    assert {task.world.options for task in filled.tasks} == {'{"seed": 0}'}
    assert filled.populations == {"w": "disjoint windows of 2h", "t": "disjoint thinnings by tenant"}


def test_exclusions_and_filters_take_runs_out(write):
    suite = write(
        s=f"""
name: s
traces: [{ONE}, {{trace: tiny}}]
schedulers: [best_fit, worst_fit, random]
exclude: [{{trace: tiny, scheduler: "*_fit"}}]
replicates: 1
"""
    )
    assert [run[:2] for run in runs(suite) if run[0] == "tiny"] == [("tiny", "random")]
    assert [run[1] for run in runs(suite, ["trace=gen*", "scheduler=*_fit"])] == ["best_fit", "worst_fit"]
    assert runs(suite, ["tiny random #0"]) == [("tiny", "random", 0, 0)]
    with pytest.raises(InputError, match="no run matches 'scheduler=bestfit'"):
        matching(suite.filled().tasks, ["scheduler=bestfit"])


def test_an_included_suite_is_beside_and_a_part_of_one_is_lent(write):
    suite = write(
        s="""
name: s
include: [whole.yaml, contenders.yaml, {traces: [tiny], schedulers: [random]}]
traces: [{trace: generated, options: {pods: 40}}]
replicates: 1
""",
        whole="name: whole\ntraces: [generated]\nschedulers: [next_fit]\nreplicates: 2\ncompare: {metrics: [wait]}",
        contenders="schedulers: [best_fit]",
    )
    assert runs(suite) == [
        ("generated pods=40", "best_fit", 0, 0),
        ("generated", "next_fit", 0, 0),
        ("generated", "next_fit", 1, 0),
        ("tiny", "random", 0, 0),
    ]
    assert suite.comparing.metrics == ("wait",)  # left open here
    assert suite.problems == ()


def test_a_circle_of_includes_is_named_and_the_rest_goes_on(write):
    grid = "traces: [tiny]\nschedulers: [best_fit]"
    suite = write(a=f"name: a\ninclude: [b.yaml]\n{grid}", b="name: b\ninclude: [c.yaml]", c="include: [a.yaml]")
    (problem,) = suite.problems
    assert problem == (
        "include 'a.yaml' of c.yaml was skipped: the suites include each other in a circle: "
        "a.yaml includes b.yaml includes c.yaml includes a.yaml"
    )
    assert runs(suite) == [("tiny", "best_fit", 0, 0)]


def test_one_file_included_twice_by_different_ways_is_no_circle(write):
    suite = write(
        a="name: a\ninclude: [b.yaml, c.yaml]", b="include: [c.yaml]", c="traces: [tiny]\nschedulers: [random]"
    )
    assert suite.problems == ()
    assert runs(suite) == [("tiny", "random", 0, 0)]  # once


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("schedulers: [random, best_fitt]", "scheduler 'best_fitt' was skipped: .*known: best_fit"),
        ("schedulers: [random, 'data_locality(nme=3)']", "has no parameter 'nme'"),
        ("schedulers: [random, 'data_locality:$wait']", "there is no parameter \\$wait; the suite has none"),
        ("schedulers: [random]\nparameters: {wait: [1]}", "parameter 'wait' is used nowhere"),
        ("schedulers: ['random:$wit']\nparameters: {wait: [1]}", "there is no parameter \\$wit; known: wait"),
        ("schedulers: [random, random]", "scheduler 'random' occurs twice"),
        ("schedulers: [random]\ninclude: [none.yaml]", "include 'none.yaml' of s.yaml was skipped: there is no suite"),
        ("schedulers: [random]\ncompare: {baselines: [randm]}", "baseline 'randm' is no scheduler.*known: random"),
        ("schedulers: [random]\ncompare: {metrics: ['my.py:f']}", "metric 'my.py:f' was skipped: there is no file"),
        ("schedulers: [random, {name: k, config: k.yaml}]", "scheduler 'k' was skipped: .*k.yaml"),
        ("schedulers: [random, {plugin: best_fitt, args: {a: 1}}]", "scheduler 'best_fitt' was skipped"),
        ("schedulers: [random, [random, {plugin: best_fitt}]]", "scheduler 'random\\+best_fitt' was skipped"),
    ],
)
def test_what_is_wrong_is_a_problem_and_the_rest_runs(write, line, told):
    suite = write(s=f"name: s\ntraces: [tiny, {ONE}]\nreplicates: 1\n{line}")
    if "wit" in line:
        with pytest.raises(InputError, match=told):
            suite.filled()
        return
    filled = suite.filled()
    assert len(filled.tasks) == 2
    assert len(filled.problems) == 1
    pytest.importorskip("re").search(told, filled.problems[0]) or pytest.fail(filled.problems[0])


def test_an_unknown_trace_is_a_problem_with_the_nearest_and_an_optional_one_a_note(write):
    suite = write(s="name: s\ntraces: [tiny, generatd, {trace: far, optional: true}]\nschedulers: [random]")
    filled = suite.filled()
    assert [task.trace for task in filled.tasks] == ["tiny"]
    assert "generatd was skipped" in filled.problems[0]
    assert "did you mean generated?" in filled.problems[0]
    assert filled.notes[0].startswith("far was skipped")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("replicates", "replicate", "s.yaml: Object contains unknown field `replicate`; did you mean replicates?"),
        ("replicates: 2", "zzz: 2", "unknown field `zzz`; known: traces, schedulers, parameters"),
        ("[{trace: generated, options", "[{trace: generated, option", "unknown field `option`; did you mean options?"),
        (
            "replicates: 2",
            "replicates: {seed: 2}",
            "field replicates: Object contains unknown field `seed`; did you mean seeds",
        ),
        ("replicates: 2", "compare: {margn: 1}", "unknown field `margn`; did you mean margin?"),
        (
            "replicates: 2",
            "compare: {margin: [1, 2]}",
            "field compare.margin: Expected `float | str | object`, got `array`; write 0.05 or 5% or {wait.p95: 5%}",
        ),
        (
            "replicates: 2",
            "compare: {margin: lots}",
            "field compare: margin 'lots'; write 0.05 or 5% or {wait.p95: 5%}",
        ),
        ("replicates: 2", "warmup: -5", "s.yaml: warmup '-5' is negative; write a time such as 90"),
        ("replicates: 2", "warmup: -5h", "s.yaml: warmup '-5h' is negative; write a time such as 90"),
        ("replicates: 2", "replicates: 0", "field replicates: Expected `int` >= 1"),
        ("replicates: 2", "replicates: {windows: 2}", "field replicates: windows need a length"),
        ("replicates: 2", "replicates: {seeds: 2, by: job}", "field replicates: thinnings need by"),
        (
            "replicates: 2",
            "replicates: {windows: 2, length: 1 fortnight}",
            "field replicates: '1 fortnight' has the un",
        ),
        ("name: s", "name: ../up", "field name: Expected `str` matching regex"),
        ("[random]", "[{name: x}]", "field schedulers[0]: give one of scheduler, plugin, config"),
        ("[random]", "[{plugin: random, nme: x}]", "unknown field `nme`"),
        ("[random", "[{random", "s.yaml: this is no YAML: line 3: did not find expected"),
        ("replicates: 2", "memory: lots", "s.yaml: memory 'lots' is not a quantity"),
        ("replicates: 2", "exclude: [{}]", "field exclude[0]: this would leave out everything"),
        ("replicates: 2", "compare: {margin: -1}", "field compare.margin"),
    ],
)
def test_a_file_that_is_no_suite_is_refused_with_file_and_field(write, old, new, told):
    text = f"name: s\ntraces: [{ONE}]\nschedulers: [random]\nreplicates: 2\n"
    with pytest.raises(InputError) as refused:
        write(s=text.replace(old, new))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_margin_may_be_a_percentage(write):
    text = f"name: s\ntraces: [{ONE}]\nschedulers: [random]\n"
    assert write(s=text + "compare: {margin: 5%}").comparing == write(s=text + "compare: {margin: 0.05}").comparing
    assert write(s=text + "compare: {margin: {wait.p95: 5%}}").comparing.margin == {"wait.p95": "5%"}


def test_files_are_found_beside_the_suite(tmp_path, monkeypatch):
    deep = tmp_path / "deep"
    (deep / "trace").mkdir(parents=True)
    (deep / "trace" / "pods.csv").write_text("name,submit,duration,cpu,memory\np,0,10,1,1Gi\n")
    (deep / "trace" / "nodes.csv").write_text("name,cpu,memory\na,2,4Gi\n")
    (deep / "my.py").write_text("from schedlab import score\n@score\ndef mine(pod, nodes):\n    return nodes.rank\n")
    (deep / "s.yaml").write_text("name: s\ntraces: [trace]\nschedulers: [my.py:mine]\n")
    monkeypatch.chdir(tmp_path)
    filled = Suite.from_file("deep/s.yaml").filled()
    assert filled.problems == []
    (task,) = filled.tasks
    assert task.world.where == str(deep / "trace")
    assert (task.contender.name, task.contender.text) == ("my.py:mine", f"{deep / 'my.py'}:mine")


def test_profiles_come_from_a_configuration_or_are_written_in_place(write, tmp_path):
    (tmp_path / "k.yaml").write_text(
        """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
  - {schedulerName: one, plugins: {multiPoint: {disabled: [{name: ImageLocality}]}}}
  - {schedulerName: two}
"""
    )
    suite = write(
        s="""
name: s
traces: [tiny]
schedulers:
  - {config: k.yaml, profile: one}
  - {name: fewer, profile: {percentageOfNodesToScore: 30}, ties: random}
  - {name: lost, config: k.yaml, profile: three}
"""
    )
    filled = suite.filled()
    first, second = (task.contender.profile() for task in filled.tasks)
    assert "ImageLocality" not in [score.plugin.name for score in first.scores]
    assert (second.percentage, second.ties) == (30, "random")
    assert filled.problems[0].endswith("there is no profile 'three'; set profile to one of two, one") or (
        "there is no profile 'three'" in filled.problems[0]
    )


def test_decision_times_go_with_any_way_to_name_a_scheduler(write, tmp_path):
    head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\npodMaxBackoffSeconds: 30\n"
    (tmp_path / "k.yaml").write_text(head)
    suite = write(
        s="""
name: s
parameters: {cost: [0s, 1ms+1us/node]}
traces: [tiny]
schedulers:
  - {scheduler: kubernetes, decision_time: $cost}
  - {plugin: best_fit, ties: random, decision_time: 5ms}
  - {config: k.yaml, decision_time: 5ms}
  - {name: in place, profile: {podMaxBackoffSeconds: 20}, decision_time: 5ms}
"""
    )
    filled = suite.filled()
    assert filled.problems == []
    found = {task.contender.name: task.contender.profile() for task in filled.tasks}
    assert {name: str(profile.decision_time) for name, profile in found.items()} == {
        "kubernetes (decision time 0s)": "None",
        "kubernetes (decision time 1ms+1us/node)": "1ms+1us/node",
        "best_fit (random ties, decision time 5ms)": "5ms",
        "k.yaml": "5ms",
        "in place": "5ms",
    }
    assert [found[name].backoff.most for name in ("k.yaml", "in place")] == [30_000_000, 20_000_000]


def test_a_wrong_decision_time_refuses_the_file_and_one_of_a_parameter_its_scheduler(write):
    text = "name: s\ntraces: [tiny]\nschedulers: [best_fit, {scheduler: random, decision_time: %s}]\n"
    mend = "write such as 5ms, 5ms+0.2us/node, or measured"
    with pytest.raises(InputError) as refused:
        write(s=text % "5 parsecs")
    told = f"s.yaml, field schedulers[1]: decision time '5 parsecs': '5 parsecs' is no time; {mend}"
    assert str(refused.value) == told
    with pytest.raises(
        InputError, match=r"field schedulers\[1\]\.decision_time: Expected .*str.*got `int`.* write 5ms or"
    ):
        write(s=text % "5")
    filled = write(s=text % "$cost" + "parameters: {cost: [soon]}\n").filled()
    assert [task.contender.name for task in filled.tasks] == ["best_fit"]
    (problem,) = filled.problems
    assert problem.startswith("scheduler 'random' was skipped: ")
    assert f"decision time 'soon': 'soon' is no time; {mend}" in problem


@pytest.mark.parametrize("name", ["quick", "packing", "kubernetes"])
def test_shipped_suites_are_whole(name, data):
    filled = Suite.from_file(name).filled()
    assert filled.problems == filled.notes == []
    assert len(filled.tasks) >= 70
