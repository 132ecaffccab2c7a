"""The canonical form loses nothing."""

import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
from drawn_workloads import workloads
from hypothesis import given

from schedlab.workload import Workload, load_trace
from schedlab.workload.canonical import write_trace
from schedlab.workload.canonical.check import differences


@given(workloads())
def test_what_is_read_is_what_was_written(workload: Workload) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_trace(workload, Path(folder, "trace"))
        again = load_trace(Path(folder, "trace"))
        assert list(differences(Path(folder, "trace"))) == []
        pods = pq.read_table(Path(folder, "trace", "pods.parquet")).to_pylist()
    assert again.digest() == workload.digest() == manifest.digest
    for name in (
        "name",
        "nodes",
        "templates",
        "node_events",
        "datasets",
        "horizon",
        "report",
        "tenants",
        "jobs",
        "gang_wait",
    ):
        assert getattr(again, name) == getattr(workload, name)
    for columns in ("pods", "usage"):
        before, after = getattr(workload, columns), getattr(again, columns)
        assert (before is None) == (after is None)
        for name in before.__dataclass_fields__ if before is not None else ():
            left, right = getattr(before, name), getattr(after, name)
            if left is None or name == "names":
                assert left == right
            else:
                assert (left.dtype, left.tolist()) == (right.dtype, right.tolist())
    least = [None if each.min_available is None else each.min_available.tolist() for each in (workload, again)]
    assert least[0] == least[1]
    for row, pod in enumerate(pods):  # what another reader of the table sees
        assert pod["t_submit"] == workload.pods.submit[row]
        assert (pod["duration"] is None) == (workload.pods.duration[row] == -1)
        assert pod.get("name") == (None if workload.pods.names is None else workload.pods.names[row])
        assert (workload.pods.dataset[row] if pod["dataset_id"] is None else pod["dataset_id"]) == (
            workload.pods.dataset[row]
        )


@given(workloads(most=3))
def test_a_template_needs_no_name(workload: Workload) -> None:
    templates = tuple(
        msgspec.structs.replace(each, metadata=msgspec.structs.replace(each.metadata, name=""))
        for each in workload.templates
    )
    workload = replace(workload, templates=templates)
    with tempfile.TemporaryDirectory() as folder:
        write_trace(workload, Path(folder, "trace"))
        assert load_trace(Path(folder, "trace")).digest() == workload.digest()
