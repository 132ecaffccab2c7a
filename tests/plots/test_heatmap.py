"""The heat map's cells, against a count at every microsecond."""

import numpy as np
import pytest
from handmade import made_run
from hypothesis import given
from hypothesis import strategies as st

from schedlab.plots import heatmap
from schedlab.plots.heatmap import shares

SECOND = 1_000_000
TIMES = st.integers(-2, 12)
SPANS = st.tuples(TIMES, st.none() | TIMES).filter(lambda span: span[1] is None or span[0] <= span[1])


@given(
    st.lists(st.tuples(SPANS, st.integers(0, 2), st.integers(0, 500)), max_size=8),
    st.lists(SPANS, min_size=3, max_size=3),
)
def test_cells_are_the_mean_over_every_moment(pods, nodes):
    attempts = [
        {"pod": i, "bound": first, "finished": last, "node": f"n{node}", "req.cpu": amount}
        for i, ((first, last), node, amount) in enumerate(pods)
    ]
    places = [{"node": f"n{i}", "added": added, "removed": removed} for i, (added, removed) in enumerate(nodes)]
    run = made_run([*attempts, {"pod": 99}], places, end=10 * SECOND)
    found, count = shares(run, "cpu", columns=5)

    def there(span, moment):
        return span[0] <= moment and (span[1] is None or moment < span[1])

    moments = [second + 0.5 for second in range(10)]
    used = np.array([[sum(amount for span, node, amount in pods if node == i and there(span, moment))
                      for moment in moments] for i in range(3)]).reshape(3, 5, 2).mean(axis=2)  # fmt: skip
    capacity = (
        np.array([[1000 * there(span, moment) for moment in moments] for span in nodes]).reshape(3, 5, 2).mean(axis=2)
    )
    known = [i for i in range(3) if capacity[i].any()]
    expected = [[u / c if c else -1.0 for u, c in zip(used[i], capacity[i], strict=True)] for i in known]
    assert count == len(known)
    assert sorted(np.nan_to_num(found, nan=-1.0).round(9).tolist()) == sorted(np.round(expected, 9).tolist())


def test_many_nodes_share_rows_with_their_like():
    attempts = [{"pod": i, "bound": 0, "node": f"n{i}", "req.cpu": 1000} for i in range(100)]
    run = made_run(attempts, [{"node": f"n{i}"} for i in range(200)])
    found, count = shares(run, "cpu", rows=20)
    assert (len(found), count) == (20, 200)
    assert found[:10] == pytest.approx(1)
    assert found[10:] == pytest.approx(0)


def test_the_most_used_nodes_are_on_top():
    run = made_run([{"pod": i, "bound": 0, "node": f"n{i}", "req.cpu": (200, 700, 0)[i]} for i in range(3)],
                   [{"node": f"n{i}"} for i in range(3)])  # fmt: skip
    assert shares(run, "cpu", columns=1)[0].ravel().tolist() == pytest.approx([0.7, 0.2, 0])


def test_a_resource_that_a_node_lacks_leaves_it_out_and_overcommitment_shows():
    run = made_run([{"pod": 0, "bound": 0, "req.cpu": 1500}], [{}, {"node": "bare", "alloc.cpu": 0}])
    axes = heatmap(run)
    assert axes.get_ylabel() == "1 nodes by cpu requested"
    (image,) = axes.get_images()
    assert image.get_array().max() == pytest.approx(1.5)
    assert image.colorbar.extend == "max"
