"""The figures draw the numbers of the runs, need no pyplot and take names as they are."""

import sys
import threading
import xml.etree.ElementTree as ET

import pytest
from handmade import made_run

from schedlab.plots import distribution, queue, replicates, svg, timeline, utilisation_over_time, waiting_time
from schedlab.plots.style import stroke, time_unit


def drawn(axes):
    """Return x, y of each curve that has more than one point."""
    return [line.get_data() for line in axes.get_lines() if len(line.get_xdata()) > 1]


def legend_names(axes):
    return [text.get_text() for text in axes.figure.legends[0].get_texts()]


def test_a_pod_never_placed_keeps_the_curve_from_the_bottom():
    full = [{"pod": i, "bound": [0, 1, 10, 20][i]} for i in range(4)]
    short = [*full[:3], {"pod": 3}]
    axes = waiting_time([made_run(full), made_run(short, scheduler="random")])
    (_, all_placed), (grid, one_waits) = drawn(axes)
    assert (all_placed[0], all_placed[-1]) == (0.75, 0.0)
    assert one_waits[-1] == 0.25
    assert grid[-1] == pytest.approx(100)  # it waits to the end of the run
    (dot,) = [line for line in axes.get_lines() if len(line.get_xdata()) == 1]
    assert dot.get_ydata()[0] == 0.25
    assert legend_names(axes) == ["kubernetes", "random"]


def test_one_run_without_any_wait_is_drawn():
    assert drawn(waiting_time(made_run([{"pod": 0, "bound": 0}])))[0][1].max() == 0.0
    assert drawn(waiting_time(made_run([{"pod": 0, "bound": 0, "initial": True}])))


def test_the_legend_says_who_has_no_curve():
    runs = [made_run([{"pod": 0, "bound": wait}], scheduler=f"after {wait}") for wait in (0, 5)]
    assert legend_names(waiting_time(runs)) == ["after 0 (nobody)", "after 5"]


def test_replicates_of_a_scheduler_are_averaged_while_they_last():
    low = made_run([{"pod": 0}], samples=[{"time": 0, "used.cpu": 200}, {"time": 50, "used.cpu": 400}])
    high = made_run([{"pod": 0}], samples=[{"time": 0, "used.cpu": 600}], end=40_000_000)
    ((time, share),) = drawn(utilisation_over_time([low, high]))
    assert share[time < 39] == pytest.approx(0.4)
    assert share[(time > 41) & (time < 49)] == pytest.approx(0.2)
    assert share[-1] == pytest.approx(0.4)


def test_the_scarcest_resource_is_drawn_unless_another_is_named():
    attempts = [{"pod": 0, "bound": 0, "req.cpu": 10, "req.memory": 900}]
    run = made_run(attempts, resources=("cpu", "memory"))
    assert utilisation_over_time(run).get_ylabel() == "memory requested"
    assert utilisation_over_time(run, "cpu").get_ylabel() == "cpu requested"


def test_replicates_are_sorted_by_their_mean_and_show_every_run():
    runs = [
        made_run([{"pod": 0}], scheduler=name, samples=[{"stranded.cpu": amount}])
        for name, amounts in {"worse": (300, 500), "better": (100, 200)}.items()
        for amount in amounts
    ]
    axes = replicates(runs, "stranded.cpu")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["better", "worse"]
    assert axes.get_xlabel() == "stranded cpu (%)"
    dots = [line.get_xdata().tolist() for line in axes.get_lines() if line.get_marker() == "o"]
    assert dots == [pytest.approx([10, 20]), pytest.approx([30, 50])]
    means = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "|"]
    assert means == pytest.approx([15, 40])


def queued(active, backoff=None, **more):
    """Return a run of 40 s with samples of the queue each 10 s, and two bindings in the second of these stretches."""
    rows = [
        {"time": 10 * at, "queue.active": length, "queue.backoff": (backoff or [0] * len(active))[at]}
        | {"queue.unschedulable": 0, "queue.gated": 0, "busy": 0}
        for at, length in enumerate(active)
    ]
    return made_run([{"pod": 0, "bound": 12}, {"pod": 1, "bound": 18}], samples=rows, end=40_000_000, **more)


def test_the_queue_of_one_scheduler_is_drawn_part_by_part_and_of_several_as_what_waits_for_it():
    one = queued([1, 3, 0, 0], [0, 2, 2, 0])
    axes = queue(one)
    (time, active), (_, backoff) = drawn(axes)
    assert legend_names(axes) == ["active", "backoff"]
    assert (active[(time > 11) & (time < 19)] == 3).all()
    assert (backoff[(time > 21) & (time < 29)] == 2).all()
    _, below = axes.figure.axes
    ((time, rate),) = drawn(below)
    assert (rate[(time > 11) & (time < 19)] == 0.2).all()
    assert (rate[(time > 21) & (time < 29)] == 0).all()
    axes = queue([one, queued([0, 0, 0, 0], scheduler="fast")])
    (time, both), (_, none) = drawn(axes)
    assert legend_names(axes) == ["kubernetes", "fast"]
    assert (both[(time > 11) & (time < 19)] == 5).all()
    assert not none.any()
    assert legend_names(queue(queued([0, 0]))) == ["active"]


NAMES = ["<script>alert(1)</script>", "$x^2$", "_mine", "a&b"]


@pytest.mark.parametrize(
    "plot", [waiting_time, utilisation_over_time, timeline, distribution, lambda runs: replicates(runs, "pending")]
)
def test_names_are_text_and_nothing_else(plot):
    axes = plot([made_run([{"pod": 0}], scheduler=name) for name in NAMES])
    picture = svg(axes)
    assert ET.fromstring(picture) is not None
    assert "<script" not in picture
    assert picture == svg(axes)
    shown = legend_names(axes) if axes.figure.legends else [text.get_text() for text in axes.get_yticklabels()]
    assert sorted(shown) == sorted(NAMES)


def test_drawing_works_in_a_thread_and_leaves_pyplot_alone():
    pictures = []
    thread = threading.Thread(target=lambda: pictures.append(svg(waiting_time(made_run([{"pod": 0, "bound": 5}])))))
    thread.start()
    thread.join()
    assert pictures[0].count("<svg") == 1
    assert "matplotlib.pyplot" not in sys.modules


def test_time_axes_use_the_unit_a_person_would():
    assert [time_unit(seconds)[1] for seconds in (5, 600, 86_400, 10**6)] == ["seconds", "minutes", "hours", "days"]


def test_twenty_one_curves_look_different():
    assert len({(stroke(i)["color"], str(stroke(i)["linestyle"])) for i in range(21)}) == 21


def test_a_long_name_leaves_room_for_the_curves():
    name = "/home/someone/experiments/plugins/my_rules.py:delay(deadline=5, mode=fast)+best_fit:2" * 2
    runs = [made_run([{"pod": 0, "bound": 1}], scheduler=each) for each in (name, "best_fit")]
    for axes in (waiting_time(runs), utilisation_over_time(runs), replicates(runs, "wait.p95")):
        svg(axes)  # matplotlib's complaint would be an error
        assert axes.get_position().width > 0.4
    longest = max(legend_names(waiting_time(runs)), key=len)
    assert max(map(len, longest.splitlines())) <= 32
    assert longest.count("\n") == 3
