"""How a metric becomes known: in the package, in a file of one's own, in an installed package."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from handmade import made_run
from tiny import says

import schedlab as sl
from schedlab import InputError, SchedlabError, extensions
from schedlab import metrics as package
from schedlab.metrics import Metric, better_of, choose, metrics, offered, summary, table, unit_of

OWN = '''
import pandas as pd
import schedlab as sl

@sl.metric(unit="s", better="lower")
def slow_pods(run):
    """Longest time on a node."""
    return ((run.pods.finished - run.pods.bound) / 1e6).max()

@sl.metric(unit="fraction", better={"first": "higher"})
def halves(run):
    return pd.Series({"first": 0.25, "second": 0.75, "": 1})
'''
ONE = [{"pod": 0, "bound": 2, "finished": 9}]


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "my.py").write_text(OWN)
    return str(tmp_path / "my.py")


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files belong to the package for a while."""
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    metrics.cache_clear()
    yield tmp_path
    metrics.cache_clear()
    sys.modules.pop("schedlab.metrics.added", None)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Put a package with entry points on the path, as an installer does."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(name: str, text: str, **points: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "".join(f"{point} = {value}\n" for point, value in points.items())
        (folder / "entry_points.txt").write_text(f"[schedlab.metrics]\n{lines}")
        extensions.packages.cache_clear()

    yield put
    extensions.packages.cache_clear()
    for name in [each for each in sys.modules if each.startswith("acme_")]:
        del sys.modules[name]


def test_every_metric_is_defined_in_the_one_table() -> None:
    found = table()
    assert found.columns.tolist() == ["name", "unit", "better", "formula", "source"]
    assert len(found) == len(metrics()) >= 20
    assert found.name.is_unique
    for row in found.itertuples():
        assert metrics()[row.name].__doc__
        assert row.formula
        assert row.source
        assert "\n" not in row.formula + row.source


def test_one_file_in_the_package_is_all_it_takes(extended: Path) -> None:
    (extended / "added.py").write_text(OWN)
    assert summary(made_run(ONE))["slow_pods"] == 7.0
    assert unit_of("slow_pods") == "s"


def test_what_a_module_only_imports_is_not_its_own(extended: Path) -> None:
    (extended / "added.py").write_text("from schedlab.metrics.counts import pods as also_pods")
    assert "also_pods" not in summary(made_run(ONE))


def test_a_metric_in_a_file_of_ones_own(own: str) -> None:
    assert "slow_pods" not in summary(made_run(ONE))
    found = summary(made_run(ONE), metrics=[f"{own}:slow_pods", f"{own}:halves"])
    assert found[-4:].to_dict() == {"slow_pods": 7.0, "halves.first": 0.25, "halves.second": 0.75, "halves": 1}
    assert [type(value) for value in found[-4:]] == [float, float, float, float]
    more = choose([f"{own}:slow_pods", f"{own}:halves", "wait"])
    assert list(more) == ["slow_pods", "halves", "wait"]
    assert table(more).formula[0] == "Longest time on a node."


def test_a_function_is_a_metric_as_it_is() -> None:
    @sl.metric(unit="count")
    def nodes(run: sl.Run) -> int:
        """Nodes."""
        return len(run.nodes)

    assert summary(made_run(ONE), metrics=[nodes])["nodes"] == 1
    assert nodes(made_run(ONE)) == 1


def test_units_and_what_is_better_of_an_entry(own: str) -> None:
    assert (unit_of("wait.p95"), better_of("wait.p95"), better_of("wait.p95.censored")) == ("s", "lower", None)
    assert (better_of("fairness.jain_share"), better_of("fairness.share_max")) == ("higher", None)
    assert (better_of("makespan"), better_of("makespan.censored"), better_of("pods")) == ("lower", None, None)
    more = choose([f"{own}:halves"])
    assert unit_of("halves.first", more) == "fraction"
    assert [better_of(f"halves{index}", more) for index in (".first", ".second", "")] == ["higher", None, None]
    with pytest.raises(InputError, match=r"^there is no metric 'wayt'; known: wait, job_wait$"):
        unit_of("wayt.p95")


def test_an_unknown_one_is_answered_with_the_nearest(own: str) -> None:
    with says(InputError, "there is no metric 'strandd'; known: stranded, or your own as FILE.py:NAME"):
        choose(["strandd"])
    with says(InputError, f"{own}: there is no 'slow' in it; it holds slow_pods, halves"):
        choose([f"{own}:slow"])
    with says(InputError, "there is no file 'no.py'; name an existing Python file, as in my.py:slow_pods"):
        choose(["no.py:slow"])
    Path(own).write_text("three = 3")
    with says(InputError, f'{own}: 3 is no metric: decorate it with @metric(unit="s")'):
        choose([f"{own}:three"])


def test_two_of_one_name_are_refused(own: str, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(OWN.replace("def halves", "def wait"))
    for names in ([f"{tmp_path}/other.py:wait"], [f"{own}:slow_pods", f"{tmp_path}/other.py:slow_pods"]):
        with pytest.raises(InputError, match=r"^there are two metrics '(wait|slow_pods)'; give your own another name$"):
            choose(names)


def test_a_metric_of_an_installed_package_is_chosen_by_name(install: Callable[..., None]) -> None:
    install("acme_metrics", OWN, slow_pods="acme_metrics:slow_pods", halves="acme_metrics:nosuch")
    assert offered() == ["halves", "slow_pods"]
    assert "acme_metrics" not in sys.modules
    assert summary(made_run(ONE), metrics=["slow_pods"])["slow_pods"] == 7.0
    with pytest.raises(
        InputError, match=r"metric 'halves' of acme_metrics 1\.0 .* does not load: .*; mend or uninstall"
    ):
        choose(["halves"])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("run.tables['nosuch']", "KeyError: 'nosuch'"),
        ("'text'", "TypeError: it gave 'text', and not a number or a Series of numbers"),
        ("None", "TypeError: it gave None, and not a number or a Series of numbers"),
        ("run.pods.name", "TypeError: it gave 'pod-0', and not a number or a Series of numbers"),
    ],
)
def test_one_that_fails_is_named_with_the_run(value: str, told: str) -> None:
    def bad(run: sl.Run) -> int:
        return eval(value)  # of the list above

    marked: Metric[int] = sl.metric(unit="count")(bad)
    with says(SchedlabError, f"metric bad of <Run kubernetes on made, seed 0>: {told}"):
        summary(made_run(ONE), metrics=[marked])


def test_a_decorator_says_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match="unit 'furlong': use one of count, fraction, "):
        sl.metric(unit="furlong")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="better 'more': use 'lower', 'higher' or None"):
        sl.metric(unit="s", better="more")  # type: ignore[arg-type]
