"""Plug-ins of installed packages: found by name, loaded when asked for, and broken ones told as such."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny import node, pod, scores

from schedlab import Cluster, InputError, Profile, extensions
from schedlab.plugins import registry
from schedlab.plugins.catalogue import catalogue

RULE = '''
import schedlab as sl

@sl.score(scope="node")
def leanest(pod, nodes):
    """Prefer the node with the fewest pods."""
    return -nodes.used["pods"]
'''
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package with entry points on the path, as an installer does."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(package: str, text: str, **points: str) -> None:
        (tmp_path / f"{package}.py").write_text(text)
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (folder / "entry_points.txt").write_text(f"[schedlab.plugins]\n{lines}")
        extensions.packages.cache_clear()

    yield put
    extensions.packages.cache_clear()
    for name in [each for each in sys.modules if each.startswith("acme_")]:
        del sys.modules[name]


def test_an_installed_plugin_is_named_like_any_other(install: Install) -> None:
    install("acme_rules", RULE, leanest="acme_rules:leanest")
    cluster = Cluster([node("a"), node("b")], [pod("x", on="a")])
    assert scores("leanest", cluster, pod("p")) == {"a": -1, "b": 0}
    assert Profile.of("leanest:2+best_fit").name == "leanest:2+best_fit"
    (found,) = (each for each in catalogue() if each.name == "leanest")
    assert (found.package, found.module, found.scopes) == ("acme_rules 1.0", "acme_rules", {"score": "node"})
    assert found.doc == "Prefer the node with the fewest pods."


def test_nothing_is_imported_before_it_is_asked_for(install: Install) -> None:
    install("acme_heavy", RULE, leanest="acme_heavy:leanest")
    Profile.of("best_fit")
    assert "acme_heavy" not in sys.modules
    Profile.of("leanest")
    assert "acme_heavy" in sys.modules


@pytest.mark.parametrize(
    ("text", "point", "told"),
    [
        ("import nosuch_module", "acme_bad:leanest", "does not load: ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", "acme_bad:leanest", "does not load: SystemExit: 3"),
        ("x = (", "acme_bad:leanest", "does not load: SyntaxError"),
        (RULE, "acme_bad:fullest", "does not load: AttributeError"),
        ("leanest = 3", "acme_bad:leanest", "is no plug-in"),
        (RULE.replace("leanest", "other"), "acme_bad:other", "calls itself 'other': give both the same name"),
    ],
)
def test_a_broken_one_troubles_nobody_else(install: Install, text: str, point: str, told: str) -> None:
    install("acme_bad", text, leanest=point)
    assert Profile.of("best_fit").name == "best_fit"
    with pytest.raises(InputError) as refused:
        Profile.of("leanest")
    line = str(refused.value)
    assert line.startswith("plug-in 'leanest' of acme_bad 1.0 (acme_bad:")
    assert line.endswith("; mend or uninstall acme_bad 1.0")
    assert told in line
    assert "\n" not in line
    (found,) = (each for each in catalogue() if each.name == "leanest")
    assert (found.problem, found.package, found.scopes) == (line, "acme_bad 1.0", {})


def test_two_of_one_name_are_both_named(install: Install) -> None:
    install("acme_one", RULE, leanest="acme_one:leanest")
    install(
        "acme_two", RULE.replace("leanest", "best_fit") + RULE, leanest="acme_two:leanest", best_fit="acme_two:best_fit"
    )
    with pytest.raises(InputError) as refused:
        registry.find("leanest")
    assert "plug-in 'leanest' is in acme_" in str(refused.value)
    assert "acme_one 1.0" in str(refused.value)
    assert "acme_two 1.0" in str(refused.value)
    with pytest.raises(InputError, match=r"is in schedlab itself and in acme_two 1\.0; uninstall"):
        registry.find("best_fit")
    assert Profile.of("worst_fit").name == "worst_fit"
    problems = {(each.name, each.package): bool(each.problem) for each in catalogue() if each.package != "schedlab"}
    assert problems == {
        ("leanest", "acme_one 1.0"): True,
        ("leanest", "acme_two 1.0"): True,
        ("best_fit", "acme_two 1.0"): True,
    }


def test_a_near_miss_is_answered_with_the_installed_name(install: Install) -> None:
    install("acme_near", RULE, leanest="acme_near:leanest")
    with pytest.raises(InputError, match="there is no plug-in 'leanist'; known: leanest"):
        Profile.of("leanist")


def test_a_class_that_needs_a_parameter_is_listed_and_says_what_it_needs(install: Install) -> None:
    text = """
from dataclasses import dataclass
import schedlab as sl

@sl.score(scope="static")
@dataclass(frozen=True)
class Level:
    at: int

    def __call__(self, pod, nodes):
        return -abs(nodes.rank - self.at)
"""
    install("acme_needs", text, Level="acme_needs:Level")
    (found,) = (each for each in catalogue() if each.name == "Level")
    assert [(each.name, each.required) for each in found.parameters] == [("at", True)]
    assert (found.problem, found.doc) == ("", "")
    with pytest.raises(InputError, match=r"plug-in Level needs its parameter at; write Level\(at=\.\.\.\) with int"):
        Profile.of("Level")
    assert Profile.of("Level(at=1)").scores[0].plugin.rule.at == 1
