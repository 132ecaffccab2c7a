"""``schedlab plugins``: the group, and the list of what can be named."""

import json

import pytest

from schedlab import extensions
from schedlab.cli import main
from schedlab.plugins import registry

RULE = '''
from dataclasses import dataclass
from typing import Annotated, Literal
from msgspec import Meta
import schedlab as sl

@sl.score(scope="static")
@dataclass(frozen=True)
class near:
    """Prefer ``nodes`` of a rank."""

    rank: Annotated[int, Meta(ge=0, le=9, description="the one wanted")]
    way: Literal["up", "down"] = "up"

    def __call__(self, pod, nodes):
        return -abs(nodes.rank - self.rank)
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with two plug-ins, one of them broken."""
    (tmp_path / "acme_listed.py").write_text(RULE)
    folder = tmp_path / "acme_listed-2.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-listed\nVersion: 2.0\n")
    (folder / "entry_points.txt").write_text("[schedlab.plugins]\nnear = acme_listed:near\nfar = acme_listed:nosuch\n")
    monkeypatch.syspath_prepend(tmp_path)
    extensions.packages.cache_clear()
    yield
    extensions.packages.cache_clear()


def test_the_group_has_help_and_refuses_what_it_does_not_hold(capsys):
    for words in (["plugins"], ["plugins", "--help"]):
        assert main(words) == 0
        out = capsys.readouterr().out
        assert all(command in out for command in ("check", "list", "new"))
    assert main(["plugins", "frob"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "No such command 'frob'" in printed.err


@pytest.mark.parametrize("command", ["list", "new"])
def test_its_commands_have_help_with_an_example(capsys, command):
    assert main(["plugins", command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: schedlab plugins {command}" in out
    assert "--json" in out


def test_every_builtin_is_listed_with_doc_scope_and_parameters(capsys, package):
    assert main(["plugins", "list"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [line.split() for line in printed.out.splitlines()]
    for name in registry.builtin():
        (line,) = (words for words in lines if words[:1] == [name])
        assert len(line) > 4
    text = "\n".join(" ".join(words) for words in lines)
    assert "best_fit score node Prefer the smallest sum" in text
    assert "acme-listed 2.0 (installed)" in text
    assert "near score static Prefer nodes of a rank." in text
    assert "rank: int in 0..9; required; the one wanted" in text
    assert 'way: down | up; default "up"' in text
    assert "far broken plug-in 'far' of acme-listed 2.0 (acme_listed:nosuch) does not load: AttributeError" in text


def test_as_json_it_is_json_with_ranges(capsys, package):
    assert main(["plugins", "list", "--json"]) == 0
    told = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert set(told) == {*registry.builtin(), "near", "far"}
    fit = told["NodeResourcesFit"]
    assert (fit["package"], fit["module"]) == ("schedlab", "schedlab.plugins.kubernetes.node_resources_fit")
    assert fit["scopes"] == {"filter": "node", "score": "node"}
    assert fit["parameters"][2]["default"]["type"] == "LeastAllocated"
    rank, way = told["near"]["parameters"]
    assert (rank["name"], rank["type"], rank["low"], rank["high"]) == ("rank", "int", 0, 9)
    assert (rank["required"], rank["default"], rank["doc"]) == (True, None, "the one wanted")
    assert (way["choices"], way["default"], way["required"]) == (["down", "up"], "up", False)
    assert told["near"]["package"] == "acme-listed 2.0"
    assert told["near"]["problem"] is None
    assert "does not load" in told["far"]["problem"]


def test_replay_takes_the_text_form(capsys, package):
    words = ["replay", "generated", "--set", "pods=40", "--set", "nodes=4", "--json", "--scheduler"]
    assert main([*words, "near(rank=2, way=down):2+best_fit"]) == 0
    profile = json.loads(capsys.readouterr().out)["manifest"]["profile"]
    assert profile["scores"][0]["args"] == {"rank": 2, "way": "down"}
    assert main([*words, "near(rank=10)"]) == 2
    assert "plug-in near, parameter rank: '10' is not allowed; write int in 0..9" in capsys.readouterr().err
