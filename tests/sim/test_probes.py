"""Probes of one's own: sampled beside the standing ones; a plug-in's column is one."""

import numpy as np
import pytest
from worlds import node, play, pod

from schedlab import SchedlabError, column, score

NODES = [node("n0"), node("n1")]
PODS = [pod("p", 1, 4, cpu=600), pod("q", 2, 4, cpu=300)]


@column(reads=("used", "allocatable"))
def free(nodes):
    return nodes.allocatable["cpu"] - nodes.used["cpu"]


@score(scope="node")
def emptiest(pod, nodes):
    return free(nodes)


def most_free(view):
    return free(view.nodes("node")).max()


def test_what_a_score_goes_by_is_sampled_over_time():
    spread = type("Spread", (), {"__call__": lambda self, view: {"spread": np.ptp(free(view.nodes()))}})()
    run = play(NODES, PODS, scheduler=emptiest, probes=[most_free, spread])
    assert run.pods["node"].tolist() == ["n0", "n1"]
    samples = run.samples.set_index("time")
    assert list(samples.columns[-2:]) == ["most_free", "spread"]
    at = [samples.index[samples.index >= time][0] for time in (0, 1_100_000, 2_100_000, 5_500_000)]
    told = samples.loc[at, ["most_free", "spread"]].to_numpy().tolist()
    assert told == [
        [1000, 0],
        [1000, 600],
        [700, 300],
        [1000, 300],
    ]


def test_a_probe_that_fails_is_named_with_the_time():
    def broken(view):
        return 1 / (view.now < 2_000_000)

    with pytest.raises(SchedlabError, match=r"^probe broken at 2 s: ZeroDivisionError: division by zero$"):
        play(NODES, PODS, probes=[broken])


@pytest.mark.parametrize("name", ["time", "pending", "running", "used.cpu"])
def test_a_probe_may_not_hide_a_standing_column(name):
    with pytest.raises(SchedlabError, match=f"there is a column '{name}' already"):
        play(NODES, PODS, probes=[lambda view: {name: 1.0}])
