"""The users' own CSV form: what each table means."""

import gzip
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedlab.objects import pod_limits, pod_requests
from schedlab.objects.node import price_per_hour
from schedlab.workload import FOREVER, DataSet, NodeEvent, load_trace

Write = Callable[..., Path]
SECOND, GIB = 10**6, 2**30


def test_pods_are_columns_sorted_by_submit_over_distinct_templates(write: Write) -> None:
    pods = "name,submit,duration,cpu,memory\nlate,1m,,500m,1Gi\nfirst,0,1h,2,1Gi\nsame,0,90,0.5,1024Mi\n"
    workload = load_trace(write(pods=pods))
    assert workload.pods.names == ["first", "same", "late"]
    assert workload.pods.submit.tolist() == [0, 0, 60 * SECOND]
    assert workload.pods.duration.tolist() == [3600 * SECOND, 90 * SECOND, FOREVER]
    assert workload.pods.template.tolist() == [0, 1, 1]  # 500m, 1Gi is 0.5, 1024Mi
    assert workload.pods.dataset.tolist() == [-1, -1, -1]
    assert not workload.pods.initial.any()
    assert [pod_requests(pod) for pod in workload.templates] == [
        {"cpu": 2000, "memory": GIB},
        {"cpu": 500, "memory": GIB},
    ]


def test_optional_columns_make_templates(write: Write) -> None:
    pods = (
        "name,submit,duration,cpu,memory,priority,cpu_limit,memory_limit,nvidia.com/gpu,ephemeral-storage,label:app\n"
        "a,0,1,1,1Gi,-5,2,,1,1k,web\n"
        "b,0,1,1,1Gi,,,,,,\n"
        "c,0,1,0,0,,,,,,\n"
    )
    a, b, c = load_trace(write(pods=pods)).templates
    assert (a.spec.priority, b.spec.priority) == (-5, None)
    assert pod_requests(a) == {"cpu": 1000, "memory": GIB, "nvidia.com/gpu": 1, "ephemeral-storage": 1000}
    assert pod_limits(a) == {"cpu": 2000, "nvidia.com/gpu": 1, "ephemeral-storage": 1000}
    assert (a.metadata.labels, b.metadata.labels) == ({"app": "web"}, {})
    assert c.spec.containers[0].resources.requests == {}


def test_nodes_have_domains_as_labels_and_110_pods(write: Write) -> None:
    nodes = "name,cpu,memory,pods,zone,rack,nvidia.com/gpu,label:disk\nn1,4,8Gi,,z1,r1,2,ssd\nn2,500m,1G,7,,,,\n"
    n1, n2 = load_trace(write(nodes=nodes)).nodes
    assert {name: str(amount) for name, amount in n1.status.allocatable.items()} == {
        "cpu": "4",
        "memory": "8589934592",
        "pods": "110",
        "nvidia.com/gpu": "2",
    }
    assert n1.metadata.labels == {
        "kubernetes.io/hostname": "n1",
        "disk": "ssd",
        "topology.kubernetes.io/zone": "z1",
        "topology.kubernetes.io/rack": "r1",
    }
    assert {name: amount.value() for name, amount in n2.status.allocatable.items()} == {
        "cpu": 1,
        "memory": 10**9,
        "pods": 7,
    }
    assert n2.metadata.labels == {"kubernetes.io/hostname": "n2"}


def test_nodes_have_prices(write: Write) -> None:
    n1, n2 = load_trace(write(nodes="name,cpu,memory,price\nn1,4,8Gi,0.38\nn2,4,8Gi,\n")).nodes
    assert n1.metadata.labels["schedlab.io/price"] == "0.38"
    assert (price_per_hour(n1), price_per_hour(n2)) == (0.38, None)


def test_a_request_above_any_capacity_is_no_error(write: Write) -> None:
    (template,) = load_trace(write(pods="name,submit,duration,cpu,memory\na,0,1,1,1e30\n")).templates
    assert pod_requests(template)["memory"] == 2**63 - 1


def test_datasets_with_replicas(write: Write) -> None:
    workload = load_trace(
        write(
            pods="name,submit,duration,cpu,memory,dataset\na,0,1,1,1,y\nb,0,1,1,1,\n",
            datasets="name,bytes,replicas\nx,1Gi,\ny,500,node=n1; rack=r2;zone=z1;node=n1\n",
        )
    )
    assert workload.datasets == (
        DataSet("x", GIB, ()),
        DataSet("y", 500, (("node", "n1"), ("rack", "r2"), ("zone", "z1"))),
    )
    assert workload.pods.dataset.tolist() == [1, -1]


def test_usage_belongs_to_its_pod_wherever_its_rows_stand(write: Write) -> None:
    usage = "pod,offset,cpu,memory\nb,0,0.1m,1Ki\na,0,1,1\nb,1m,2,2Ki\n"
    curves = load_trace(write(usage=usage)).usage
    assert curves is not None
    assert curves.first.tolist() == [0, 1, 3]
    assert curves.offset.tolist() == [0, 0, 60 * SECOND]
    assert curves.cpu.tolist() == [1000, np.float32(0.1), 2000]
    assert curves.memory.tolist() == [1, 1024, 2048]


def test_node_events_by_time(write: Write) -> None:
    events = "time,node,event\n2h,n2,cordon\n1h,n2,add\n2h,n1,remove\n3h,n1,add\n"
    assert load_trace(write(node_events=events)).node_events == (
        NodeEvent(3600 * SECOND, "add", "n2"),
        NodeEvent(7200 * SECOND, "cordon", "n2"),
        NodeEvent(7200 * SECOND, "remove", "n1"),
        NodeEvent(10800 * SECOND, "add", "n1"),
    )


