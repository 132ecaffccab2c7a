"""A node type in one text."""

import pytest
from tiny import says

from schedlab import InputError
from schedlab.cluster.columns import amounts
from schedlab.workload.tables.node_type import read_node_type


def test_a_node_type_reads_like_a_row_of_nodes_csv():
    found = read_node_type("cpu=16, memory=64Gi,nvidia.com/gpu=8,ephemeral-storage=1Ti,label:disk=ssd", "n")
    assert found.metadata.name == "n"
    assert found.metadata.labels == {"kubernetes.io/hostname": "n", "disk": "ssd"}
    assert amounts(found.status.allocatable) == {
        "cpu": 16_000,
        "memory": 64 * 2**30,
        "pods": 110,
        "nvidia.com/gpu": 8,
        "ephemeral-storage": 2**40,
    }
    assert amounts(read_node_type("cpu=500m,memory=1,pods=7").status.allocatable)["pods"] == 7


EXAMPLE = "write cpu=16,memory=64Gi, and if wanted pods=110, a resource such as nvidia.com/gpu=8, label:KEY=VALUE"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"node type '', at ''; {EXAMPLE}"),
        ("cpu=1,memory", f"node type 'cpu=1,memory', at 'memory'; {EXAMPLE}"),
        ("cpu=1", f"node type 'cpu=1' lacks memory; {EXAMPLE}"),
        ("cpu=1,memory=1,cpu=2", "node type 'cpu=1,memory=1,cpu=2' says cpu twice; say it once"),
        ("cpu=1,memroy=1", "node type 'cpu=1,memroy=1': there is no resource 'memroy'; did you mean memory?"),
        ("cpu=1,=1", f"node type 'cpu=1,=1', at '=1'; {EXAMPLE}"),
        ("cpu=1,label:=1", f"node type 'cpu=1,label:=1': there is no resource 'label:'; {EXAMPLE}"),
        (
            "cpu=-1,memory=1",
            "node type 'cpu=-1,memory=1', cpu: '-1' is negative; write a quantity such as 500m, 2 or 2Gi",
        ),
        (
            "cpu=1,a/b=0.5",
            "node type 'cpu=1,a/b=0.5', a/b: '0.5' is not a whole number; this resource is counted in whole units",
        ),
        (
            "cpu=1Zi",
            "node type 'cpu=1Zi', cpu: '1Zi' has the unknown unit 'Zi'; use m, k, M, G, T, Ki, Mi, Gi or Ti",
        ),
    ],
)
def test_what_is_wrong_is_said_on_one_line(text, told):
    with says(InputError, told):
        read_node_type(text)
