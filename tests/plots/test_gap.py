"""The figures of bounds: distances by load, and a search over time."""

import numpy as np
import pandas as pd

from schedlab import plots, solve
from schedlab.placement.problem import problem_of


def test_a_curve_a_policy_in_per_cent_and_what_is_not_settled():
    table = pd.DataFrame({"a": [0.0, 0.02], "b": [0.01, 0.05]}, index=[90, 110])
    axes = plots.gap(table, pd.Series({110: 0.01, 90: 0.0}))
    curves = [line.get_xydata().tolist() for line in axes.lines]
    assert curves == [[[90, 0], [110, 2]], [[90, 1], [110, 5]]]
    (area,) = axes.collections
    corners = area.get_paths()[0].vertices
    assert corners[:, 1].max() == 1
    assert corners[corners[:, 1].argmax(), 0] == 110  # by load, not by place
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["a", "b", "not settled"]
    assert "cluster" in axes.get_xlabel()


def test_a_search_is_drawn_from_its_trace_to_its_end():
    problem = problem_of("p", ["cpu"], [[6], [5], [4]], [3, 2, 3], [[10]], [8])
    found = solve(problem, ("pods", "nodes"), time_limit=10)
    bound, value = (line.get_xydata() for line in plots.anytime(found).lines)
    assert value[-1].tolist() == [found.wall, found.objective[1]]
    assert bound[-1].tolist() == [found.wall, found.bound[1]]
    assert (np.diff(value[:, 0]) >= 0).all()
    assert (value[:, 1] >= found.bound[1]).all()
    assert plots.anytime(found, 0).get_ylabel() == "pods"


def test_a_search_that_found_nothing_is_an_empty_figure():
    problem = problem_of("p", ["cpu"], [[6]], [3], [[10]], [8])
    assert not plots.anytime(solve(problem, ("pods",), time_limit=0)).lines
