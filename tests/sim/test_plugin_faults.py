"""A plug-in that fails in the middle of a replay is named, with pod and simulated time."""

import numpy as np
import pytest
from worlds import node, play, pod

from schedlab import PluginError, filter, score
from schedlab.plugins.api import Plugin

PODS = [pod("fine", 1, cpu=100), pod("bad", 2.5, cpu=700), pod("after", 4, cpu=100)]
NODES = [node("n0"), node("n1", cpu=500)]


def fails_on(pod_name, value):
    """Return what a plug-in gives: ``value`` for one pod (raised if an error), 0 for others."""

    def given(pod, nodes):
        if pod.name == pod_name:
            if isinstance(value, Exception):
                raise value
            return value(len(nodes))
        return np.zeros(len(nodes))

    return given


def failing(kind, value):
    given = fails_on("bad", value)
    if kind == "filter":
        return filter(name="mine")(lambda pod, nodes: given(pod, nodes) == 0)
    return score(name="mine")(given)


@pytest.mark.parametrize("kind", ["filter", "score"])
def test_one_that_raises(kind):
    with pytest.raises(PluginError) as error:
        play(NODES, PODS, scheduler=failing(kind, ZeroDivisionError("oh\nno")))
    assert str(error.value) == "plug-in mine, pod bad at 2.5 s: ZeroDivisionError: oh no"
    assert (error.value.plugin, error.value.pod, error.value.time) == ("mine", "bad", 2_500_000)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_not_finite(value):
    with pytest.raises(PluginError) as error:
        play(NODES, PODS, scheduler=failing("score", lambda size: np.full(size, value)))
    expected = "plug-in mine, pod bad at 2.5 s: the score of node n0 is not finite (NaN or infinite)"
    assert str(error.value) == expected


def test_a_score_that_is_not_finite_only_where_the_pod_does_not_fit_is_fine():
    run = play(NODES, PODS, scheduler=failing("score", lambda size: np.array([1.0, np.nan])))
    assert run.pods["node"].tolist() == ["n0", "n0", "n0"]


def test_a_score_of_the_wrong_shape():
    with pytest.raises(PluginError, match=r"^plug-in mine, pod bad at 2\.5 s: it gave shape \(3,\) for 2 nodes"):
        play(NODES, PODS, scheduler=failing("score", lambda size: np.zeros(size + 1)))


def test_one_that_fails_when_a_waiting_pod_is_tried_again():
    @score(name="mine")
    def impatient(pod, nodes):
        if pod.waiting > 10**6:
            raise RuntimeError("too late")
        return np.zeros(len(nodes))

    with pytest.raises(PluginError, match=r"^plug-in mine, pod b at 8 s: RuntimeError: too late$"):
        play([node("n0")], [pod("a", 0, 8, cpu=1000), pod("b", 1, 8, cpu=1000)], scheduler=impatient)


class Prepared:
    """Fails in another hook of its own for the pod named bad."""

    def __init__(self, hook):
        self.hook = hook

    def _fail(self, hook, name):
        if hook == self.hook and name == "bad":
            raise KeyError("lost")

    def prepare(self, pod, cluster):
        self._fail("prepare", pod.name)

    @filter
    def filter(self, pod, nodes, state=None):
        return np.array([pod.name != "bad" or self.hook != "reasons"] * len(nodes))

    def reasons(self, pod, nodes):
        self._fail("reasons", pod.name)
        return {"no": np.ones(len(nodes), bool)}

    def assign(self, pod, node):
        self._fail("assign", pod.name)
        return ()


@pytest.mark.parametrize("hook", ["prepare", "reasons", "assign"])
def test_one_that_fails_in_another_hook(hook):
    assert Plugin.of(Prepared(hook)).name == "Prepared"
    with pytest.raises(PluginError, match=rf"^plug-in Prepared, pod bad at 2\.5 s: ({hook}: )?KeyError: 'lost'$"):
        play(NODES, PODS, scheduler=Prepared(hook))
