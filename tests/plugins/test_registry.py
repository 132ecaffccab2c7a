"""Finding plug-ins: in the package, and in files of one's own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import node, pod, says, schedule, scores

import schedlab.plugins
from schedlab import Cluster, InputError, Profile
from schedlab.plugins import registry
from schedlab.plugins.api import Plugin

RULE = '''
from schedlab import score

@score(scope="node")
def emptiest(pod, nodes):
    """Prefer the node with the fewest pods."""
    return -nodes.used["pods"]
'''


def written(folder: Path, text: str, name: str = "mine.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def cluster() -> Cluster:
    return Cluster([node("a"), node("b")], [pod("x", on="a")])


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files belong to the package for a while."""
    registry.builtin()
    known = set(sys.modules)
    monkeypatch.setattr(schedlab.plugins, "__path__", [*schedlab.plugins.__path__, str(tmp_path)])
    registry.builtin.cache_clear()
    yield tmp_path
    registry.builtin.cache_clear()
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_the_package_knows_its_rules() -> None:
    assert set(registry.builtin()) >= {"NodeUnschedulable", "NodeResourcesFit", "NodeResourcesBalancedAllocation"}
    assert set(registry.builtin()) >= {"first_fit", "best_fit", "worst_fit", "next_fit", "round_robin", "l2_norm"}
    assert set(registry.builtin()) >= {"dot_product", "random", "power_of_two", "data_locality"}


def test_every_rule_of_the_package_can_be_made_and_named() -> None:
    for name, rule in registry.builtin().items():
        plugin = Plugin.of(rule)
        assert plugin.name == name
        assert plugin.filter or plugin.score or plugin.order or plugin.backfill or plugin.together


def test_a_new_file_in_the_package_is_all_it_takes(extended: Path) -> None:
    written(extended, RULE)
    assert "emptiest" in registry.builtin()
    assert schedule(cluster(), "emptiest", pod("p")) == ["b"]
    assert Profile.of("emptiest+best_fit").name == "emptiest+best_fit"


def test_a_new_file_may_stand_in_a_folder_of_its_own(extended: Path) -> None:
    folder = extended / "energy"
    folder.mkdir()
    written(folder, "", "__init__.py")
    written(folder, RULE.replace("def emptiest", "def coolest"))
    assert schedule(cluster(), "coolest", pod("p")) == ["b"]


def test_what_a_module_only_imports_is_not_its_own(extended: Path) -> None:
    written(extended, RULE.replace("emptiest", "own"), "theirs.py")
    written(extended, "from schedlab.plugins.theirs import own as mine\n")
    assert registry.builtin()["own"].__module__ == "schedlab.plugins.theirs"
    assert "mine" not in registry.builtin()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("best_fitt", "there is no plug-in 'best_fitt'; known: best_fit, "),
        ("NodeResourceFit", "there is no plug-in 'NodeResourceFit'; known: NodeResourcesFit, "),
        ("zzz", "there is no plug-in 'zzz'; known: "),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, text: str) -> None:
    with pytest.raises(InputError) as refused:
        registry.find(name)
    assert str(refused.value).startswith(text)
    assert "\n" not in str(refused.value)


def test_a_rule_in_a_file_of_ones_own(tmp_path: Path) -> None:
    where = written(tmp_path, RULE) + ":emptiest"
    assert Profile.of(where).name == "emptiest"
    assert scores(where, cluster(), pod("p")) == {"a": -1, "b": 0}


def test_a_file_may_hold_dataclasses_with_postponed_annotations(tmp_path: Path) -> None:
    text = """
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar
from schedlab import score

@score
@dataclass(frozen=True)
class Level:
    at: float = 0.0
    unit: ClassVar[str] = "pods"

    def __call__(self, pod, nodes):
        return -abs(nodes.used[self.unit] - self.at)
"""
    assert scores(written(tmp_path, text) + ":Level", cluster(), pod("p")) == {"a": -1, "b": 0}


def test_two_files_of_one_name_are_two_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = registry.load_file(written(one, RULE) + ":emptiest")
    second = registry.load_file(written(two, RULE.replace("return -", "return ")) + ":emptiest")
    assert (scores(first, cluster(), pod()), scores(second, cluster(), pod())) == ({"a": -1, "b": 0}, {"a": 1, "b": 0})


def test_a_file_named_like_a_library_does_not_replace_it(tmp_path: Path) -> None:
    import colorsys

    registry.load_file(written(tmp_path, RULE, "colorsys.py") + ":emptiest")
    assert sys.modules["colorsys"] is colorsys


@pytest.mark.parametrize("where", ["mine.py", ":tightest", "mine.py:"])
def test_a_file_is_named_together_with_the_rule(where: str) -> None:
    text = f"plug-in {where!r}; write file.py:name, the file and the function or class in it"
    with says(InputError, text):
        registry.load_file(where)


def test_a_missing_file(tmp_path: Path) -> None:
    path = str(tmp_path / "none.py")
    with says(InputError, f"there is no file {path!r}; name an existing Python file, as in my.py:tightest"):
        Profile.of(f"{path}:emptiest")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = written(tmp_path, RULE, "mine.txt")
    with says(InputError, f"{path}: this is no Python file; name a file that ends in .py"):
        registry.load_file(f"{path}:emptiest")


def test_a_missing_name_is_answered_with_what_is_there(tmp_path: Path) -> None:
    path = written(tmp_path, RULE + "\nother = 3\n")
    with says(InputError, f"{path}: there is no 'fullest' in it; it holds emptiest"):
        Profile.of(f"{path}:fullest")
    path = written(tmp_path, "other = 3\n")
    with says(InputError, f"{path}: there is no 'fullest' in it; it holds no plug-in"):
        Profile.of(f"{path}:fullest")


def test_what_a_file_only_imports_is_not_listed_as_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "from schedlab.plugins.packing.best_fit import best_fit\n")
    with says(InputError, f"{path}: there is no 'fullest' in it; it holds no plug-in"):
        Profile.of(f"{path}:fullest")


def test_what_is_no_plugin(tmp_path: Path) -> None:
    path = written(tmp_path, "other = 3\n")
    with says(InputError, f"{path}: 3 is no plug-in: decorate it, or its filter or score, with @filter or @score"):
        Profile.of(f"{path}:other")


def test_a_file_with_a_syntax_error(tmp_path: Path) -> None:
    path = written(tmp_path, "x = 1\ndef f(:\n")
    with pytest.raises(InputError) as refused:
        Profile.of(f"{path}:f")
    line = str(refused.value)
    assert line.startswith(f"{path}: the file does not run: SyntaxError: invalid syntax")
    assert line.endswith("line 2")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise ValueError('one\\ntwo')\n", "ValueError: one two"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_fails_when_it_is_run(tmp_path: Path, text: str, error: str) -> None:
    path = written(tmp_path, text)
    with says(InputError, f"{path}: the file does not run: {error}"):
        Profile.of(f"{path}:rule")
