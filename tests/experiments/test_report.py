"""The pages: every name is text, nothing is fetched, only the page's own script runs."""

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest
from handmade import made_run

from schedlab.errors import InputError
from schedlab.experiments.comparison import compare, means
from schedlab.experiments.report import contrast, page
from schedlab.experiments.report.html import plain
from schedlab.experiments.report.verdicts import verdicts
from schedlab.metrics import better_of, summary
from schedlab.metrics.diff import diff

EVIL = '<script>alert("1")</script>'
VOID = {"meta", "img"}
PROFILE = {
    "filters": [{"plugin": EVIL}],
    "scores": [{"plugin": EVIL, "weight": 2.0}],
    "ties": EVIL,
    "scored": EVIL,
    "left_out": [EVIL],
}


class Checker(HTMLParser):
    """Collects tags, sources, text and tables; every tag must be closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.sources, self.text, self.ids, self.blocks = [], [], [], [], [], {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        self.ids += [value for name, value in attrs if name == "id"]
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["style"], ["script"]):
            self.blocks[self.open[-1]] = data
        else:
            self.text.append(data)


def read(text):
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker


@dataclass
class Made:
    """Results by hand: runs by (trace, scheduler, replicate, tie); None failed."""

    runs: dict
    notes: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    populations: dict = field(default_factory=dict)
    own: dict = field(default_factory=dict)
    name: str = "made"
    comparing: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(pareto=None))
    asked: list = field(default_factory=list)

    def __post_init__(self):
        names = ("trace", "scheduler", "replicate", "tie")
        rows = [
            dict(zip(names, place, strict=True)) | {"run": "k", "error": "" if run else EVIL}
            | (summary(run).to_dict() if run else {})
            for place, run in self.runs.items()
        ]  # fmt: skip
        self.frame = pd.DataFrame(rows)
        self.tables = means(self.frame)
        self.comparison = compare(self.frame, baselines=[next(iter(self.runs))[1]], better=better_of)
        self.failed = [SimpleNamespace(task=" ".join(map(str, place)), error=EVIL)
                       for place, run in self.runs.items() if not run]  # fmt: skip

    def run(self, trace, scheduler, replicate, tie=0):
        self.asked.append((trace, scheduler, replicate, tie))
        return self.runs[(trace, scheduler, replicate, tie)]

    def manifest(self):
        runs = [
            {"trace": trace, "scheduler": scheduler, "replicate": replicate, "tie": tie, "run": "k",
             "trace_digest": run.manifest["workload"]["digest"], "profile": PROFILE}
            | {name: run.manifest[name] for name in ("decision_hash", "timings", "host")}
            for (trace, scheduler, replicate, tie), run in self.runs.items() if run
        ]  # fmt: skip
        return {"schedlab": "0.1.0", "code": "c" * 64, "runs": runs}


def evil_run(node, **more):
    report = {"caveat": EVIL, EVIL: [EVIL], "offered_load": {EVIL: 0.5}}
    return made_run(
        [{"pod": 0, "name": EVIL, "bound": 1, "node": node}, {"pod": 1}],
        [{"node": node}],
        decisions=[{"time": 1, "pod": 0, "attempt": 0, "verb": "bind", "node": node, "reason": EVIL}],
        workload={"name": EVIL, "digest": EVIL, "report": report},
        host={EVIL: EVIL},
        **more,
    )


def waited(seconds, **more):
    return made_run([{"pod": i, "bound": seconds} for i in range(3)], **more)


@pytest.fixture
def evil():
    runs = {(EVIL, name, i, 0): evil_run(f"{name}{i}") for name in (EVIL, "sound") for i in (0, 1)}
    runs |= {(EVIL, EVIL, 0, 1): evil_run("x"), (EVIL, EVIL, 2, 0): None}
    return Made(runs, [EVIL], [EVIL], {EVIL: EVIL}, name=EVIL)


def test_names_are_escaped_everywhere(evil):
    found = read(page(evil))
    assert found.tags.count("script") == 1
    assert EVIL not in found.blocks["script"]
    assert "\n".join(found.text).count(EVIL) >= 40
    two = read(contrast(*runs_of(evil), diff(*runs_of(evil)), (EVIL, "sound")))
    assert two.tags.count("script") == 1
    assert "\n".join(two.text).count(EVIL) >= 5


def runs_of(made):
    return [made.runs[(EVIL, name, 0, 0)] for name in (EVIL, "sound")]


def test_the_page_needs_no_network_and_allows_none(evil):
    text = page(evil)
    found = read(text)
    outer = [source for source in found.sources if not source.startswith("#")]
    assert {source.split(",")[0] for source in outer} == {"data:image/svg+xml;base64"}
    assert {source[1:] for source in found.sources if source.startswith("#")} <= set(found.ids)
    assert len(set(found.ids)) == len(found.ids)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert policy.startswith("default-src 'none';")
    for block, content in found.blocks.items():
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{block}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "url(" not in text
    assert "@import" not in text


def test_sections_and_what_they_say():
    runs = {("t", name, i, 0): waited(10 + i + (5 + i / 10) * (name == "slow"), scheduler=name)
            for name in ("base", "slow", "base2") for i in range(6)}  # fmt: skip
    made = Made(runs, notes=["left out"], populations={"t": "six seeds"})
    found = read(page(made))
    text = " ".join(" ".join(found.text).split())
    for wanted in (
        "1 trace, 3 schedulers; 18 of 18 runs ended well", "Note: left out", "Replicates are six seeds.",
        "The baseline is base.", "▼ worse wait.p50 +5.25 s", "= equivalent", "wait.p95 against base", "Provenance",
    ):  # fmt: skip
        assert wanted in text
    assert "Tie-breaks" not in text
    assert "failed" not in re.findall(r"<h2>(.*?)</h2>", page(made))
    assert made.asked[:3] == [("t", name, 0, 0) for name in ("base", "base2", "slow")]  # one replicate is read
    assert {place[2] for place in made.asked} == {0}


def test_the_baseline_and_the_best_of_the_others_are_told_apart():
    a, b = evil_run("x"), evil_run("y")
    found = " ".join(read(page(Made({("t", "base", 0, 0): a, ("t", "other", 0, 0): b}))).text)
    assert "Decisions: base and other, replicate 0" in found
    assert f"First divergence at 1 s, pod {EVIL}: base: bind x at 1 s ({EVIL}); other: bind y at 1 s ({EVIL})." in found
    assert "0 of 1 pods that both placed are on the same node (0.0 %); 1 moved." in found
    same = " ".join(read(page(Made({("t", "base", 0, 0): a, ("t", "other", 0, 0): a}))).text)
    assert "All decisions are the same." in same


def test_differences_of_lower_bounds_are_never_shown_as_exact():
    waits = made_run([{"pod": 0}])
    runs = {("t", name, i, 0): run for i in range(2) for name, run in (("base", waits), ("same", waits))}
    runs |= {("t", "sure", i, 0): waited(20 + i) for i in range(2)}
    text = " ".join(" ".join(read(page(Made(runs))).text).split())
    assert re.search(
        r"same \? undecided lower bounds on both sides \(.*?\): the sign is unknown wait.p95 unknown \[", text
    )
    assert re.search(r"wait.p95 ≤ -79.5 s ≤ -79.5 % \[-∞, -73.1\] margin ± 2.00 s ≥ 100 → 20.5", text)


def test_ranks_name_all_that_share_the_first():
    runs = {("t", name, i, 0): waited(wait) for i in (0, 1) for name, wait in (("a", 1), ("b", 1), ("c", 2))}
    text = " ".join(read(page(Made(runs))).text)
    assert "t: a = b (100 % of 2)" in text
    assert "t: all equal" in text


def test_a_trace_says_what_arrives_and_what_is_there_before():
    told = {"name": "w", "digest": "d", "report": {"arrivals": 3000, "initial": 931}}
    text = page(Made({("t", "a", 0, 0): waited(1, workload=told)}))
    assert "<p>3,000 arrivals and 931 running at the start, in replicate 0.</p>" in text
    told["report"]["initial"] = EVIL
    text = page(Made({("t", "a", 0, 0): waited(1, workload=told)}))
    assert "running at the start" not in text
    assert EVIL not in text


def test_failed_runs_and_tie_breaks_have_sections(evil):
    headings = re.findall(r"<h2>(.*?)</h2>", page(evil))
    assert headings[:2] == ["1 run failed", "Overview"]
    assert "Tie-breaks" in headings


def test_runs_without_any_time_and_traces_without_any_run_are_reported_too():
    made = Made({("t", "a", 0, 0): made_run([{"pod": 0, "bound": 0}], end=0), ("u", "a", 0, 0): None})
    text = " ".join(read(page(made)).text)
    assert "No run of this trace ended well" in text
    assert "There is nothing to compare" in text
    empty = [made_run([{"pod": 0, "bound": bound}], end=0) for bound in (0, None)]
    assert read(contrast(*empty, diff(*empty), ("a", "b"))).tags.count("img") == 5


def test_a_run_that_cannot_be_read_is_named_and_the_rest_is_drawn():
    class Damaged(Made):
        def run(self, trace, scheduler, replicate, tie=0):
            if scheduler == self.broken:
                raise InputError("pods.parquet is no table", mend="make the run again")
            return super().run(trace, scheduler, replicate, tie)

    made = Damaged({("t", name, 0, 0): waited(1, scheduler=name) for name in ("a", "b")})
    made.broken = "b"
    text = page(made)
    assert "pods.parquet is no table; make the run again" in text
    assert "Who still waits" in text
    made.runs = {("t", name, 0, 0): None for name in ("a", "b")} | {}
    made.broken = ""
    made.manifest = lambda: {"schedlab": "0.1.0", "code": "c", "runs": []}
    text = page(made)
    assert "there is nothing to draw" in text
    assert "wait.p95 against" in text  # needs the table of runs only


def test_rows_beyond_what_a_browser_bears_are_left_out_and_counted(monkeypatch):
    monkeypatch.setattr("schedlab.experiments.report.verdicts.MOST", 3)
    made = Made({("t", name, 0, 0): waited(1, scheduler=name) for name in ("a", "b")})
    text = verdicts(made.comparison, {})
    assert text.count("<tr>") == 4
    assert f"{len(made.comparison.verdicts) - 3} more rows are left out" in text


def test_the_page_is_the_same_for_the_same_results(evil):
    assert page(evil) == page(replace(evil))


def test_the_page_of_two_runs():
    a, b = waited(1), waited(5, scheduler="slow")
    text = " ".join(read(contrast(a, b, diff(a, b), ("kubernetes", "slow"))).text)
    assert "schedlab: kubernetes and slow" in text
    assert "one run each: these are differences, no verdicts" in text
    assert re.search(r"wait\.p50\s+1\.00 s\s+5\.00 s\s+\+4\.00 s", text)


@pytest.mark.parametrize(
    ("value", "phrase"),
    [
        ({"cpu": 0.5, "gpu_milli": 12000}, "cpu 0.5, gpu milli 12,000"),
        ([], "none"),
        (["a", 1], "a; 1"),
        (True, "yes"),
        (None, "none"),
        (0.1234567, "0.123457"),
        (86400, "86,400"),
    ],
)
def test_facts_are_phrases(value, phrase):
    assert plain(value) == phrase
