"""Data: reading it takes time by distance, and is on record."""

import pytest
from worlds import attempts, first, node, play, pod

from schedlab import generate, replay
from schedlab.workload import DataSet

# n0 and n1 share a rack, n2 is in another rack of their zone, n3 in another zone
NODES = [
    node("n0", zone="z0", rack="r0"),
    node("n1", zone="z0", rack="r0"),
    node("n2", zone="z0", rack="r1"),
    node("n3", zone="z1", rack="r2"),
]
SIZE = 1_250_000_000
DATA = DataSet("d", SIZE, (("node", "n0"),))


def only(*names):
    """Cordon all other nodes from the start."""
    return [(0, "cordon", each.metadata.name) for each in NODES if each.metadata.name not in names]


@pytest.mark.parametrize(
    ("where", "seconds", "moved", "distance"),
    [("n0", 0, 0, 0), ("n1", 1, SIZE, 1), ("n2", 2, SIZE, 2), ("n3", 10, SIZE, 3)],
)
def test_reading_takes_the_bytes_over_the_bandwidth_at_that_distance(where, seconds, moved, distance):
    run = play(NODES, [pod("a", 5, 7, reads=0)], only(where), datasets=[DATA])
    columns = ("node", "bound", "started", "finished", "bytes_moved", "distance")
    assert first(run, *columns) == {"a": (where, 5, 5 + seconds, 12 + seconds, moved, distance)}


@pytest.mark.parametrize(("size", "microseconds"), [(1, 1), (1250, 1), (1251, 2), (0, 0)])
def test_reading_takes_whole_microseconds_rounded_up(size, microseconds):
    run = play(NODES, [pod("a", reads=0)], only("n1"), datasets=[DataSet("d", size, (("node", "n0"),))])
    assert run.pods["started"].tolist() == [microseconds]


@pytest.mark.parametrize(
    ("replicas", "distance"),
    [
        ([("node", "n3"), ("node", "n2")], 2),
        ([("node", "n3"), ("node", "n1")], 0),
        ([("node", "n3")], 3),
        ([("rack", "r0")], 1),
        ([("zone", "z0")], 2),
        ([("zone", "z1")], 3),
        ([("node", "n3"), ("zone", "z0")], 2),
    ],
)
def test_the_nearest_replica_is_read(replicas, distance):
    run = play(NODES, [pod("a", reads=0)], only("n1"), datasets=[DataSet("d", SIZE, tuple(replicas))])
    assert run.pods["distance"].tolist() == [distance]


def test_a_pod_that_reads_holds_its_node_and_counts_as_pending():
    pods = [pod("a", 0, 5, cpu=1000, reads=0), pod("b", 1, 5, cpu=1000)]
    run = play(NODES, pods, only("n3"), datasets=[DATA], until=6)
    columns = ("bound", "started", "phase")
    assert first(run, *columns) == {"a": (0, None, "Pending"), "b": (None, None, "Pending")}
    assert run.samples["running"].unique().tolist() == [0]


def test_pods_that_were_running_at_the_start_have_read():
    run = play(NODES, [pod("a", 0, 5, reads=0, initial=True)], only("n3"), datasets=[DATA])
    assert first(run, "started", "finished", "bytes_moved", "distance") == {"a": (0, 5, 0, 0)}


def test_a_node_lost_while_the_pod_reads_does_not_start_it_and_the_next_attempt_reads_anew():
    big = DataSet("d", 40 * SIZE, (("node", "n0"),))
    # bound to n3 at 0 it would have its data at 400; lost at 1, bound to n2 at 11, it has it at 11 + 80
    events = [*only("n3"), (1, "remove", "n3"), (2, "uncordon", "n2")]
    run = play(NODES, [pod("a", 0, 500, reads=0)], events, datasets=[big])
    columns = ("bound", "started", "finished", "reason", "bytes_moved", "distance")
    assert attempts(run, *columns) == {
        ("a", 0): (0, None, 1, "NodeLost", 40 * SIZE, 3),
        ("a", 1): (11, 91, 591, "", 40 * SIZE, 2),
    }


def test_an_earlier_attempts_data_does_not_start_the_next_one():
    big = DataSet("d", 10 * SIZE, (("node", "n0"),))
    # the first attempt's data would come at 100, the second reads from 60 to 160
    events = [*only("n3"), (1, "remove", "n3"), (60, "add", "n3")]
    run = play(NODES, [pod("a", 0, 5, reads=0)], events, datasets=[big])
    assert attempts(run, "bound", "started") == {("a", 0): (0, None), ("a", 1): (60, 160)}


def test_data_that_comes_while_its_pod_waits_for_a_node_starts_nothing():
    big = DataSet("d", 10 * SIZE, (("node", "n0"),))
    run = play(NODES, [pod("a", 0, 5, reads=0)], [*only("n3"), (1, "remove", "n3")], datasets=[big])
    assert attempts(run, "bound", "started", "phase") == {
        ("a", 0): (0, None, "Failed"),
        ("a", 1): (None, None, "Pending"),
    }


def test_a_replica_is_gone_with_its_node():
    run = play(NODES, [pod("a", 5, 1, reads=0)], [*only("n1"), (3, "remove", "n0")], datasets=[DATA])
    assert first(run, "distance") == {"a": 3}


@pytest.fixture(scope="module")
def moved():
    """Bytes moved and mean distance of the pods that read, by scheduler."""
    workload = generate(pods=400, nodes=30, seed=3, load=0.6)
    runs = {name: replay(workload, name).pods for name in ("data_locality", "worst_fit")}
    readers = (workload.pods.dataset >= 0) & ~workload.pods.initial
    read = {name: table[readers[table["pod"]]] for name, table in runs.items()}
    return {name: (table["bytes_moved"].sum(), table["distance"].mean()) for name, table in read.items()}


def test_data_locality_moves_fewer_bytes_over_shorter_ways_than_worst_fit(moved):
    near, far = moved["data_locality"], moved["worst_fit"]
    assert near[0] < 0.6 * far[0]
    assert near[1] < 0.4 * far[1]
