"""The canonical form: what is in the files, and what a reader says of wrong ones."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from schedlab import generate, replay
from schedlab.errors import InputError
from schedlab.workload import Workload, load_trace
from schedlab.workload.canonical import files, write_trace
from schedlab.workload.canonical.check import differences
from schedlab.workload.loaders import loaders
from schedlab.workload.transforms import apply

ROOT = Path(__file__).resolve().parents[2]
SECOND = 10**6
MEND = "copy the file again, or convert the trace again"


@pytest.fixture(scope="module")
def tiny() -> Workload:
    return load_trace(ROOT / "traces" / "tiny", horizon="5h")


@pytest.fixture
def trace(tmp_path: Path, tiny: Workload) -> Path:
    write_trace(tiny, tmp_path / "trace", source="by hand", licence="Apache-2.0", redistributable="yes")
    return tmp_path / "trace"


def rows(trace: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(trace / f"{table}.parquet").to_pylist()
    return found


def change(trace: Path, table: str, column: str, make: Callable[[pa.ChunkedArray], Any] | None) -> None:
    """Write a table with one column made anew, or without it."""
    path = trace / f"{table}.parquet"
    read = pq.read_table(path)
    at = read.column_names.index(column)
    read = read.remove_column(at) if make is None else read.set_column(at, column, make(read.column(column)))
    pq.write_table(read, path)


def put(row: int, value: Any, kind: pa.DataType | None = None) -> Callable[[pa.ChunkedArray], pa.Array]:
    """Return what puts a value into a row of a column."""

    def changed(column: pa.ChunkedArray) -> pa.Array:
        values = column.to_pylist()
        values[row] = value
        return pa.array(values, kind or column.type)

    return changed


def manifest(trace: Path, **fields: Any) -> None:
    path = trace / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def refusal(trace: Path, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        load_trace(trace, **options)
    assert "\n" not in str(refused.value)
    return str(refused.value).replace(f"{trace}/", "")


def test_the_tables_of_the_hand_written_trace(trace: Path) -> None:
    pods = rows(trace, "pods")
    assert pods[4] == {
        "pod_id": 4,
        "t_submit": 60 * SECOND,
        "duration": 9000 * SECOND,
        "spec_id": 2,
        "bound": False,
        "dataset_id": 0,
        "name": "train-1",
        "tenant_id": 2,
        "job_id": 1,
    }
    assert pods[0]["duration"] is None
    assert [row["name"] for row in rows(trace, "tenants")] == ["ops", "shop", "research"]
    spec = rows(trace, "specs")[2]
    assert {name: spec[name] for name in ("req.cpu", "req.memory", "req.nvidia.com/gpu", "priority")} == {
        "req.cpu": 4000,
        "req.memory": 8 << 30,
        "req.nvidia.com/gpu": 1,
        "priority": 0,
    }
    assert json.loads(spec["object"])["metadata"]["labels"] == {"app": "train"}
    node = rows(trace, "nodes")[4]
    assert (node["name"], node["zone"], node["initial"], node["alloc.cpu"]) == ("n5", "z2", False, 8000)
    assert ("disk", "hdd") in rows(trace, "nodes")[1]["labels"]
    assert rows(trace, "node_events")[1] == {"t": 3600 * SECOND, "node_id": 1, "type": "cordon"}
    assert rows(trace, "dataset_replicas")[0] == {"dataset_id": 0, "level": "node", "place": "n1"}
    assert rows(trace, "usage")[1] == {"pod_id": 1, "dt_start": 3600 * SECOND, "cpu.avg": 1500.0, "mem.avg": 2.0**31}


def test_the_manifest_says_what_it_is(trace: Path, tiny: Workload) -> None:
    told = json.loads((trace / "manifest.json").read_text())
    assert (told["format"], told["version"], told["name"]) == ("schedlab-trace", "1.0", "tiny")
    assert (told["source"], told["licence"], told["redistributable"]) == ("by hand", "Apache-2.0", "yes")
    assert (told["digest"], told["window"]) == (tiny.digest(), [0, 5 * 3600 * SECOND])
    (file,) = told["tables"]["pods"]["files"]
    assert (file["path"], file["rows"], file["t_min"], file["t_max"]) == ("pods.parquet", 16, 0, 6000 * SECOND)
    assert told["resources"]["cpu"] == {"unit": "millicores"}
    assert told["checks"]["null_share"] == {"duration": 1 / 16, "tenant": 1 / 16, "job": 4 / 16}
    assert told["report"] == tiny.report


def test_the_files_are_compressed_with_delta_coded_times_and_a_page_index(tmp_path: Path) -> None:
    write_trace(generate(pods=2000, nodes=10), tmp_path / "trace")
    read = pq.ParquetFile(tmp_path / "trace" / "pods.parquet").metadata.row_group(0)
    columns = {read.column(i).path_in_schema: read.column(i) for i in range(read.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert "DELTA_BINARY_PACKED" in columns["t_submit"].encodings
    assert columns["t_submit"].has_offset_index


def test_a_long_table_is_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PART", 70)
    workload = generate(pods=150, nodes=3)
    write_trace(workload, tmp_path / "trace")
    assert len(list((tmp_path / "trace" / "pods").iterdir())) == -(-len(workload.pods) // 70)
    assert load_trace(tmp_path / "trace").digest() == workload.digest()
    told = json.loads((tmp_path / "trace" / "manifest.json").read_text())["tables"]["pods"]["files"]
    assert all(left["t_max"] <= right["t_min"] for left, right in pairwise(told))


def test_it_replays_as_what_it_was_made_of(tmp_path: Path) -> None:
    workload = apply(generate(pods=200, nodes=6, growth=0.6), [{"window": {"start": "1h", "length": "12h"}}])
    write_trace(workload, tmp_path / "trace")
    hashes = {
        replay(each, "data_locality+best_fit").manifest["decision_hash"]
        for each in (workload, load_trace(tmp_path / "trace"))
    }
    assert len(hashes) == 1


def test_the_horizon_is_an_option(trace: Path) -> None:
    assert load_trace(trace).horizon == 5 * 3600 * SECOND
    assert load_trace(trace, horizon="10m").horizon == 600 * SECOND


def test_unknown_columns_and_tables_and_a_later_minor_version_are_ignored(trace: Path, tiny: Workload) -> None:
    pods = pq.read_table(trace / "pods.parquet")
    pq.write_table(pods.append_column("mood", pa.array(["calm"] * 16)), trace / "pods.parquet")
    told = json.loads((trace / "manifest.json").read_text())
    manifest(trace, version="1.7", colour="red", tables=told["tables"] | {"moods": {"files": []}})
    assert load_trace(trace).digest() == tiny.digest()


def test_other_integer_types_will_do(trace: Path, tiny: Workload) -> None:
    change(trace, "pods", "t_submit", lambda column: column.cast(pa.uint64()))
    change(trace, "pods", "spec_id", lambda column: column.cast(pa.int8()))
    change(trace, "node_events", "type", lambda column: column.combine_chunks().dictionary_encode())
    assert load_trace(trace).digest() == tiny.digest()


@pytest.mark.parametrize(
    ("table", "column", "make", "message"),
    [
        ("pods", "t_submit", None, f"pods.parquet, field t_submit: the column is missing; {MEND}"),
        (
            "pods",
            "t_submit",
            put(3, -1),
            f"pods.parquet, row 4, field t_submit: -1 is not between 0 and {2**53}; {MEND}",
        ),
        (
            "pods",
            "t_submit",
            put(3, 2**40),
            f"pods.parquet, row 5, field t_submit: the pod was submitted before the one above it; {MEND}",
        ),
        ("pods", "t_submit", put(3, None), f"pods.parquet, row 4, field t_submit: the cell is empty; {MEND}"),
        (
            "pods",
            "t_submit",
            lambda column: pa.array(["soon"] * len(column)),
            f"pods.parquet, field t_submit: the column holds string, not int64; {MEND}",
        ),
        ("pods", "duration", put(2, 0), f"pods.parquet, row 3, field duration: 0 is not between 1 and {2**53}; {MEND}"),
        ("pods", "spec_id", put(0, 99), f"pods.parquet, row 1, field spec_id: 99 is not between 0 and 7; {MEND}"),
        ("pods", "dataset_id", put(0, -1), f"pods.parquet, row 1, field dataset_id: -1 is not between 0 and 2; {MEND}"),
        ("pods", "job_id", put(0, 7), f"pods.parquet, row 1, field job_id: 7 is not between 0 and 3; {MEND}"),
        ("pods", "pod_id", put(2, 7), f"pods.parquet, row 3, field pod_id: 7 is not the number of the row; {MEND}"),
        ("pods", "name", put(2, "web-1"), f"pods.parquet, row 3, field name: 'web-1' stands twice; {MEND}"),
        (
            "specs",
            "object",
            put(1, "{"),
            f"specs.parquet, row 2, field object: the cell is no JSON (Input data was truncated); {MEND}",
        ),
        (
            "specs",
            "object",
            put(1, '{"kind": "Node", "metadata": {"name": "n"}}'),
            f"specs.parquet, row 2, field object: the object is no Pod; {MEND}",
        ),
        (
            "nodes",
            "object",
            put(1, '{"metadata": {"name": "n1"}}'),
            f"nodes.parquet, row 2, field object: the node 'n1' stands twice; {MEND}",
        ),
        (
            "nodes",
            "object",
            put(0, '{"metadata": {"name": "n1"}, "status": {"capacity": {"memory": "65Ti"}}}'),
            f"nodes.parquet, row 1, field object: memory is above 2^46 (millicores, bytes or units); {MEND}",
        ),
        (
            "node_events",
            "type",
            put(1, "drain"),
            f"node_events.parquet, row 2, field type: 'drain' is none of add, remove, cordon, uncordon; {MEND}",
        ),
        (
            "node_events",
            "type",
            put(3, "add"),
            f"node_events.parquet, row 4, field type: add: the node 'n2' is there already at that time; {MEND}",
        ),
        (
            "dataset_replicas",
            "level",
            put(0, "room"),
            f"dataset_replicas.parquet, row 1, field level: 'room' is none of node, rack, zone; {MEND}",
        ),
        (
            "usage",
            "dt_start",
            put(0, 5),
            f"usage.parquet, row 1, field dt_start: the pod's first offset is not 0; {MEND}",
        ),
        (
            "usage",
            "dt_start",
            put(2, 1),
            f"usage.parquet, row 3, field dt_start: the pod's offsets do not increase; {MEND}",
        ),
        ("usage", "cpu.avg", put(2, float("nan")), f"usage.parquet, row 3, field cpu.avg: nan is no amount; {MEND}"),
    ],
)
def test_a_wrong_cell_is_named(
    trace: Path, table: str, column: str, make: Callable[[pa.ChunkedArray], Any] | None, message: str
) -> None:
    change(trace, table, column, make)
    assert refusal(trace) == message


def test_a_spec_that_is_no_pod_names_the_field_in_it(trace: Path) -> None:
    change(trace, "specs", "object", put(0, '{"metadata": {"name": "x"}, "spec": {"priority": "high"}}'))
    assert refusal(trace).startswith("specs.parquet, row 1, field object.spec.priority: Pod x: ")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "other"}, f"manifest.json, field format: 'other' is not schedlab-trace; {MEND[24:]}"),
        (
            {"version": "2.0"},
            "manifest.json, field version: version '2.0', but this schedlab reads 1.x; convert the trace again, or use "
            "another schedlab",
        ),
        (
            {"tables": {"pods": {"files": [{"path": "../../etc/passwd", "rows": 1, "sha256": ""}]}}},
            "manifest.json, field tables.pods: '../../etc/passwd' is not in the trace's folder; convert the trace "
            "again",
        ),
        (
            {"tables": {"pods": {"files": [{"path": "pods.parquet"}]}}},
            "manifest.json, field tables[...].files[0]: Object missing required field `rows`; convert the trace again",
        ),
        ({"tables": {}}, "manifest.json, field tables: the table nodes is missing; convert the trace again"),
    ],
)
def test_a_wrong_manifest_is_named(trace: Path, fields: dict[str, Any], message: str) -> None:
    manifest(trace, **fields)
    assert refusal(trace) == message


def test_missing_and_damaged_files_are_named(trace: Path) -> None:
    (trace / "pods.parquet").rename(trace / "away")
    assert refusal(trace) == f"pods.parquet: there is no such file; {MEND}"
    (trace / "pods.parquet").write_bytes((trace / "away").read_bytes()[:-100])
    assert refusal(trace).startswith("pods.parquet: the file is damaged (")
    content = bytearray((trace / "away").read_bytes())
    times = pq.ParquetFile(trace / "away").metadata.row_group(0).column(1)
    content[times.data_page_offset + times.total_compressed_size - 1] ^= 1
    (trace / "pods.parquet").write_bytes(content)
    assert refusal(trace).startswith("pods.parquet: the file is damaged (")
    pq.write_table(pq.read_table(trace / "away").slice(0, 15), trace / "pods.parquet")
    assert refusal(trace) == f"pods.parquet: the file has 15 rows, and the manifest says 16; {MEND}"
    (trace / "manifest.json").write_text("{")
    assert refusal(trace).startswith("manifest.json: the file is no JSON (")


def test_a_check_names_what_differs(trace: Path) -> None:
    assert list(differences(trace)) == []
    change(trace, "pods", "duration", lambda column: pc.add(column, 1))
    told = [line.replace(f"{trace}/", "") for line in differences(trace)]
    assert [line.split(":")[0] for line in told] == ["pods.parquet", "manifest.json, field digest"]
    assert "its sha256 is " in told[0]
    manifest(trace, checks={"pods": 17, "later": 1})
    assert list(differences(trace))[-1].endswith("field checks.pods: it is 16, and the manifest says 17")


def test_what_is_there_is_not_replaced(trace: Path, tiny: Workload) -> None:
    with pytest.raises(InputError, match=r"trace: this is there already; name a new folder$"):
        write_trace(tiny, trace)
    assert load_trace(trace).digest() == tiny.digest()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, tiny: Workload, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def full(folder: Path, path: str, name: str, *rest: Any) -> Any:
        if name == "usage":
            raise error
        return kept(folder, path, name, *rest)

    kept = files._write  # noqa: SLF001
    monkeypatch.setattr(files, "_write", full)
    with pytest.raises(type(error)):
        write_trace(tiny, tmp_path / "there" / "trace")
    assert list((tmp_path / "there").iterdir()) == []


def test_a_writer_that_is_killed_before_its_last_step_leaves_nothing_that_a_loader_claims(tmp_path: Path) -> None:
    code = """
