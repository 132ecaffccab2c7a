"""load_trace: names, folders, options; loaders are found by mechanism."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schedlab.errors import InputError
from schedlab.workload import data_root, load_trace, loaders
from schedlab.workload.load import known_traces

Write = Callable[..., Path]
PARROT = '''
"""A format with one file, parrot.txt."""
from schedlab.workload import generate

NAME = "parrot"


def claims(folder):
    return folder is not None and (folder / "parrot.txt").exists()


def load(folder, *, words=1):
    return generate(pods=words, nodes=int((folder / "parrot.txt").read_text()))
'''


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of reference data."""
    (tmp_path / "data" / "traces").mkdir(parents=True)
    monkeypatch.setenv("SCHEDLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SCHEDLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data"


def test_a_new_loader_is_one_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parrot_format.py").write_text(PARROT)
    monkeypatch.setattr(loaders, "__path__", [*loaders.__path__, str(tmp_path)])
    folder = tmp_path / "trace"
    folder.mkdir()
    (folder / "parrot.txt").write_text("3")
    try:
        workload = load_trace(folder, words=7)
        with pytest.raises(InputError, match=r"^the loader parrot has no option 'word'; its options are words$"):
            load_trace(folder, word=7)
    finally:
        sys.modules.pop("schedlab.workload.loaders.parrot_format", None)
    assert len(workload.nodes) == 3
    assert workload.report["arrivals"] == 7


def test_generated_takes_the_options_of_generate() -> None:
    assert load_trace("generated", pods=10, nodes=2).report["arrivals"] == 10
    with pytest.raises(InputError, match=r"^the loader generated has no option 'pod'; its options are pods, nodes, "):
        load_trace("generated", pod=10)


def test_the_hand_written_trace_has_a_name(no_data: Path) -> None:
    assert load_trace("tiny").name == "tiny"


def test_a_name_is_found_in_the_reference_data(no_data: Path, write: Write, tmp_path: Path) -> None:
    write(nodes="name,cpu,memory\nn1,1,1\n")
    (tmp_path / "data/traces/mine").mkdir()
    for table in ("pods.csv", "nodes.csv"):
        (tmp_path / table).rename(tmp_path / "data/traces/mine" / table)
    assert len(load_trace("mine").nodes) == 1


def test_an_unknown_name_gets_the_nearest_and_where_it_looked(no_data: Path) -> None:
    with pytest.raises(InputError) as refused:
        load_trace("generate")
    assert str(refused.value).startswith("there is no trace 'generate' in ")
    assert f"{no_data}/traces, " in str(refused.value)
    assert str(refused.value).endswith("; did you mean generated?")


def test_openb_without_its_data_says_how_to_get_it(no_data: Path) -> None:
    with pytest.raises(InputError) as refused:
        load_trace("openb")
    assert str(refused.value).startswith(f"the trace openb is not in {Path.cwd()}, {no_data}/traces, ")
    assert str(refused.value).endswith("; fetch it: schedlab trace fetch openb")


def test_traces_are_looked_for_in_the_data_then_the_cache_then_the_checkout(no_data: Path, write: Write) -> None:
    assert load_trace("tiny").pods.names[0] == "agent"  # the checkout's
    for shelf, name in (("cache", "cached"), ("data", "given")):
        write(pods=f"name,submit,duration,cpu,memory\n{name},0,1,1,1\n")
        folder = no_data.parent / shelf / "traces" / "tiny"
        folder.mkdir(parents=True)
        for table in ("pods.csv", "nodes.csv"):
            (no_data.parent / table).rename(folder / table)
        assert load_trace("tiny").pods.names == [name]
    assert known_traces() == {"tiny": no_data / "traces" / "tiny", "generated": None}


def test_a_folder_without_a_trace_and_a_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        InputError, match=r"empty: no loader reads what is in this folder; write pods.csv and nodes.csv$"
    ):
        load_trace(tmp_path / "empty")
    with pytest.raises(InputError, match=r"pods.csv: no loader reads this file; give the folder that holds a trace$"):
        load_trace(write() / "pods.csv")


def test_data_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCHEDLAB_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.setenv("SCHEDLAB_DATA", str(tmp_path / "none"))
    with pytest.raises(
        InputError, match=r"^SCHEDLAB_DATA names '.*none', which is not a folder; name a folder that exists$"
    ):
        data_root()
    assert load_trace("generated", pods=1, nodes=1).nodes  # needs no data, so does not look