def test_gzip_byte_order_mark_line_ends_blanks_and_quotes_change_nothing(write: Write, tmp_path: Path) -> None:
    plain = load_trace(write()).digest()
    text = ' name ,submit,duration,cpu,memory\r\n\r\n a ,0, 1h ,1,"1Gi"\r\n  \r\nb,5,,500m,2Gi'
    (tmp_path / "pods.csv").unlink()
    again = load_trace(write(pods=None, **{"pods.csv.gz": gzip.compress(b"\xef\xbb\xbf" + text.encode())}))
    assert again.digest() == plain


def test_the_report_states_the_offered_load(write: Write) -> None:
    # a: 1 core for 10 s of 20 s; b: 0.5 cores for 15 s of 20 s, it runs until the end; 12 cores in all
    pods = "name,submit,duration,cpu,memory\na,0,10,1,0\nb,5,,500m,0\n"
    workload = load_trace(write(pods=pods), horizon=20)
    assert workload.horizon == 20 * SECOND
    assert workload.report["offered_load"]["cpu"] == round((10 + 7.5) / (12 * 20), 6)
    assert load_trace(write(pods=pods)).horizon is None


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 9), st.sampled_from(["", "x", "y"])),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[0],
    ),
    shuffle=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_means_nothing_where_submit_times_differ(
    rows: list[tuple[int, int, int, str]], shuffle: random.Random
) -> None:
    lines = [f"p{s},{s}ms,{d},{cpu},1Gi,{app}" for s, d, cpu, app in rows]
    mixed = shuffle.sample(lines, len(lines))
    digests = []
    for version in (lines, mixed):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "nodes.csv").write_text("name,cpu,memory\nn,1,1\n")
            Path(folder, "pods.csv").write_text("\n".join(["name,submit,duration,cpu,memory,label:app", *version]))
            digests.append(load_trace(folder).digest())
    assert digests[0] == digests[1]


def test_an_optional_table_may_hold_its_header_only(write: Write) -> None:
    headers = {
        "datasets": "name,bytes,replicas\n",
        "usage": "pod,offset,cpu,memory\n",
        "node_events": "time,node,event\n",
    }
    workload = load_trace(write(**headers))
    assert (workload.datasets, workload.usage, workload.node_events) == ((), None, ())


def test_tenants_and_jobs_are_numbered_by_first_submission(write: Write) -> None:
    pods = (
        "name,submit,duration,cpu,memory,tenant,job\nlate,9,1,1,1,shop,\na,0,1,1,1,ops,nightly\nb,1,1,1,1,,\nc,2,1,1,1,shop,"
        "x\n"
    )
    workload = load_trace(write(pods=pods))
    assert (workload.tenants, workload.jobs) == (("ops", "shop"), ("nightly", "x"))
    assert workload.pods.tenant is not None
    assert workload.pods.job is not None
    assert workload.pods.tenant.tolist() == [0, -1, 1, 1]
    assert workload.pods.job.tolist() == [0, -1, 1, -1]


def test_empty_columns_of_owners_are_as_none(write: Write) -> None:
    without = load_trace(write())
    header, *rows = (write() / "pods.csv").read_text().splitlines()
    empty = "\n".join([f"{header},tenant,job", *(f"{row},," for row in rows)])
    again = load_trace(write(pods=empty))
    assert (again.pods.tenant, again.pods.job, again.tenants, again.jobs) == (None, None, (), ())
    assert again.digest() == without.digest()


GANGS = (
    "name,submit,duration,cpu,memory,job,min_available,walltime,deadline\n"
    "b1,9,1,1,1,b,,2h,1d\n"
    "a1,0,1,1,1,a,2,0,\n"
    "a2,0,1,1,1,a,2,,9\n"
    "lone,1,1,1,1,,,90,\n"
)


def test_walltimes_deadlines_and_gangs(write: Write) -> None:
    workload = load_trace(write(pods=GANGS), gang_wait="1h")
    pods = workload.pods
    assert pods.names == ["a1", "a2", "lone", "b1"]
    assert pods.walltime is not None
    assert pods.deadline is not None
    assert workload.min_available is not None
    assert pods.walltime.tolist() == [-1, -1, 90 * SECOND, 7200 * SECOND]
    assert pods.deadline.tolist() == [-1, 9 * SECOND, -1, 86_400 * SECOND]
    assert (workload.jobs, workload.min_available.tolist()) == (("a", "b"), [2, 0])
    assert workload.gang_wait == 3600 * SECOND
    assert workload.report["walltimes_of_0_taken_as_unknown"] == 1


def test_walltimes_deadlines_and_gangs_are_of_the_identity_and_empty_columns_are_as_none(write: Write) -> None:
    header, *rows = (write() / "pods.csv").read_text().splitlines()

    def digest(cells: str, **options: str) -> str:
        columns = f"{header},job,min_available,walltime,deadline"
        return load_trace(write(pods="\n".join([columns, *(f"{row},{cells}" for row in rows)])), **options).digest()

    plain = load_trace(write(pods="\n".join([header, *rows]))).digest()
    assert digest(",,,") == digest(",,0,") == plain
    told = [digest(cells) for cells in (",,1h,", ",,,1h", "j,,,", "j,0,,", "j,2,,", ",,2h,")]
    told.append(digest("j,2,,", gang_wait="1h"))
    assert len({*told, plain}) == 8
