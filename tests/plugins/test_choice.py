"""The text that names plug-ins with parameters and weights."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab import InputError
from schedlab.plugins.choice import Choice, as_text, choices

RULE = """
from dataclasses import dataclass
from schedlab import score

@score(scope="static")
@dataclass(frozen=True)
class at:
    rank: int = 0
    name: str = ""

    def __call__(self, pod, nodes):
        return -abs(nodes.rank - self.rank)
"""


def parts(text: str) -> list[tuple[str, dict[str, Any], Any]]:
    return [(each.plugin, each.args, each.weight) for each in choices(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("best_fit", [("best_fit", {}, 1)]),
        ("a:2 + b", [("a", {}, "2"), ("b", {}, 1)]),
        ("a(x=1, y=two):0.5+b()", [("a", {"x": "1", "y": "two"}, "0.5"), ("b", {}, 1)]),
        ('a(x=[1, 2], y={"k": "a,b)+"})', [("a", {"x": "[1, 2]", "y": '{"k": "a,b)+"}'}, 1)]),
        ('a(x="say \\"hi\\", then")', [("a", {"x": '"say \\"hi\\", then"'}, 1)]),
        ("a(x=1e+3)+b:1", [("a", {"x": "1e+3"}, 1), ("b", {}, "1")]),
        ("my.py:tight(x=1):3", [("my.py:tight", {"x": "1"}, "3")]),
        ("b+dir/my.py:tight", [("b", {}, 1), ("dir/my.py:tight", {}, 1)]),
        ("pkg.mod:rule:2", [("pkg.mod:rule", {}, "2")]),
        ("name-with-dashes(a = 1)", [("name-with-dashes", {"a": "1"}, 1)]),
    ],
)
def test_what_a_text_says(text: str, found: list[Any]) -> None:
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "scheduler '' lacks a name"),
        ("a+", "lacks a name"),
        ("+a", "lacks a name"),
        ("(x=1)", "lacks a name"),
        ("a(x=1", "a bracket or quote is not closed"),
        ('a(x="1)', "a bracket or quote is not closed"),
        ("a(x=[1)", "a bracket or quote is not closed"),
        ("a(x)", "at 'x'; write parameter=value"),
        ("a(x=)", "at 'x='; write parameter=value"),
        ("a(=1)", "at '=1'; write parameter=value"),
        ("a(x=1, x=2)", "sets x twice; set it once"),
        ("a(x=1)b", "at 'b'; write name(parameter=value):weight"),
    ],
)
def test_a_text_that_is_none_is_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        choices(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text(alphabet="ab(),:+=[]{}\"'\\. 1py", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = choices(text)
    except InputError:
        return
    assert choices("+".join(each.text() for each in found)) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), json_values, max_size=3))
def test_a_mapping_as_text_means_the_same(args: dict[str, Any]) -> None:
    import json

    (back,) = choices(as_text(Choice("delay", args, 2)))
    assert (back.plugin, back.value, list(back.args)) == ("delay", 2, list(args))
    for key, value in args.items():
        try:
            read = json.loads(back.args[key])
        except ValueError:  # a bare word
            read = str(back.args[key])
        assert read == value


def test_a_sum_as_a_list() -> None:
    assert as_text(("best_fit", Choice("delay", {"wait": 5}, 0.5))) == "best_fit+delay(wait=5):0.5"
    for name in ("a+b", "a:2", "a(x=1)"):
        with pytest.raises(InputError, match="name one here, without parameters and weight"):
            as_text(Choice(name))


def test_a_file_is_found_whatever_letters_its_path_has(tmp_path: Path) -> None:
    folder = tmp_path / "c++ (old): a=b"
    folder.mkdir()
    (folder / "my.py").write_text(RULE)
    (one, two) = choices(f"best_fit+{folder}/my.py:at(rank=3, name=x):2")
    assert (one.plugin, two.plugin, two.value) == ("best_fit", f"{folder}/my.py:at", 2)
    plugin = two.resolve()
    assert (plugin.name, plugin.rule.rank, plugin.rule.name) == ("at", 3, "x")


def test_a_module_that_is_installed_is_named_with_the_rule_in_it() -> None:
    assert choices("schedlab.plugins.packing.best_fit:best_fit:2")[0].resolve().name == "best_fit"
    with pytest.raises(InputError, match=r"^no\.such: the module cannot be imported: ModuleNotFoundError"):
        choices("no.such:rule")[0].resolve()
    with pytest.raises(InputError, match=r"^schedlab\.errors: there is no 'rule' in it; it holds no plug-in"):
        choices("schedlab.errors:rule")[0].resolve()
    with pytest.raises(InputError, match=r"^os\.path: .* is no plug-in"):
        choices("os.path:join")[0].resolve()
