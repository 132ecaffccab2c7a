"""``schedlab compare``: text, JSON, page, and what it refuses."""

import json

import pytest

from schedlab import generate, replay
from schedlab.cli import main


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    workload = generate(pods=40, nodes=4, seed=1)
    for name in ("kubernetes", "best_fit"):
        replay(workload, scheduler=name, seed=1).save(place / name)
    replay(generate(pods=30, nodes=4, seed=1), scheduler="best_fit").save(place / "other")
    return place


def test_metrics_and_decisions_are_printed(folders, capsys, tmp_path):
    page = tmp_path / "diff.html"
    assert main(["compare", str(folders / "kubernetes"), str(folders / "best_fit"), "--html", str(page)]) == 0
    told = capsys.readouterr().out
    assert "First divergence at" in told
    assert "moved." in told
    assert f"page: {page}" in told
    assert page.read_text().startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["diff.html"]


def test_a_run_is_the_same_as_itself(folders, capsys):
    assert main(["compare", str(folders / "best_fit"), str(folders / "best_fit"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decisions"]["first"] is None
    assert told["decisions"]["same_share"] == 1
    assert told["differing"] == []
    assert {row["a"] == row["b"] for row in told["metrics"]} == {True}
    assert main(["compare", str(folders / "best_fit"), str(folders / "best_fit")]) == 0
    assert "All decisions are the same." in capsys.readouterr().out


def test_json_lists_who_moved(folders, capsys):
    assert (
        main(["compare", *(str(folders / name) for name in ("kubernetes", "best_fit")), "--json", "--most", "2"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == {"a": "kubernetes", "b": "best_fit"}
    assert len(told["differing"]) == 2
    assert told["decisions"]["first"]["a"] != told["decisions"]["first"]["b"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["kubernetes", "other"],
            "other are runs of different workloads (pods 93 and 84, digest ",
        ),
        (["kubernetes", "none"], "none; name a folder that a run was saved to"),
        (["kubernetes", "."], "this is no saved run"),
        (
            ["kubernetes", "best_fit", "--html", "/nowhere/at/all.html"],
            "no page can be written there; name a file in a",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(folders, capsys, words, text):
    places = [str(folders / word) if index < 2 else word for index, word in enumerate(words)]
    assert main(["compare", *places]) == 2
    told = capsys.readouterr()
    assert text in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)
