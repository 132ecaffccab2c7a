"""The catalog names what is there."""

import hashlib
import tomllib
from importlib import resources
from pathlib import Path

from schedlab.workload import load_trace

TRACES = Path(__file__).resolve().parents[2] / "traces"
CATALOG = tomllib.loads((resources.files("schedlab") / "workload/catalog.toml").read_text())


def sums(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def test_the_files_are_the_catalogued_ones(data: Path) -> None:
    for trace, folder in (("tiny", TRACES / "tiny"), ("openb", data / "traces" / "openb")):
        files = CATALOG[trace]["files"]
        assert sums(folder, list(files)) == files
        assert {"title", "source", "citation", "licence", "redistributable"} <= set(CATALOG[trace])


def test_the_hand_written_trace_shows_every_feature() -> None:
    tiny = load_trace(TRACES / "tiny")
    assert (len(tiny.pods), len(tiny.nodes), len(tiny.datasets), len(tiny.node_events)) == (16, 5, 3, 4)
    assert {event.kind for event in tiny.node_events} == {"add", "remove", "cordon", "uncordon"}
    assert {level for data in tiny.datasets for level, _ in data.replicas} == {"node", "rack", "zone"}
    assert tiny.usage is not None
    assert (tiny.pods.duration == -1).sum() == 1
    assert set(tiny.report["offered_load"]) == {"cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"}