import os, pathlib, sys
from schedlab import generate
from schedlab.workload.canonical import write_trace

pathlib.Path.rename = lambda *_: os._exit(9)
write_trace(generate(pods=10, nodes=2), sys.argv[1])
"""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, "-c", code, str(tmp_path / "trace")]
    assert subprocess.run(words, env={**os.environ, "PYTHONPATH": paths}, check=False).returncode == 9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".partial-")
    assert not [loader.NAME for loader in loaders() if loader.claims(left)]
    workload = generate(pods=10, nodes=2)
    write_trace(workload, tmp_path / "trace")  # what is left is not in the way
    assert load_trace(tmp_path / "trace").digest() == workload.digest()


def test_a_stored_run_is_no_trace(tmp_path: Path) -> None:
    replay(generate(pods=5, nodes=1), "first_fit").save(tmp_path / "run")
    with pytest.raises(InputError, match="no loader reads what is in this folder"):
        load_trace(tmp_path / "run")


def test_a_workload_of_few_rows_has_int32_rows(trace: Path) -> None:
    pods = load_trace(trace).pods
    assert (pods.template.dtype, pods.dataset.dtype, pods.submit.dtype) == (np.int32, np.int32, np.int64)


def test_walltimes_deadlines_and_gangs_are_kept_and_checked(tmp_path: Path, tiny: Workload) -> None:
    assert tiny.pods.job is not None
    times = np.where(np.arange(len(tiny.pods)) % 2, 3600 * SECOND, -1)
    gangs = np.bincount(tiny.pods.job[tiny.pods.job >= 0]).astype(np.int32)
    batch = replace(tiny, pods=replace(tiny.pods, walltime=times, deadline=times), min_available=gangs, gang_wait=60)
    trace = tmp_path / "trace"
    told = write_trace(batch, trace)
    assert told.checks["null_share"]["walltime"] == told.checks["null_share"]["deadline"] == 0.5
    assert [(row["walltime"], row["deadline"]) for row in rows(trace, "pods")[:2]] == [
        (None, None),
        (times[1], times[1]),
    ]
    assert [row["min_available"] for row in rows(trace, "jobs")] == gangs.tolist()
    again = load_trace(trace)
    assert (again.digest(), again.gang_wait) == (batch.digest(), 60)
    assert list(differences(trace)) == []
    for table, column, row, value, message in [
        ("pods", "walltime", 3, 0, f"pods.parquet, row 4, field walltime: 0 is not between 1 and {2**53}; {MEND}"),
        ("pods", "deadline", 1, -2, f"pods.parquet, row 2, field deadline: -2 is not between 0 and {2**53}; {MEND}"),
        (
            *("jobs", "min_available", 1, 9),
            f"jobs.parquet, row 2, field min_available: the job {tiny.jobs[1]!r} needs 9 pods at once, and has "
            f"{gangs[1]}; {MEND}",
        ),
    ]:
        before = pq.read_table(trace / f"{table}.parquet")
        change(trace, table, column, put(row, value))
        assert refusal(trace) == message
        pq.write_table(before, trace / f"{table}.parquet")
