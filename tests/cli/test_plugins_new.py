"""``schedlab plugins new``: a package that installs and whose test passes."""

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schedlab.cli import main
from schedlab.plugins import registry
from schedlab.plugins.plugin import name_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words, **variables):
    done = subprocess.run(
        [sys.executable, *words], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_writes_a_small_package(capsys, folder):
    assert main(["plugins", "new", "lean_fit", "--into", "packages", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    written = {str(path) for path in Path("packages").rglob("*") if path.is_file()}
    assert written == set(told["files"])
    assert told["folder"] == "packages/lean_fit"
    project = tomllib.loads(Path("packages/lean_fit/pyproject.toml").read_text())["project"]
    assert project["name"] == "schedlab-lean-fit"
    assert project["entry-points"] == {"schedlab.plugins": {"lean_fit": "schedlab_lean_fit:lean_fit"}}
    rule = registry.load_file("packages/lean_fit/src/schedlab_lean_fit/__init__.py:lean_fit")
    assert name_of(rule) == "lean_fit"
    for path in Path("packages").rglob("*.py"):
        compile(path.read_text(), str(path), "exec")


def test_it_says_what_to_do_next(capsys):
    assert main(["plugins", "new", "lean"]) == 0
    assert capsys.readouterr().out.endswith(
        "next: pip install -e lean\n      pytest lean\n      schedlab replay generated --scheduler lean\n"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Lean", "write a lower-case letter"),
        ("lean-fit", "write a lower-case letter"),
        ("../up", "write a lower-case letter"),
        ("lean__fit", "write a lower-case letter"),
        ("1st", "write a lower-case letter"),
        ("", "write a lower-case letter"),
        ("x" * 51, "write a lower-case letter"),
        ("lean\n", "write a lower-case letter"),
        ("class", "has a meaning of its own"),
        ("sl", "has a meaning of its own"),
        ("test_it", "has a meaning of its own"),
        ("kubernetes", "has a meaning of its own"),
        ("best_fit", "there is a plug-in 'best_fit' already"),
        ("there", "there: this is there already; choose another name, or another folder by --into"),
        ("nowhere", "nowhere: this is there already"),
    ],
)
def test_what_is_refused_is_one_line_and_leaves_nothing(capsys, folder, name, told):
    Path("there").mkdir()
    Path("nowhere").symlink_to("gone")
    before = sorted(folder.rglob("*"))
    assert main(["plugins", "new", name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert told in printed.err
    assert sorted(folder.rglob("*")) == before


def test_the_folder_above_must_be_one(capsys):
    Path("file").write_text("")
    assert main(["plugins", "new", "lean", "--into", "file"]) in (1, 2)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="pip is not installed")
def test_the_package_installs_and_its_test_passes(folder):
    assert main(["plugins", "new", "lean_fit"]) == 0
    options = "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"
    run("-m", "pip", "install", *options, "--target", "site", "./lean_fit")
    path = os.pathsep.join([str(folder / "site"), str(ROOT)])
    told = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "lean_fit", PYTHONPATH=path)
    assert "2 passed" in told
    code = "import sys; from schedlab.cli import main; sys.exit(main())"
    listed = json.loads(run("-c", code, "plugins", "list", "--json", PYTHONPATH=path))
    (lean,) = (each for each in listed if each["name"] == "lean_fit")
    assert (lean["package"], lean["module"], lean["problem"]) == ("schedlab-lean-fit 0.1.0", "schedlab_lean_fit", None)
