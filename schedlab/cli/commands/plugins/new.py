"""``schedlab plugins new``: a package for a plug-in of one's own."""

import keyword
import re
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from schedlab.cli.console import print_json
from schedlab.errors import InputError
from schedlab.extensions import packages
from schedlab.plugins import registry

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 50
TAKEN = {"check_plugin", "kubernetes", "sl"}  # names that the files below use, and a profile's

FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "schedlab-$dashed"
version = "0.1.0"
description = "A plug-in for schedlab"
requires-python = ">=3.11"
dependencies = ["schedlab"]

[project.entry-points."schedlab.plugins"]
$name = "schedlab_$name:$name"

[tool.hatch.build.targets.wheel]
packages = ["src/schedlab_$name"]

[tool.pytest.ini_options]
testpaths = ["tests"]
""",
    "src/schedlab_$name/__init__.py": '''\
"""A plug-in for schedlab: $name."""

import schedlab as sl


@sl.score(scope="node")
def $name(pod, nodes):
    """Prefer the node that this pod leaves fullest."""
    left = nodes.allocatable - nodes.used - pod.requests
    return -sl.ratio(left, nodes.allocatable)[:2].sum(axis=0)
''',
    "tests/test_$name.py": '''\
"""The plug-in keeps the contract, is found by its name, and places pods."""

import schedlab as sl
from schedlab.testing import check_plugin
from schedlab_$name import $name


def test_it_keeps_the_contract():
    report = check_plugin($name)
    assert report.ok, str(report)


def test_it_is_found_and_places_every_pod_of_a_small_workload():
    workload = sl.load_trace("generated", pods=60, nodes=6, seed=1)
    run = sl.replay(workload, scheduler="$name", seed=1)
    assert sl.summary(run)["pending"] == 0
    assert len(run.decisions) > 0
''',
}


def new(
    name: Annotated[str, typer.Argument(help="Of the plug-in: lower-case letters, digits, underscores.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="Where the package's folder is made.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a package for a plug-in.

    It has a score, its test and an entry point, ready to be installed and changed.

    Example: schedlab plugins new tightest --into packages
    """
    _refuse_bad(name)
    folder = into / name
    if folder.exists() or folder.is_symlink():
        raise InputError("this is there already", file=folder, mend="choose another name, or another folder by --into")
    written = []
    for path, text in FILES.items():
        file = folder / Template(path).substitute(name=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(text).substitute(name=name, dashed=name.replace("_", "-")), encoding="utf-8")
        written.append(str(file))
    if as_json:
        print_json({"folder": str(folder), "files": written})
        return
    for each in written:
        typer.echo(each)
    typer.echo(f"\nnext: pip install -e {folder}\n      pytest {folder}")
    typer.echo(f"      schedlab replay generated --scheduler {name}")


def _refuse_bad(name: str) -> None:
    """Refuse a name that is none in Python or in a package index, or that a plug-in has already."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        mend = "write a lower-case letter, then letters, digits and single underscores, as in tightest_fit"
        raise InputError(f"name {name!r:.80}", mend=mend)
    if keyword.iskeyword(name) or name in TAKEN or name.startswith("test"):
        raise InputError(f"name {name!r} has a meaning of its own", mend="choose another name")
    if name in registry.builtin() or name in packages(registry.GROUP):
        raise InputError(f"there is a plug-in {name!r} already", mend="choose another name (schedlab plugins list)")
