"""A run's cluster at an instant, against what the run's tables say of that instant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab import Run, generate, replay, rewind
from schedlab.errors import InputError, SchedlabError

WORKLOAD = generate(pods=300, nodes=6, load=1.0, seed=3)
RUN = replay(WORKLOAD, "best_fit", seed=2)


@given(st.integers(0, RUN.manifest["end"]))
def test_the_pods_on_nodes_are_those_of_the_record(time):
    cluster = rewind(RUN, time)
    pods = RUN.pods
    there = pods[(pods["bound"] <= time) & ~(pods["finished"] <= time)]
    names = {int(uid): node.metadata.name for uid, node in zip(cluster.nodes.uid, cluster.nodes.nodes, strict=False)}
    held = {row: names[int(cluster.pods.node[row])] for row in range(len(cluster.pods)) if cluster.pods.node[row] >= 0}
    assert held == dict(zip(there["pod"], there["node"], strict=True))


def test_a_run_from_disk_needs_its_workload(tmp_path):
    RUN.save(tmp_path / "run")
    stored = Run.load(tmp_path / "run")
    with pytest.raises(InputError, match="does not hold its workload"):
        rewind(stored, 0)
    middle = RUN.manifest["end"] // 2
    ours, theirs = rewind(RUN, middle), rewind(stored, middle, workload=WORKLOAD)
    assert (ours.nodes.used == theirs.nodes.used).all()


def test_a_time_outside_and_another_run_are_refused():
    with pytest.raises(InputError, match="is not within the run; give microseconds between 0 and"):
        rewind(RUN, -1)
    with pytest.raises(InputError, match="is not within the run"):
        rewind(RUN, RUN.manifest["end"] + 1)
    other = replay(WORKLOAD, "worst_fit", seed=2)
    with pytest.raises(SchedlabError, match=r"an?other"):
        rewind(Run({**RUN.tables, "decisions": other.tables["decisions"]}, RUN.manifest, RUN.origin), 10**9)
