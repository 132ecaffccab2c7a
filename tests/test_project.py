"""The house's own rules."""

import importlib
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import schedlab

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "schedlab").rglob("*.py"))
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES]
LOCKED = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker> ; .+?)?(?P<hashes>( +--hash=sha256:[0-9a-f]{64})+)"
)


def requirements(text: str) -> list[str]:
    """Return the requirements of a lock file, one a line, without comments and line breaks."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [line for line in lines.replace("\\\n", " ").splitlines() if line.strip()]


def locked(name: str) -> dict[str, set[str]]:
    """Return the versions that a lock file allows of every package."""
    versions: dict[str, set[str]] = {}
    for line in requirements((ROOT / "requirements" / name).read_text()):
        found = LOCKED.fullmatch(line)
        assert found, f"{name}: not a version with hashes: {line[:80]}"
        versions.setdefault(found["name"], set()).add(found["version"])
    return versions


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


def test_no_source_file_is_longer_than_500_lines():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert lengths
    assert {path: length for path, length in lengths.items() if length > 500} == {}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_imports(module):
    importlib.import_module(module)


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=lambda path: path.name)
def test_every_folder_of_sources_is_a_package(folder):
    assert (folder / "__init__.py").is_file()


def test_the_map_of_the_package_lists_just_what_is_public():
    rows = re.findall(r"^(\w+)  +\S", schedlab.__doc__, re.MULTILINE)
    assert sorted(rows) == sorted(["name", *schedlab.__all__])
    assert [name for name in schedlab.__all__ if not hasattr(schedlab, name)] == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_a_lock_file_pins_versions_and_hashes_and_names_no_host(name):
    assert len(locked(name)) >= 8
    text = (ROOT / "requirements" / name).read_text()
    assert [word for word in ("http", "index-url", "find-links", "://", "file:") if word in text] == []


def test_the_runtime_lock_is_part_of_the_development_lock():
    runtime, dev = locked("runtime.txt"), locked("dev.txt")
    assert {name: versions for name, versions in runtime.items() if dev.get(name) != versions} == {}


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_the_lock_files_are_what_the_project_asks_for(name):
    wanted = project()["dependencies"] + (project()["optional-dependencies"]["dev"] if name == "dev.txt" else [])
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{name} lacks {requirement.name}: make lock"
        assert all(map(requirement.specifier.contains, found)), f"{name} has {found} of {requirement}: make lock"


def test_a_lock_file_is_read_whole():
    mark = "--hash=sha256:" + "0" * 64
    text = f"# made\na-b==1.0 ; os_name == 'nt' \\\n    {mark} \\\n    {mark}\n    # via c\nd==2\n"
    first, second = requirements(text)
    found = LOCKED.fullmatch(first)
    assert found
    assert (found["name"], found["version"], found["hashes"].count(mark)) == ("a-b", "1.0", 2)
    assert LOCKED.fullmatch(second) is None


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(notebook):
    cells = json.loads(notebook.read_text())["cells"]
    kept = [(cell["outputs"], cell["execution_count"]) for cell in cells if cell["cell_type"] == "code"]
    assert kept
    assert all(each == ([], None) for each in kept)


def test_seven_commits_in_a_row_run_every_slow_test(request, monkeypatch):
    conftest = request.config.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    assert {conftest.part_of(f"tests/test_a.py::test_{i}") for i in range(200)} == set(range(7))
    assert conftest.part_of("tests/test_a.py::test_0") == 3
    turns = []
    for count in range(100, 107):
        git = subprocess.CompletedProcess([], 0, stdout=f"{count}\n")
        monkeypatch.setattr(subprocess, "run", lambda *_, git=git, **__: git)
        turns.append(conftest.turn())
    assert turns == [2, 3, 4, 5, 6, 0, 1]
