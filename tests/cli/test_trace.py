"""``schedlab trace``: what each command prints and leaves, and with which status it ends."""

import json
import shutil
from pathlib import Path

import pytest

from schedlab.cli import main
from schedlab.workload import load_trace

TINY = Path(__file__).parents[2] / "traces" / "tiny"
SMALL = ["--set", "pods=200", "--set", "nodes=6"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEDLAB_DATA", str(tmp_path))
    monkeypatch.setenv("SCHEDLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("command", ["list", "info", "check", "convert", "generate", "fetch"])
def test_every_command_has_help_with_an_example(capsys, command):
    assert main(["trace", command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: schedlab trace {command}" in out
    assert "--json" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["info", "tinny"], "there is no trace 'tinny'"),
        (["info", "openb"], "fetch it: schedlab trace fetch openb"),
        (["info", "tiny", "--set", "horizn=3"], "has no option 'horizn'"),
        (["check", "nosuch"], "there is no trace 'nosuch'"),
        (["fetch", "openbb"], "the catalogue has no trace 'openbb'; did you mean openb?"),
        (["convert", "tiny", "there"], "there: this is there already; name a new folder"),
        (["convert", "tiny", "new", "--transform", "windo(start=1)"], "no transform 'windo'; did you mean window?"),
        (["convert", "nosuch", "new", "--transform", "windo"], "no transform 'windo'; did you mean window?"),
        (["convert", "tiny", "new", "--transform", "window(start=1h"], "write NAME(option=value)"),
        (["convert", "tiny", "new", "--transform", "window(start=1h)"], "transform window needs its option length"),
        (["convert", "tiny", "new", "--transform", "head(pods=3):2"], "has a weight"),
        (["generate", "new", "--set", "pod=3"], "the loader generated has no option 'pod'"),
        (["generate", "there"], "there: this is there already; name a new folder"),
    ],
)
def test_what_is_refused_is_one_line_and_status_2(capsys, folder, words, told):
    (folder / "there").mkdir()
    assert main(["trace", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert told in printed.err
    assert not (folder / "new").exists()


def test_the_list_says_where_each_trace_is_and_how_to_get_the_others(capsys, folder):
    assert main(["trace", "list"]) == 0
    out = capsys.readouterr().out
    assert f"checkout: {TINY}" in out
    assert "not here: schedlab trace fetch openb" in out
    shutil.copytree(TINY, folder / "traces" / "mine")
    assert main(["trace", "list", "--json"]) == 0
    told = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert list(told) == ["mine", "tiny", "generated", "openb", "swf-small", "cerit-sc-2013"]
    assert (told["mine"]["shelf"], told["mine"]["licence"]) == ("reference data", "")
    assert (told["tiny"]["shelf"], told["tiny"]["licence"]) == ("checkout", "Apache-2.0")
    assert (told["openb"]["here"], told["openb"]["folder"]) == (False, None)
    assert told["generated"]["here"]


def test_info_tells_content_and_source(capsys, folder):
    shutil.copytree(TINY, folder / "copy")
    assert main(["trace", "info", "tiny"]) == 0
    out = capsys.readouterr().out
    assert main(["trace", "info", str(TINY)]) == 0
    assert capsys.readouterr().out == out
    assert "Hand-written trace" in out
    assert "0 to 6,000" in out
    assert "options of the loader csv, as --set horizon=VALUE" in out
    assert main(["trace", "info", "copy", "--set", "horizon=1h", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["catalogue"]) == ("csv", None)
    assert told["options"] == {"horizon": None, "gang_wait": None}
    assert told["content"]["tenants"] == 3
    assert told["content"]["horizon_s"] == 3600
    assert told["content"]["offered_load"] == load_trace(TINY, horizon="1h").report["offered_load"]


def test_a_trace_is_converted_checked_and_read(capsys, folder):
    assert main(["trace", "convert", "tiny", "out/new", "--set", "horizon=5h"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.endswith("written to: out/new\n")
    made, source = load_trace(folder / "out/new"), load_trace("tiny", horizon="5h")
    assert made.digest() == source.digest()
    assert f"digest: {source.digest()}" in printed.out
    told = json.loads((folder / "out/new/manifest.json").read_text())
    assert (told["licence"], told["redistributable"]) == ("Apache-2.0", "yes")
    assert set(told["source_files"]) == {path.name for path in TINY.iterdir()}
    assert told["converter"]["arguments"] == {"trace": "tiny", "options": {"horizon": "5h"}, "transforms": []}
    assert main(["trace", "check", "out/new"]) == 0
    assert capsys.readouterr().out == "out/new: all is well\n"


def test_a_converted_trace_keeps_its_licence_when_it_is_converted_again(capsys, folder):
    assert main(["trace", "convert", "tiny", "one"]) == 0
    assert main(["trace", "convert", "one", "two", "--transform", "head(pods=3)+scale_nodes(factor=2)", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert (told["pods"], told["nodes"]) == (3, 10)
    manifest = json.loads((folder / "two" / "manifest.json").read_text())
    assert manifest["licence"] == "Apache-2.0"
    steps = [{"head": {"pods": 3}}, {"scale_nodes": {"factor": 2}}]
    assert manifest["converter"]["arguments"]["transforms"] == steps
    assert [step["name"] for step in manifest["report"]["transforms"]] == ["head", "scale_nodes"]


def test_generate_writes_what_the_generator_draws(capsys, folder):
    assert main(["trace", "generate", "made", *SMALL, "--set", "seed=3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["digest"] == load_trace("generated", pods=200, nodes=6, seed=3).digest()
    assert load_trace(folder / "made").digest() == told["digest"]


def test_check_tells_what_is_wrong_and_ends_with_1(capsys, folder):
    shutil.copytree(TINY, folder / "traces" / "tiny")  # the reference data comes before the checkout
    assert main(["trace", "check", "tiny"]) == 0
    with (folder / "traces/tiny/pods.csv").open("a") as file:
        file.write("odd,1,1,x,1,,,,,,,,,\n")
    assert main(["trace", "check", "tiny"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "its sha256 is" in lines[0]
    assert "row 17, field cpu: 'x' is not a quantity" in lines[1]
    assert main(["trace", "check", "tiny", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 2
    assert main(["trace", "generate", "made", *SMALL]) == 0
    manifest = folder / "made" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"digest": "', '"digest": "0'))
    capsys.readouterr()
    assert main(["trace", "check", "made"]) == 1
    assert "field digest: the tables' digest is" in capsys.readouterr().err


def test_replay_takes_transforms(capsys):
    words = ["replay", "generated", *SMALL, "--transform", "window(start=2h,length=90m)+thin(by=tenant)", "--json"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)["manifest"]["workload"]["report"]
    assert [(each["name"], each["options"]["seed"]) for each in report["transforms"][1:]] == [("thin", 0)]
    assert report["transforms"][0]["options"] == {"start": "2h", "length": "90m", "drain": False}
    assert main(["replay", "generated", "--transform", "frob(x=1)"]) == 2
    assert "there is no transform 'frob'" in capsys.readouterr().err
