"""The report: every name is text, nothing is fetched, nothing is run."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from handmade import made_run

from schedlab.experiments import Results, store
from schedlab.experiments.report import page, plain
from schedlab.experiments.suite import Suite, Trace
from schedlab.experiments.task import Outcome, Task
from schedlab.metrics import summary

EVIL = '<script>alert("1")</script>'
VOID = {"meta", "img"}
PROFILE = {
    "name": EVIL,
    "filters": [{"plugin": EVIL}],
    "scores": [{"plugin": EVIL, "weight": 2.0}],
    "ties": EVIL,
    "scored": EVIL,
    "left_out": [EVIL],
}


class Checker(HTMLParser):
    """Collects tags, sources and text; every tag must be closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.sources, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def read(text):
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker


@pytest.fixture
def results(tmp_path: Path) -> Results:
    chosen = Suite("evil", (Trace(EVIL),), (EVIL, "sound"), 1)
    outcomes = []
    for index, scheduler in enumerate(chosen.schedulers):
        report = {"caveat": EVIL, EVIL: [EVIL], "offered_load": {EVIL: 0.5}}
        run = made_run(
            [{"pod": 0, "bound": 1}, {"pod": 1}],
            workload={"name": EVIL, "digest": EVIL, "report": report},
            host={EVIL: EVIL},
            profile=PROFILE,
            scheduler="another name",
        )
        store.save(run, tmp_path / "runs", f"k{index}")
        task = Task(EVIL, EVIL, "{}", scheduler, 0)
        outcomes.append(Outcome(task, f"k{index}", summary=summary(run).to_dict(), manifest=run.manifest))
    outcomes.append(Outcome(Task(EVIL, EVIL, "{}", EVIL, 1), error=EVIL))
    return Results(chosen, tmp_path, outcomes, [EVIL])


def test_names_are_escaped_everywhere(results):
    found = read(page(results))
    assert "script" not in found.tags
    text = "\n".join(found.text)
    assert text.count(EVIL) >= 15


def test_the_page_needs_no_network(results):
    found = read(page(results))
    assert [source.split(",")[0] for source in found.sources] == ["data:image/svg+xml;base64"] * 3
    assert "url(" not in page(results)
    assert "@import" not in page(results)


def test_the_page_shows_load_caveats_and_lower_bounds(results):
    text = " ".join(read(page(results)).text)
    assert "offered load" in text
    assert "≥ 100" in text  # the pod that was never placed, over 100 s
    assert "1 workload, 2 schedulers, 1 replicate; 2 of 3 runs ended well" in text


def test_runs_without_any_time_are_reported_too(tmp_path):
    run = made_run([{"pod": 0, "bound": 0}], end=0)
    store.save(run, tmp_path / "runs", "k")
    task = Task("t", "t", "{}", "kubernetes", 0)
    outcome = Outcome(task, "k", summary=summary(run).to_dict(), manifest={**run.manifest, "profile": PROFILE})
    chosen = Suite("short", (Trace("t"),), ("kubernetes",), 1)
    assert len(read(page(Results(chosen, tmp_path, [outcome], []))).sources) == 1


def test_the_page_is_the_same_for_the_same_results(results):
    assert page(results) == page(results)


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
