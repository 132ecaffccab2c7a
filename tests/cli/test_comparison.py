"""The comparison in a terminal."""

from types import SimpleNamespace

import pandas as pd

from schedlab.cli.comparison import print_means, print_verdicts
from schedlab.experiments.comparison import compare, means


def results(values, metrics=1, bounds=()):
    """Return results of (trace, scheduler) -> values by replicate, the same in so many metrics."""
    names = ["wait.p95", "wait.p99", "wait.p50", "slowdown.p50", "slowdown.p95", "slowdown.p99", "queue"][:metrics]
    rows = [
        {"trace": trace, "scheduler": scheduler, "replicate": i, "tie": 0, "run": "", "error": ""}
        | dict.fromkeys(names, value)
        | {f"{name}.censored": scheduler in bounds for name in names}
        for (trace, scheduler), of in values.items()
        for i, value in enumerate(of)
    ]
    frame = pd.DataFrame(rows)
    comparison = compare(frame, baselines=["a"], better=lambda _: "lower", metrics=names)
    return SimpleNamespace(comparison=comparison, tables=means(frame), populations={}, own={})


def test_differences_of_lower_bounds_are_told_as_such(capsys):
    values = {("t", name): [wait] for name, wait in (("a", 20_512.0), ("b", 11_494.0), ("c", 20_512.0))}
    print_verdicts(results(values, bounds=("a", "b")))
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert told[4:7] == ["unknown", "c undecided, n = 1", "≤ +0 s"]
    assert "9,018" not in " ".join(told)
    print_verdicts(results({("t", "a"): [1.0, 2, 3], ("t", "b"): [11.0, 12, 13]}, bounds=("b",)))
    assert "≥ +10.0 [+10.0, +∞] s" in capsys.readouterr().out


def test_every_trace_counts_its_verdicts_in_one_order(capsys):
    same, more, less = [1.0, 2, 3, 4, 5, 6], [11.0, 12, 13, 14, 15, 16.1], [0.1, 1.1, 2.1, 3.1, 4.1, 5.11]
    values = {("t", "a"): same, ("t", "b"): more, ("t", "c"): same, ("u", "a"): same, ("u", "b"): less, ("v", "a"): [1],
              ("v", "b"): [2]}  # fmt: skip
    print_verdicts(results(values, 7))
    heads = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("scheduler")]
    words = ["scheduler", "better", "worse", "equivalent", "deterministic", "difference,", "n", "=", "1"]
    assert heads == [words] * 3


def test_one_replicate_has_no_spread_and_no_line_for_it(capsys):
    for values, count in (
        ({("t", "a"): [3.0], ("t", "b"): [4.0]}, 1),
        ({("t", "a"): [3.0, 4], ("t", "b"): [4.0, 5]}, 2),
    ):
        found = results(values)
        print_means("t", found.tables["t"], found)
        told = capsys.readouterr().out
        assert told.startswith("t: 1 replicate, by" if count == 1 else "t: mean ± half range of 2 replicates, by")
        assert told.count("\n") == (6 + 2 * count)
