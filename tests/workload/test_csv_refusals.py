"""Every bad input of the CSV form ends in one line that names file, row and field, and the mend."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from schedlab.errors import InputError
from schedlab.workload import load_trace

Write = Callable[..., Path]
PODS = "name,submit,duration,cpu,memory"
NODES = "name,cpu,memory"
USAGE = "pod,offset,cpu,memory"
DATA = "name,bytes,replicas"
EVENTS = "time,node,event"
TIME_MEND = "write a time such as 90, 90s, 1.5h, 2h30m, 250ms or 1d (a bare number is seconds)"
QUANTITY_MEND = "write a quantity such as 500m, 2 or 2Gi"
HALF_A_GZIP = gzip.compress(f"{PODS}\n".encode() + b"a,0,1,1,1\n" * 99)[:40]


def refusal(folder: Path, **options: object) -> str:
    with pytest.raises(InputError) as refused:
        load_trace(folder, **options)
    message = str(refused.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "").replace(str(folder), "FOLDER")


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        # files
        ({"pods": None}, "pods.csv: there is no such file; write it, or name another folder"),
        ({"nodes": None}, "nodes.csv: there is no such file; write it, or name another folder"),
        ({"pods": ""}, f"pods.csv: the file is empty; begin with the header {PODS}"),
        ({"pods": f"{PODS}\n"}, "pods.csv: there are no pods; write one row for each pod"),
        ({"nodes": f"{NODES}\n\n"}, "nodes.csv: there are no nodes; write one row for each node"),
        ({"pods.csv.gz": b""}, "FOLDER: pods.csv and pods.csv.gz are both there; remove one"),
        (
            {"pods": None, "pods.csv.gz": HALF_A_GZIP},
            "pods.csv.gz: the gzip file is truncated or damaged (Compressed file ended before the end-of-stream marker "
            "was reached); copy it again",
        ),
        (
            {"pods": None, "pods.csv.gz": b"name"},
            "pods.csv.gz: the gzip file is truncated or damaged (Not a gzipped file (b'na')); copy it again",
        ),
        (
            {"pods": f"{PODS}\na,0,1,1,1\nb\0,0,1,1,1\n"},
            "pods.csv, row 2: byte 0x00 is not UTF-8 text; save the file as UTF-8",
        ),
        ({"pods": b"n\xe4me\n"}, "pods.csv: byte 0xe4 is not UTF-8 text; save the file as UTF-8"),
        # walltimes, deadlines, gangs
        (
            {"pods": f"{PODS},walltime\na,0,1,1,1,-1h\n"},
            f"pods.csv, row 1, field walltime: '-1h' is negative; {TIME_MEND}",
        ),
        (
            {"pods": f"{PODS},deadline\na,0,1,1,1,\nb,1h,1,1,1,10m\n"},
            "pods.csv, row 2, field deadline: '10m' is before the pod's submit '1h'; count deadlines from the start of "
            "the trace, as submit is",
        ),
        (
            {"pods": f"{PODS},job,min_available\na,0,1,1,1,j,\nb,0,1,1,1,j,3\n"},
            "pods.csv, row 2, field min_available: the job 'j' needs 3 pods at once, and has 2; give a smaller number, "
            "or write the other pods",
        ),
        (
            {"pods": f"{PODS},job,min_available\na,0,1,1,1,j,1\nb,0,1,1,1,j,2\n"},
            "pods.csv, row 2, field min_available: the job 'j' has 1 in row 1; give a job one number",
        ),
        (
            {"pods": f"{PODS},min_available\na,0,1,1,1,2\n"},
            "pods.csv, row 1, field min_available: the pod is of no job; name its job, or leave the cell empty",
        ),
        (
            {"pods": f"{PODS},job,min_available\na,0,1,1,1,j,all\n"},
            "pods.csv, row 1, field min_available: 'all' is no number of pods; write how many must start together, "
            "such as 4",
        ),
        # header and shape
        (
            {"pods": "name,submit,duration,cpu\na,0,1,1\n"},
            "pods.csv, field memory: the column is missing; add it; the header is name,submit,duration,cpu",
        ),
        (
            {"pods": f"{PODS},prioritty\na,0,1,1,1,5\n"},
            "pods.csv, field prioritty: unknown column; did you mean priority?",
        ),
        (
            {"nodes": f"{NODES},colour\nn1,1,1,red\n"},
            "nodes.csv, field colour: unknown column; known columns: name, cpu, memory, pods, zone, rack, price, "
            "label:KEY, a resource (ephemeral-storage, DOMAIN/NAME)",
        ),
        ({"pods": f"{PODS},cpu\na,0,1,1,1,1\n"}, "pods.csv, field cpu: the column stands twice; remove one"),
        (
            {"nodes": f"{NODES},zone,label:topology.kubernetes.io/zone\nn1,1,1,a,b\n"},
            "nodes.csv: the columns zone and label:topology.kubernetes.io/zone mean the same; remove one",
        ),
        (
            {"nodes": f"{NODES},price\nn1,1,1,\nn2,1,1,cheap\n"},
            "nodes.csv, row 2, field price: 'cheap' is no price; write a number of at least 0, such as 0.38",
        ),
        (
            {"nodes": f"{NODES},price\nn1,1,1,-1\n"},
            "nodes.csv, row 1, field price: '-1' is no price; write a number of at least 0, such as 0.38",
        ),
        (
            {"pods": f"{PODS}\na,0,1,1,1\n\nb,0,1,1\n"},
            "pods.csv, row 3: 4 cells under a header of 5; give every row one cell a column",
        ),
        # cells
        (
            {"pods": f"{PODS}\na,0,1,1,1\n,0,1,1,1\n"},
            "pods.csv, row 2, field name: the cell is empty; give the pod a name",
        ),
        (
            {"pods": f"{PODS}\na,0,1,1,1\nb,0,1,1,1\na ,0,1,1,1\n"},
            "pods.csv, row 3, field name: the pod 'a' is in row 1 already; give each pod its own name",
        ),
        (
            {"nodes": f"{NODES}\nn1,1,1\nn1,1,1\n"},
            "nodes.csv, row 2, field name: the node 'n1' is in row 1 already; give each node its own name",
        ),
        ({"pods": f"{PODS}\na,0,1,-1,1\n"}, f"pods.csv, row 1, field cpu: '-1' is negative; {QUANTITY_MEND}"),
        ({"pods": f"{PODS}\na,0,1,,1\n"}, f"pods.csv, row 1, field cpu: the cell is empty; {QUANTITY_MEND}"),
        (
            {"pods": f"{PODS}\na,0,1,1,lots\n"},
            f"pods.csv, row 1, field memory: 'lots' is not a quantity; {QUANTITY_MEND}",
        ),
        (
            {"pods": f"{PODS}\na,0,1,1,2GB\n"},
            "pods.csv, row 1, field memory: '2GB' has the unknown unit 'GB'; use m, k, M, G, T, Ki, Mi, Gi or Ti",
        ),
        (
            {"pods": f"{PODS}\na,0,1,NaN,1\n"},
            f"pods.csv, row 1, field cpu: 'NaN' is not a finite number; {QUANTITY_MEND}",
        ),
        (
            {"nodes": f"{NODES}\nn1,1,inf\n"},
            f"nodes.csv, row 1, field memory: 'inf' is not a finite number; {QUANTITY_MEND}",
        ),
        ({"pods": f"{PODS}\na,-1s,1,1,1\n"}, f"pods.csv, row 1, field submit: '-1s' is negative; {TIME_MEND}"),
        ({"pods": f"{PODS}\na,,1,1,1\n"}, f"pods.csv, row 1, field submit: the cell is empty; {TIME_MEND}"),
        (
            {"pods": f"{PODS}\na,nan,1,1,1\n"},
            f"pods.csv, row 1, field submit: 'nan' is not a finite number; {TIME_MEND}",
        ),
        ({"pods": f"{PODS}\na,0,soon,1,1\n"}, f"pods.csv, row 1, field duration: 'soon' is not a time; {TIME_MEND}"),
        (
            {"pods": f"{PODS}\na,0,2w,1,1\n"},
            "pods.csv, row 1, field duration: '2w' has the unknown unit 'w'; use d, h, m, s, ms or us",
        ),
        (
            {"pods": f"{PODS}\na,300000000000,1,1,1\n"},
            "pods.csv, row 1, field submit: '300000000000' is above 2^53 us (285 years); count times from the start of "
            "the trace",
        ),
        (
            {"nodes": f"{NODES}\nn1,1,128Ti\n"},
            "nodes.csv, row 1, field memory: '128Ti' is above 2^46 (millicores, bytes or units); check the unit; no "
            "node may have so much",
        ),
        (
            {"pods": f"{PODS},nvidia.com/gpu\na,0,1,1,1,0.5\n"},
            "pods.csv, row 1, field nvidia.com/gpu: '0.5' is not a whole number; this resource is counted "
            "in whole units",
        ),
        (
            {"pods": f"{PODS},cpu_limit\na,0,1,1,1,500m\n"},
            "pods.csv, row 1, field cpu_limit: '500m' is below the request '1'; raise it, or leave it empty",
        ),
        (
            {"pods": f"{PODS},priority\na,0,1,1,1,high\n"},
            "pods.csv, row 1, field priority: 'high' is no priority; write an integer of 32 bits, a higher one goes "
            "first",
        ),
        # data sets
        (
            {"pods": f"{PODS},dataset\na,0,1,1,1,photo\n", "datasets": f"{DATA}\nphotos,1,\n"},
            "pods.csv, row 1, field dataset: no data set is called 'photo'; did you mean photos?",
        ),
        (
            {"pods": f"{PODS},dataset\na,0,1,1,1,photo\n"},
            "pods.csv, row 1, field dataset: no data set is called 'photo'; name a row of datasets.csv",
        ),
        (
            {"datasets": f"{DATA}\nx,1,\nx,1,\n"},
            "datasets.csv, row 2, field name: the data set 'x' is in row 1 already; give each data set its own name",
        ),
        (
            {"datasets": f"{DATA}\nx,1,node=n11\n"},
            "datasets.csv, row 1, field replicas: 'node=n11' is on an unknown node; did you mean n1?",
        ),
        (
            {"datasets": f"{DATA}\nx,1,node=n1;rack=row7\n"},
            "datasets.csv, row 1, field replicas: 'rack=row7' is on an unknown rack; name a rack of nodes.csv",
        ),
        (
            {"datasets": f"{DATA}\nx,1,zone=\n"},
            "datasets.csv, row 1, field replicas: 'zone=' is on an unknown zone; name a zone of nodes.csv",
        ),
        (
            {"datasets": f"{DATA}\nx,1,host=n1\n"},
            "datasets.csv, row 1, field replicas: 'host=n1' is no replica; write node=NAME, rack=NAME or zone=NAME, "
            "joined by ;",
        ),
        # usage
        (
            {"usage": f"{USAGE}\nz,0,1,1\n"},
            "usage.csv, row 1, field pod: no pod is called 'z'; name a pod of pods.csv",
        ),
        (
            {"usage": f"{USAGE}\na,0,1,1\nb,1,1,1\n"},
            "usage.csv, row 2, field offset: the pod's first offset is not 0; write a pod's rows by time, the first "
            "at offset 0",
        ),
        (
            {"usage": f"{USAGE}\na,0,1,1\nb,0,1,1\na,5,1,1\na,5000ms,1,1\n"},
            "usage.csv, row 4, field offset: the pod's offsets do not increase; write a pod's rows by time, the first "
            "at offset 0",
        ),
        # node events
        (
            {"node_events": f"{EVENTS}\n1,n11,remove\n"},
            "node_events.csv, row 1, field node: no node is called 'n11'; did you mean n1?",
        ),
        (
            {"node_events": f"{EVENTS}\n1,n1,drain\n"},
            "node_events.csv, row 1, field event: 'drain' is no event; write one of add, remove, cordon, uncordon",
        ),
        (
            {"node_events": f"{EVENTS}\n9,n1,remove\n1,n1,remove\n"},
            "node_events.csv, row 1, field event: remove: the node 'n1' is not there at that time; correct the order "
            "of events",
        ),
    ],
)
def test_one_line_says_where_what_and_how_to_mend(
    write: Write, tables: dict[str, str | bytes | None], message: str
) -> None:
    assert refusal(write(**tables)) == message


def test_a_long_cell_is_cut(write: Write) -> None:
    assert len(refusal(write(pods=f"{PODS}\na,{'x' * 100_000},1,1,1\n"))) < 250


def test_an_unclosed_quote_does_not_swallow_the_file_in_silence(write: Write) -> None:
    assert refusal(write(pods=f'{PODS}\na,0,1,1,"1\nb,0,1,1,1\n')).startswith("pods.csv, row 1, field memory: ")


def test_a_bad_horizon_names_the_option(write: Write) -> None:
    assert refusal(write(), horizon="tomorrow") == f"option horizon: 'tomorrow' is not a time; {TIME_MEND}"
