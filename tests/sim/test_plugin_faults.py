"""A plug-in that fails in the middle of a replay is named, with pod and simulated time."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from worlds import node, play, pod

from schedlab import PluginError, filter, order, score
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


def endless(*_):
    """Return never; what it does is in Python, and swallows every Exception."""
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            continue


class Stuck:
    """One of its calls does not return."""

    def __init__(self, where):
        self.where = where

    def _at(self, where, pod):
        if self.where == where and getattr(pod, "name", "bad") == "bad":
            endless()

    def setup(self, workload):
        self._at("setup", None)

    def prepare(self, pod, cluster):
        self._at("prepare", pod)

    @filter
    def filter(self, pod, nodes, state):
        self._at("filter", pod)
        return np.ones(len(nodes), bool)

    @score(normalize=lambda raw, feasible: raw)
    def score(self, pod, nodes, state):
        self._at("score", pod)
        return np.zeros(len(nodes))

    @order
    def key(self, pod, now):
        self._at("key", pod)
        return now

    def assign(self, pod, node):
        self._at("assign", pod)
        return ()


@pytest.mark.parametrize("where", ["setup", "prepare", "filter", "score", "key", "assign"])
def test_a_call_that_does_not_return_ends_that_run_and_names_plugin_pod_and_time(where):
    before = signal.getsignal(signal.SIGALRM)
    begin = time.monotonic()
    with pytest.raises(PluginError) as error:
        play(NODES, PODS, scheduler=Stuck(where), time_budget=0.2)
    assert 0.2 < time.monotonic() - begin < 5
    told, when = ("(none yet)", None) if where == "setup" else ("bad", 2_500_000)
    assert (error.value.plugin, error.value.pod, error.value.time) == ("Stuck", told, when)
    assert str(error.value).endswith("TimeoutError: the call took more than 0.2 s, its time budget")
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert len(play(NODES, PODS, scheduler=Stuck("nowhere"), time_budget=0.2).decisions) == 3  # the next run is not it


def test_a_normaliser_that_does_not_return():
    @score(name="mine", normalize=endless)
    def rule(pod, nodes):
        return np.zeros(len(nodes))

    with pytest.raises(PluginError, match=r"^plug-in mine, pod fine at 1 s: TimeoutError: the call took more than"):
        play(NODES, PODS, scheduler=rule, time_budget=0.2)


def test_outside_the_main_thread_a_slow_call_is_found_when_it_returns():
    @score(name="mine")
    def rule(pod, nodes):
        time.sleep(0.3)
        return np.zeros(len(nodes))

    with ThreadPoolExecutor(1) as pool, pytest.raises(PluginError, match=r"more than 0\.1 s, its time budget"):
        pool.submit(play, NODES, PODS, scheduler=rule, time_budget=0.1).result()


def test_time_between_calls_is_nobodys_fault():
    def slow(view):
        time.sleep(0.3 * (view.now == 0))  # the first time
        return 0.0

    assert len(play(NODES, PODS, scheduler="best_fit", time_budget=0.1, probes=[slow]).decisions) == 3


@pytest.mark.parametrize("seconds", [0, -1, np.nan])
def test_a_budget_is_a_positive_number(seconds):
    with pytest.raises(ValueError, match="give a positive number of seconds"):
        play(NODES, PODS, time_budget=seconds)
