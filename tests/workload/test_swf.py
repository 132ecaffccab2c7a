"""swf: logs of parallel machines, hand-written ones for each rule and real ones for exact counts."""

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schedlab import replay
from schedlab.errors import InputError
from schedlab.objects import pod_requests
from schedlab.workload import Workload, load_trace
from schedlab.workload.canonical import write_trace
from schedlab.workload.catalog import entry_of
from schedlab.workload.load import known_traces
from schedlab.workload.loaders.swf.node_spec import Chunk, NodeSpec, Reader
from schedlab.workload.transforms import apply

SECOND, KIB, GIB = 10**6, 2**10, 2**30
HEADER = "; Version: 2.2\n; Computer: toy\n; MaxNodes: 4\n; MaxProcs: 8\n;\n"
MACHINES = "0\tbig\t2\t8\t1\t8388608\n1\tsmall\t3\t4\t1\t4194304\n"  # 8 CPUs and 8 GiB, 4 CPUs and 4 GiB


def row(job: int = 1, submit: float = 0, **fields: float) -> str:
    """Return a line: a job that ran 10 s on one processor, but for the fields that are given (-1: not known)."""
    cells: dict[str, float] = {
        **{"job": job, "submit": submit, "wait": 0, "run": 10, "procs": 1, "cpu": -1, "used": -1, "asked": -1},
        **{"wall": -1, "memory": -1, "status": 1, "user": -1, "group": -1, "app": -1, "queue": -1, "part": -1},
        **{"before": -1, "think": -1},
    }
    assert set(fields) <= set(cells)
    return " ".join(str(value) for value in (cells | fields).values())


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """Write a log of some lines, and the machines beside it if given."""

    def write(*lines: str, header: str = HEADER, machines: str | None = None, name: str = "toy.swf") -> Path:
        text = header + "".join(f"{line}\n" for line in lines)
        (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        if machines is not None:
            (tmp_path / "toy.swf.machines").write_text(machines)
        return tmp_path / name

    return write


def pods(workload: Workload) -> list[tuple[str, float, int, int]]:
    """Return name, seconds of submission, CPUs and bytes of every pod."""
    found = []
    for number, template in enumerate(workload.pods.template.tolist()):
        asked = pod_requests(workload.templates[template])
        assert asked["cpu"] % 1000 == 0
        submit = float(workload.pods.submit[number]) / SECOND
        found.append((workload.pods.name(number), submit, asked["cpu"] // 1000, asked.get("memory", 0)))
    return found


def rules(workload: Workload, pod: int) -> list[tuple[str, str, list[str]]]:
    """Return the node affinity of a pod: label, operator and values."""
    affinity = workload.templates[workload.pods.template[pod]].spec.affinity
    if affinity is None:
        return []
    node_affinity = affinity.node_affinity
    assert node_affinity is not None
    assert node_affinity.required is not None
    (term,) = node_affinity.required.node_selector_terms
    return [(rule.key, rule.operator, rule.values) for rule in term.match_expressions]


def extended(spec: str, procs: int, memory: int = -1, job: int = 1, submit: float = 0) -> str:
    return f"{row(job, submit, procs=procs, asked=procs, memory=memory)} {{7,7}} q_2h {spec}"


def test_a_job_is_a_gang_of_node_sized_pods(log: Callable[..., Path]) -> None:
    lines = [
        row(11, 100, asked=5, procs=4, run=60, wall=90, user=3),
        row(12, 101.5, procs=2, run=7, user=2, status=0),
        row(13, 103, asked=0, procs=1, run=7, wall=0, status=5),
        row(14, 103, asked=8, user=3),
    ]
    workload = load_trace(log(*lines))
    assert [node.metadata.name for node in workload.nodes] == ["node1", "node2", "node3", "node4"]
    assert {str(node.status.allocatable["cpu"]) for node in workload.nodes} == {"2"}
    assert pods(workload) == [
        *(("11-0", 0, 2, 0), ("11-1", 0, 2, 0), ("11-2", 0, 1, 0)),  # 5 processors on nodes of 2; time from the first
        ("12-0", 1.5, 2, 0),
        ("13-0", 3, 1, 0),
        *((f"14-{number}", 3, 2, 0) for number in range(4)),
    ]
    columns = workload.pods
    assert columns.walltime is not None
    assert columns.tenant is not None
    assert columns.job is not None
    assert workload.min_available is not None
    assert columns.duration.tolist() == [60 * SECOND] * 3 + [7 * SECOND] * 2 + [10 * SECOND] * 4
    assert columns.walltime.tolist() == [90 * SECOND] * 3 + [-1] * 6
    assert columns.tenant.tolist() == [0, 0, 0, 1, -1, 0, 0, 0, 0]
    assert (workload.tenants, workload.jobs) == (("user-3", "user-2"), ("11", "12", "13", "14"))
    assert columns.job.tolist() == [0, 0, 0, 1, 2, 3, 3, 3, 3]
    assert workload.min_available.tolist() == [3, 1, 1, 4]
    told = workload.report
    assert (told["jobs"], told["gangs"], told["pods"], told["tenants"]) == (4, 2, 9, 2)
    assert (told["first_submit_s"], told["walltimes_of_0_taken_as_unknown"]) == (100, 1)
    assert told["machines"] == "of the header"
    assert told["header"] == {"Version": "2.2", "Computer": "toy"}


def test_what_is_left_out_is_counted(log: Callable[..., Path]) -> None:
    lines = [
        *(row(1, 0, status=status) for status in (2, 3, 4)),
        row(1, 0, status=1),
        row(2, 1, run=0),
        row(3, 2, run=-1, procs=0),
        row(4, 3, procs=0, asked=-1),
        row(5, 4, procs=9, before=1, think=60, run=20, wall=15),
    ]
    workload = load_trace(log(*lines))
    assert workload.jobs == ("1", "5")
    told = workload.report
    assert told["left_out"] == {"parts_of_jobs": 3, "not_run": 2, "no_processors": 1}
    assert told["lines"] == 8
    assert (told["dependencies_ignored"], told["longer_than_their_walltime"]) == (1, 1)
    assert told["larger_than_the_machine"] == 1  # nine processors of eight; kept
    # 1: 10 s x 1 CPU, killed 5: nothing yet of 9 CPUs at its submission, where the measure ends; 4 s x 1 / (8 x 4 s)
    assert told["offered_load"] == {"cpu": 0.125}


def test_memory_is_kb_a_processor_and_may_make_more_pods(log: Callable[..., Path]) -> None:
    lines = [row(1, 0, procs=8, memory=GIB // KIB), row(2, 1, procs=8, memory=3 * GIB // KIB)]
    workload = load_trace(log(*lines, machines=MACHINES))
    assert [node.metadata.name for node in workload.nodes] == ["big1", "big2", "small1", "small2", "small3"]
    assert {label: workload.nodes[2].metadata.labels[label] for label in ("cluster", "nodecpus")} == {
        "cluster": "small",
        "nodecpus": "4",
    }
    assert pods(workload) == [
        ("1-0", 0, 4, 4 * GIB),
        ("1-1", 0, 4, 4 * GIB),  # as many as the smallest node has CPUs
        *((f"2-{number}", 1, 1, 3 * GIB) for number in range(8)),  # of which only one has room for its memory
    ]
    assert workload.report["memory_requests_ignored"] == 0
    unknown = load_trace(log(*lines, name="other.swf"))  # has no machines: the header knows no memory
    assert {memory for *_, memory in pods(unknown)} == {0}
    assert unknown.report["memory_requests_ignored"] == 2


def test_node_specifications(log: Callable[..., Path]) -> None:
    lines = [
        extended("2:ppn=3:nfs4:cl_small", 6, 6000, job=1),
        extended("1:ppn=1+2:ppn=2", 5, 501, job=2),
        extended("1:ppn=1:^big2.site.cz:^cl_small", 1, job=3),
        extended("1:ppn=3:cl_big#excl", 3, 3 * GIB, job=4),
        extended("host=small3:ppn=2:mem=1gb", 2, job=5),
        extended("1:nodecpus8:ppn=2", 2, job=6),
        extended("1:ppn=9", 9, job=7),
        extended("1:ppn=2", 3, job=8),  # not what field 8 says
        extended("1:ppn=no", 3, job=9),
        extended("1:ppn=1.5", 1, job=10),
        extended("1:ppn=2#excl", 2, job=11),
        extended("1:ppn=5:cl_small", 5, job=12),
    ]
    workload = load_trace(log(*lines, header="", machines=MACHINES))
    found: dict[str, list[Any]] = {}
    for number, (name, _, cpus, memory) in enumerate(pods(workload)):
        found.setdefault(name.partition("-")[0], []).append((cpus, memory, rules(workload, number)))
    host, cluster, cpus = "kubernetes.io/hostname", "cluster", "nodecpus"
    assert found == {
        "1": [(3, 3000, [(cluster, "In", ["small"])])] * 2,
        "2": [(1, 101, []), (2, 201, []), (2, 201, [])],  # bytes of the job, by CPUs, rounded up
        "3": [(1, 0, [(cluster, "NotIn", ["small"]), (host, "NotIn", ["big2"])])],
        "4": [(8, 3 * GIB, [(cluster, "In", ["big"]), (cpus, "In", ["8"])])],
        "5": [(2, 0, [(host, "In", ["small3"])])],
        "6": [(2, 0, [(cpus, "In", ["8"])])],
        "7": [(9, 0, [])],
        "8": [(3, 0, [])],
        "9": [(3, 0, [])],
        "10": [(1, 0, [])],
        "11": [(4, 0, [(cpus, "In", ["4"])])],
        "12": [(5, 0, [(cluster, "In", ["small"])])],
    }
    told = workload.report
    assert told["properties_ignored"] == {"mem": 1, "nfs4": 1}
    assert (told["whole_nodes"], told["node_specs_not_followed"], told["larger_than_the_machine"]) == (2, 2, 2)
    assert {pod.metadata.labels["queue"] for pod in workload.templates} == {"q_2h"}


def test_a_job_with_a_specification_runs_on_the_nodes_that_it_names(log: Callable[..., Path]) -> None:
    lines = [extended("1:ppn=1:^cl_small", 1, job=1), extended("2:ppn=3:cl_small", 6, job=2, submit=1)]
    run = replay(load_trace(log(*lines, header="", machines=MACHINES)), "kubernetes", check=True)
    where = {pod["name"]: pod["node"] for pod in run.tables["pods"].to_pylist()}
    assert where["1-0"].startswith("big")
    assert where["2-0"].startswith("small")
    assert where["2-0"] != where["2-1"]  # four CPUs each


def test_machines_are_told_by_the_header_or_the_file_of_the_name(log: Callable[..., Path], tmp_path: Path) -> None:
    def nodes(header: str, name: str = "toy.swf") -> list[int]:
        return [
            node.status.allocatable["cpu"].value() for node in load_trace(log(row(), header=header, name=name)).nodes
        ]

    assert nodes("; MaxProcs: 7 (of 9)\n; MaxNodes: 3\n") == [3, 2, 2]
    assert nodes("; MaxProcs: 3\n") == [1, 1, 1]
    assert nodes("; MaxNodes: 2\n") == [1, 1]
    assert nodes("; MaxNodes: 5\n; MaxProcs: 2\n") == [1, 1]
    (tmp_path / "x.machines").write_text("0 a2 2 6 1 1024\n")
    (tmp_path / "x-1.swf.machines").write_text("0 b 1 5 1 1024\n")
    assert nodes("; MaxNodes: 2\n", "X-0-cln.swf.gz") == [6, 6]
    assert nodes("; MaxNodes: 2\n", "X-1-cln.swf.gz") == [5]
    assert nodes("; MaxNodes: 2\n", "xy.swf") == [1, 1]
    assert load_trace(tmp_path / "X-0-cln").nodes[1].metadata.name == "a2-2"  # not to be taken for node 22 of a


def test_names_and_files(log: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "data" / "traces" / "two"
    shelf.mkdir(parents=True)
    monkeypatch.setenv("SCHEDLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SCHEDLAB_CACHE", str(tmp_path / "cache"))
    for name in ("a.1.swf", "b.swf.gz"):
        log(row(), name=name).rename(shelf / name)
    assert load_trace("two/a.1").name == load_trace("two/a.1.swf").name == load_trace(shelf / "a.1").name == "a.1"
    assert load_trace("two/b").digest() == load_trace("two/a.1").digest()
    assert {"two/a.1.swf", "two/b.swf.gz"} <= set(known_traces())
    with pytest.raises(
        InputError, match=r"two: no loader reads what is in this folder; name one of two/a.1.swf, two/b"
    ):
        load_trace("two")
    (shelf / "a.1.swf").unlink()
    assert load_trace("two").name == "b"
    assert {"two"} <= set(known_traces())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "toy.swf: there are no jobs; give a log in the Standard Workload Format"),
        (["1 2 3"], "toy.swf, row 6: 3 fields, and a job has 18; copy the file again"),
        (
            [row(), row(2).replace("10", "ten")],
            "toy.swf, row 7, field run time: 'ten' is no number; copy the file again",
        ),
        ([row(1.5)], "toy.swf, row 6, field job number: '1.5' is no whole number; copy the file again"),
        ([row(), row(2, run=float("inf"))], "toy.swf, row 7, field run time: 'inf' is no number; copy the file again"),
        ([row(run=1e11)], "toy.swf, row 6, field run time: 1e+11 is too large (285 years); copy the file again"),
        (
            [row(5), "", row(5, 3)],
            "toy.swf, row 8, field job number: the job 5 is in row 6 already; copy the file again",
        ),
        ([row(run=-1)], "toy.swf, row 6, field run time: no job of the log ran; give another log"),
    ],
)
def test_a_wrong_log_is_refused(log: Callable[..., Path], lines: list[str], message: str) -> None:
    path = log(*lines)
    with pytest.raises(InputError) as refused:
        load_trace(path)
    assert str(refused.value) == f"{path.parent}/{message}"


@pytest.mark.parametrize(
    ("machines", "message"),
    [
        ("", "toy.swf.machines: there are no machines; F"),
        ("0 a 1 1 1\n", "toy.swf.machines, row 1: 5 fields, not 6; F"),
        ("\n0 a 0 1 1 1\n", "toy.swf.machines, row 2, field nodes: '0' is not between 1 and 1000000; F"),
        ("0 a 1 x 1 1\n", "toy.swf.machines, row 1, field CPUs: 'x' is not between 1 and 1048576; F"),
        ("0 a 1 1 1 1\n0 a 1 2 1 1\n", "toy.swf.machines, field name: the cluster 'a' stands twice; name each once"),
        (
            "0\ta b\t1\t1\t1\t1\n",
            "toy.swf.machines, row 1, field name: 'a b' is no name; write letters and digits: with a number behind it "
            "is a node's name",
        ),
    ],
)
def test_wrong_machines_are_refused(log: Callable[..., Path], machines: str, message: str) -> None:
    path = log(row(), machines=machines)
    with pytest.raises(InputError) as refused:
        load_trace(path)
    form = "write cluster number, name, nodes, CPUs a node, speed and KiB of memory a node"
    assert str(refused.value) == f"{path.parent}/{message}".replace("; F", f"; {form}")


def test_a_log_without_machines_is_refused_and_so_are_wrong_options(log: Callable[..., Path]) -> None:
    path = log(row(), header="; Computer: toy\n")
    mend = "put a file toy.machines beside it, or write a line such as '; MaxProcs: 128'"
    with pytest.raises(InputError) as refused:
        load_trace(path)
    assert str(refused.value) == f"{path}: the header tells neither MaxNodes nor MaxProcs; {mend}"
    path = log(row())
    with pytest.raises(InputError, match=r"^option jobs needs option load; give load, or leave jobs out$"):
        load_trace(path, jobs=3)
    with pytest.raises(InputError, match=r"^option gang_wait: 'long' is not a time"):
        load_trace(path, gang_wait="long")
    half = path.parent / "half.swf.gz"
    half.write_bytes(gzip.compress(row().encode())[:20])
    with pytest.raises(InputError, match=r"half.swf.gz: the gzip file is truncated or damaged .*; copy it again$"):
        load_trace(half)


# the real ones


@pytest.mark.parametrize(
    ("trace", "counts", "left_out"),
    [
        # nodes, jobs, gangs, pods, tenants; counted by a few lines of awk, which give HPC2N 31,327 pods: three jobs of
        # 16 processors ask for so much memory that a node holds one of these, not two, which makes 24 more
        ("swf-small/NASA-iPSC-1993-3.1-cln", (128, 18_066, 13_156, 303_638, 69), {"not_run": 173}),
        ("swf-small/HPC2N-2002-alea-head", (120, 3145, 2903, 31_351, 17), {"not_run": 25}),
        ("cerit-sc-2013", (68, 17_898, 334, 19_194, 75), {"not_run": 2}),
    ],
)
def test_the_logs_at_hand(data: Path, trace: str, counts: tuple[int, ...], left_out: dict[str, int]) -> None:
    workload = load_trace(trace)
    told = workload.report
    assert tuple(told[name] for name in ("nodes", "jobs", "gangs", "pods", "tenants")) == counts
    assert told["left_out"] == {"parts_of_jobs": 0, "not_run": 0, "no_processors": 0} | left_out
    assert workload.min_available is not None
    assert workload.min_available.sum() == len(workload.pods)
    entry = entry_of(data / "traces" / trace.partition("/")[0])
    assert entry is not None
    assert not entry.redistributable


def test_the_cerit_log_line_by_line(data: Path) -> None:
    workload, folder = load_trace("cerit-sc-2013"), data / "traces" / "cerit-sc-2013"
    columns = workload.pods
    assert columns.job is not None
    assert columns.walltime is not None
    amounts = [pod_requests(pod) for pod in workload.templates]
    of: dict[str, list[int]] = {}
    for number, job in enumerate(columns.job.tolist()):
        of.setdefault(workload.jobs[job], []).append(number)
    specs: Counter[str] = Counter()
    for text in gzip.decompress((folder / "wagap-2013.swf.gz").read_bytes()).decode().splitlines():
        cells = text.split()
        if int(cells[3]) <= 0:
            assert cells[0] not in of
            continue
        mine, spec = of[cells[0]], cells[20]
        cpus = sum(amounts[columns.template[number]]["cpu"] for number in mine)
        assert cpus == (80_000 if spec.endswith("#excl") else 1000 * int(cells[7]))
        memory = sum(amounts[columns.template[number]]["memory"] for number in mine)
        assert 0 <= memory - int(cells[9]) < len(mine)
        for number in mine:
            assert columns.submit[number] == SECOND * (int(cells[1]) - 1_356_996_147)
            assert columns.duration[number] == SECOND * int(cells[3])
            assert columns.walltime[number] == SECOND * int(cells[8])
        for word in ("brno", "nfs4", "x86_64", "debian"):
            specs[word] += word in spec
    ignored = workload.report["properties_ignored"]
    assert {word: ignored[word] for word in specs} == specs
    assert workload.report["whole_nodes"] == 231
    assert workload.report["longer_than_their_walltime"] == 702
    assert workload.report["larger_than_the_machine"] == 1


@pytest.mark.parametrize("trace", ["swf-small/HPC2N-2002-alea-head", "cerit-sc-2013"])
def test_a_stated_load_is_reached_and_begins_in_equilibrium(data: Path, trace: str) -> None:
    workload = load_trace(trace, load=0.9, jobs=20_000, seed=3)
    told, columns = workload.report, workload.pods
    assert told["offered_load"]["cpu"] == pytest.approx(0.9, abs=0.02)
    assert told["offered_load_asked"] == 0.9
    assert told["arrivals"] == 20_000
    assert len(workload.jobs) == 20_000 + told["initial"]
    assert workload.horizon == pytest.approx(told["horizon_s"] * SECOND)
    assert columns.walltime is not None
    assert columns.job is not None
    assert columns.walltime[columns.walltime >= 0].min() > 0
    own = load_trace(trace)
    assert workload.listed is not None
    assert workload.listed.tolist() == np.bincount(own.pods.template, minlength=len(own.templates)).tolist()
    whole = [set(columns.initial[columns.job == job]) for job in range(told["initial"] + 5)]
    assert whole == [{True}] * told["initial"] + [{False}] * 5  # gangs are there whole
    assert load_trace(trace, load=0.9, jobs=500, seed=3).digest() != load_trace(trace, load=0.9, jobs=500).digest()


def test_it_is_kept_by_the_canonical_form_and_by_transforms(data: Path, tmp_path: Path) -> None:
    workload = apply(load_trace("cerit-sc-2013", gang_wait="1d"), [{"window": {"start": "10d", "length": "12h"}}])
    write_trace(workload, tmp_path / "trace")
    again = load_trace(tmp_path / "trace")
    assert again.digest() == workload.digest()
    assert (again.gang_wait, again.report) == (86_400 * SECOND, workload.report)
    run = replay(again, "kubernetes", check=True)
    ended = Counter(run.tables["pods"]["reason"].to_pylist())
    assert set(ended) <= {"", "DeadlineExceeded"}


def test_a_reader_of_specifications_reads_whatever_is_written() -> None:
    reader = Reader(())
    for text in ("", "+", "1", "x", "#excl", "1:ppn=", "1:ppn=-1", "0:ppn=1", "1:ppn=1e9", ":::", "1:ppn=" + "9" * 400):
        spec = reader.read(text)
        assert spec is None or spec.cpus >= 1
    assert reader.read("2:a:^b=c") == NodeSpec((Chunk(2, 1),), ("a", "^b"))
