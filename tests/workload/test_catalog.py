"""The catalogue names what is there."""

import gzip
import hashlib
import shutil
from pathlib import Path

import pytest

from schedlab.errors import InputError
from schedlab.workload import load_trace
from schedlab.workload.catalog import catalog, catalogued

TRACES = Path(__file__).resolve().parents[2] / "traces"


def folder_of(trace: str, data: Path) -> Path:
    return TRACES / trace if (TRACES / trace).is_dir() else data / "traces" / trace


@pytest.mark.parametrize("trace", catalog())
def test_the_files_are_the_catalogued_ones(trace: str, data: Path) -> None:
    folder, files = folder_of(trace, data), catalogued(trace).files
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files} == files
    assert list(catalogued(trace).differences(folder)) == []


def test_what_is_downloaded_is_what_is_held(data: Path) -> None:
    entry = catalogued("openb")
    assert entry.address.startswith("https://")
    for name, wanted in entry.downloads.items():
        content = gzip.decompress((data / "traces" / "openb" / f"{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == wanted
    assert "openb_pod_list_cpu0.csv" not in entry.downloads  # of another source, and not to be redistributed
    assert {"openb_node_list_all_node.csv", "openb_pod_list_default.csv"} <= set(entry.downloads)


def test_a_downloaded_copy_is_as_good_as_the_held_one(data: Path, tmp_path: Path) -> None:
    for name in catalogued("openb").downloads:
        content = gzip.decompress((data / "traces" / "openb" / f"{name}.gz").read_bytes())
        (tmp_path / name).write_bytes(content)
    assert list(catalogued("openb").differences(tmp_path)) == []
    assert load_trace(tmp_path).digest() == load_trace(data / "traces" / "openb").digest()


def test_changed_and_missing_files_are_named(tmp_path: Path) -> None:
    shutil.copytree(TRACES / "tiny", tmp_path / "tiny")
    (tmp_path / "tiny" / "usage.csv").unlink()
    (tmp_path / "tiny" / "pods.csv").write_text("name\n")
    told = list(catalogued("tiny").differences(tmp_path / "tiny"))
    assert [line.partition(": ")[0] for line in told] == [str(tmp_path / "tiny" / f) for f in ("pods.csv", "usage.csv")]
    assert told[0].endswith(f"and the catalogue says {catalogued('tiny').files['pods.csv']}")
    assert told[1].endswith("there is no such file")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^the catalogue has no trace 'openbb'; did you mean openb\?$"):
        catalogued("openbb")


def test_the_hand_written_trace_shows_every_feature() -> None:
    tiny = load_trace(TRACES / "tiny")
    assert (len(tiny.pods), len(tiny.nodes), len(tiny.datasets), len(tiny.node_events)) == (16, 5, 3, 4)
    assert {event.kind for event in tiny.node_events} == {"add", "remove", "cordon", "uncordon"}
    assert {level for data in tiny.datasets for level, _ in data.replicas} == {"node", "rack", "zone"}
    assert tiny.usage is not None
    assert (tiny.pods.duration == -1).sum() == 1
    assert set(tiny.report["offered_load"]) == {"cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"}
