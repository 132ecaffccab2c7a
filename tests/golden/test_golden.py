"""The golden runner: recorded cases agree, and every kind of difference is noticed."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from schedlab.testing.golden import cases, check, difference, main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIT, BALANCED = "NodeResourcesFit", "NodeResourcesBalancedAllocation"


def node(name: str, cpu: str, memory: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "10"}}}


def pod(name: str, cpu: str, memory: str, on: str = "") -> dict[str, Any]:
    requests = {"cpu": cpu, "memory": memory}
    containers = [{"name": "c", "resources": {"requests": requests}}]
    return {"metadata": {"name": name}, "spec": {"containers": containers} | ({"nodeName": on} if on else {})}


ENABLED = {"disabled": [{"name": "*"}], "enabled": [{"name": FIT}, {"name": BALANCED, "weight": 2}]}
CASE: dict[str, Any] = {
    "id": "made-0",
    "family": "made",
    "profile": {"plugins": {"multiPoint": ENABLED}},
    "nodes": [node("a", "4", "4Gi"), node("b", "2", "4Gi"), node("c", "500m", "4Gi"), node("d", "4", "4Gi"),
              node("e", "2", "2Gi")],
    "pods": [pod("x", "1500m", "1536Mi", on="e")],
    "pending": pod("p", "1", "1Gi"),
    "expect": {
        "filter": {
            "a": {"ok": True},
            "b": {"ok": True},
            "c": {"ok": False, "plugin": FIT, "code": "UnschedulableAndUnresolvable", "reasons": ["Insufficient cpu"]},
            "d": {"ok": True},
            "e": {
                "ok": False, "plugin": FIT, "code": "Unschedulable",
                "reasons": ["Insufficient cpu", "Insufficient memory"],
            },
        },
        "scores": {
            FIT: {
                "weight": 1,
                "raw": {"a": 75, "b": 62, "d": 75},
                "normalized": {"a": 75, "b": 62, "d": 75},
            },
            BALANCED: {
                "weight": 2,
                "raw": {"a": 100, "b": 87, "d": 100},
                "normalized": {"a": 100, "b": 87, "d": 100},
            },
        },
        "total": {"a": 275, "b": 236, "d": 275},
        "best": ["a", "d"],
    },
}  # fmt: skip


FAMILIES = [
    ("quantity", 200), ("podrequests", 150), ("resources", 80), ("nodeselection", 80), ("imagelocality", 40),
    ("volumes", 60), ("topologyspread", 100), ("interpodaffinity", 100), ("nominated", 50),
    ("default", 100), ("preemption", 100), ("sequence", 24), ("sequencepacking", 8),
]  # fmt: skip


def written(folder: Path, *cases: Any, name: str = "made.jsonl.gz") -> str:
    with gzip.open(folder / name, "wt") as file:
        file.writelines(json.dumps(case) + "\n" for case in cases)
    return str(folder / name)


def altered(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    case = copy.deepcopy(CASE)
    change(case["expect"])
    return case


@pytest.mark.parametrize(("family", "least"), FAMILIES)
def test_recorded_cases_agree(data: Path, family: str, least: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(data / f"golden/kube-1.34/{family}.jsonl.gz")]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    name, count, rest = line.split(" ", 2)
    assert (name, rest) == (f"{family}:", f"cases, 0 mismatches ({family}.jsonl.gz)")
    assert int(count) >= least


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda e: e["chosen"].__setitem__(1, "node-00"), "expect.chosen: "),
        (lambda e: e["steps"][0].update(ties=9), "expect.steps: "),
        (lambda e: e["steps"][0].update(feasible=1), "expect.steps: "),
        (lambda e: e["steps"][0].update(total=1), "expect.steps: "),
    ],
)
def test_a_change_in_a_recorded_sequence_is_noticed(data: Path, change: Callable[[Any], Any], text: str) -> None:
    case = next(cases(str(data / "golden/kube-1.34/sequence.jsonl.gz")))
    case["queue"] = case["queue"][:4]
    case["expect"] = {name: each[:4] for name, each in case["expect"].items()}
    assert check(case) is None
    change(case["expect"])
    assert (check(case) or "").startswith(text)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda found: found["victims"].pop(), "expect.postFilter.victims: "),
        (lambda found: found["best"].append("x"), "expect.postFilter.best: "),
        (lambda found: found["candidates"].popitem(), "expect.postFilter.candidates."),
        (lambda found: next(iter(found["candidates"].values())).update(numPDBViolations=9), "expect.postFilter.cand"),
        (lambda found: found["rejected"].popitem(), "expect.postFilter.rejected."),
    ],
)
def test_a_change_in_a_recorded_preemption_is_noticed(data: Path, change: Callable[[Any], Any], text: str) -> None:
    found = cases(str(data / "golden/kube-1.34/preemption.jsonl.gz"))
    case = next(case for case in found if "rejected" in (told := case["expect"]["postFilter"]) and told["ok"])
    assert check(case) is None
    change(case["expect"]["postFilter"])
    assert (check(case) or "").startswith(text)


def test_cases_of_known_defects_agree_with_and_without_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(data / "golden/kube-1.34/interpodaffinity.jsonl.gz")
    assert main(["--fixed", file]) == 0
    assert capsys.readouterr().out == "interpodaffinity: 100 cases, 0 mismatches (interpodaffinity.jsonl.gz)\n"
    with gzip.open(file, "rt") as lines:
        odd = [case for case in map(json.loads, lines) if "quirks" in case]
    assert odd
    for case in odd:
        assert difference(case["expect"], case["expectFixed"])
        assert check(case | {"expect": case["expectFixed"]})


def test_it_is_a_command(data: Path, tmp_path: Path) -> None:
    files = [str(data / "golden/kube-1.34/quantity.jsonl.gz"), written(tmp_path, CASE)]
    done = subprocess.run(
        [sys.executable, "-m", "schedlab.testing.golden", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["made: 1 cases, 0 mismatches (made.jsonl.gz)"]


def test_a_case_by_hand_agrees() -> None:
    assert check(CASE) is None


def test_the_order_of_reasons_does_not_matter() -> None:
    assert check(altered(lambda e: e["filter"]["e"]["reasons"].reverse())) is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda e: e["scores"][FIT]["raw"].update(b=63), f"expect.scores.{FIT}.raw.b: 62, expected 63"),
        (lambda e: e["scores"][FIT]["normalized"].update(b=61), f"expect.scores.{FIT}.normalized.b: 62, expected 61"),
        (lambda e: e["scores"][BALANCED].update(weight=1), f"expect.scores.{BALANCED}.weight: 2, expected 1"),
        (lambda e: e["scores"][FIT]["raw"].update(b=62.5), f"expect.scores.{FIT}.raw.b: 62, expected 62.5"),
        (lambda e: e["scores"][FIT]["raw"].update(b=62.0), f"expect.scores.{FIT}.raw.b: 62, expected 62.0"),
        (lambda e: e["scores"].pop(FIT), f'expect.scores.{FIT}: {{"weight": 1, "raw": {{"a": 75, "b": 62, "d": 75}}, '
                                         '"normalized": {"a": 75, "b": 62, "d": 75}}, expected nothing'),
        (lambda e: e["total"].update(a=274), "expect.total.a: 275, expected 274"),
        (lambda e: e["filter"]["c"].update(reasons=["Insufficient memory"]),
         'expect.filter.c.reasons: ["Insufficient cpu"], expected ["Insufficient memory"]'),
        (lambda e: e["filter"]["e"]["reasons"].pop(),
         'expect.filter.e.reasons: ["Insufficient cpu", "Insufficient memory"], expected ["Insufficient cpu"]'),
        (lambda e: e["filter"]["c"].update(code="Unschedulable"),
         'expect.filter.c.code: "UnschedulableAndUnresolvable", expected "Unschedulable"'),
        (lambda e: e["filter"]["c"].update(plugin="NodeName"),
         f'expect.filter.c.plugin: "{FIT}", expected "NodeName"'),
        (lambda e: e["filter"]["c"].update(ok=True), "expect.filter.c.ok: false, expected true"),
        (lambda e: e["filter"].pop("b"), 'expect.filter.b: {"ok": true}, expected nothing'),
        (lambda e: e["filter"].update(z={"ok": True}), 'expect.filter.z: missing, expected {"ok": true}'),
        (lambda e: e["best"].remove("d"), 'expect.best: ["a", "d"], expected ["a"]'),
        (lambda e: e["best"].reverse(), 'expect.best: ["a", "d"], expected ["d", "a"]'),
        (lambda e: e["best"].append("b"), 'expect.best: ["a", "d"], expected ["a", "d", "b"]'),
        (lambda e: e.update(scoreSkipped=[BALANCED]), f'expect.scoreSkipped: missing, expected ["{BALANCED}"]'),
    ],
)  # fmt: skip
def test_every_change_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], Any], text: str
) -> None:
    wrong = altered(change) | {"id": "made-1"}
    assert main([written(tmp_path, CASE, wrong, CASE | {"family": "other"})]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "made: 2 cases, 1 mismatches (made.jsonl.gz)",
        f"  made-1: {text}",
        "other: 1 cases, 0 mismatches (made.jsonl.gz)",
    ]


@pytest.mark.parametrize(
    ("family", "at", "text"),
    [
        ("quantity", ("value",), "expect.value: "),
        ("quantity", ("canonical",), "expect.canonical: "),
        ("podrequests", ("requests", "cpu"), "expect.requests.cpu: "),
        ("podrequests", ("nodeNonZero", "memory"), "expect.nodeNonZero.memory: "),
        ("podrequests", ("scoreNonZero", "cpu"), "expect.scoreNonZero.cpu: "),
    ],
)
def test_a_change_in_a_recorded_answer_is_noticed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], family: str, at: tuple[str, ...], text: str
) -> None:
    with gzip.open(data / f"golden/kube-1.34/{family}.jsonl.gz", "rt") as lines:
        case = next(case for case in map(json.loads, lines) if "error" not in case["expect"])
    place = case["expect"]
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = place[at[-1]] + "0" if isinstance(place[at[-1]], str) else place[at[-1]] + 1
    assert main([written(tmp_path, case)]) == 1
    count, line = capsys.readouterr().out.splitlines()
    assert count == f"{family}: 1 cases, 1 mismatches (made.jsonl.gz)"
    assert line.startswith(f"  {case['id']}: {text}")


def test_a_case_that_cannot_be_read_is_a_mismatch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = copy.deepcopy(CASE)
    wrong["nodes"][0]["status"]["allocatable"]["cpu"] = "lots"
    assert main([written(tmp_path, wrong)]) == 1
    count, line = capsys.readouterr().out.splitlines()
    assert count == "made: 1 cases, 1 mismatches (made.jsonl.gz)"
    assert "cpu" in line
    assert "lots" in line


def test_only_the_first_mismatches_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = altered(lambda e: e["total"].update(a=0))
    assert main([written(tmp_path, *[wrong | {"id": f"made-{i}"} for i in range(25)])]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "made: 25 cases, 25 mismatches (made.jsonl.gz)"
    assert lines[1] == "  made-0: expect.total.a: 275, expected 0"
    assert lines[20:] == ["  made-19: expect.total.a: 275, expected 0", "  ... and 5 more"]


def test_mismatches_in_any_file_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = written(tmp_path, altered(lambda e: e["total"].update(a=0)), name="wrong.jsonl.gz")
    assert main([wrong, written(tmp_path, CASE)]) == 1
    assert main([written(tmp_path, CASE), wrong]) == 1
    assert capsys.readouterr().out.count("1 cases, 1 mismatches (wrong.jsonl.gz)") == 2


def truncated(path: Path) -> None:
    whole = gzip.compress((json.dumps(CASE) + "\n").encode() * 50)
    path.write_bytes(whole[: len(whole) // 2])


def corrupt(path: Path) -> None:
    whole = bytearray(gzip.compress((json.dumps(CASE) + "\n").encode() * 50))
    whole[40:60] = bytes(20)
    path.write_bytes(whole)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        truncated,
        corrupt,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(gzip.compress(b"")),
        lambda path: path.write_text("no gzip"),
        lambda path: path.write_bytes(gzip.compress(b"{'id': 1}\n")),
        lambda path: path.write_bytes(gzip.compress(b"[1]\n")),
        lambda path: path.write_bytes(gzip.compress(b"3\n")),
        lambda path: path.write_bytes(gzip.compress(b'{"family": "x"}\n')),
        lambda path: path.write_bytes(gzip.compress(b"\xff\xfe\n")),
        lambda path: path.mkdir(),
    ],
    ids=["missing", "truncated", "corrupt", "no bytes", "empty", "no gzip", "no JSON", "a list", "a number", "no id",
         "no text", "a folder"],
)  # fmt: skip
def test_a_file_without_cases_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], Any]
) -> None:
    path = tmp_path / "made.jsonl.gz"
    make(path)
    assert main([str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith(f"golden: error: {path}")


def test_without_files_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m schedlab.testing.golden [--fixed] FILE...\n"


def test_the_first_difference_is_told_with_its_path() -> None:
    assert difference({"a": [1, 2]}, {"a": [1, 2]}) is None
    assert difference({"a": [1, 2]}, {"a": [2, 1]}) == "expect.a: [2, 1], expected [1, 2]"
    assert difference({"reasons": ["x", "y"]}, {"reasons": ["y", "x"]}) is None
    assert difference({"reasons": ["x", "x"]}, {"reasons": ["x"]}) == 'expect.reasons: ["x"], expected ["x", "x"]'
    assert difference({"a": True}, {"a": 1}) == "expect.a: 1, expected true"
    assert difference({"a": None}, {}) == "expect.a: missing, expected null"
    assert difference({"b": 1, "a": 1}, {"b": 2, "a": 2}) == "expect.a: 2, expected 1"
