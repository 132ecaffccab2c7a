"""Hints and orders change how often pods are tried, never what is decided, if they tell the truth."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given, settings
from properties.test_replay import worlds
from worlds import SECOND, decisions

from schedlab import filter, order, score
from schedlab.plugins.api import Plugin
from schedlab.plugins.registry import find
from schedlab.scoring import Profile
from schedlab.scoring.backoff import NO_BACKOFF
from schedlab.sim import replay


def at_most(count, scope, wake_on):
    """Return a filter that passes nodes with fewer pods."""

    @filter(scope=scope, name="at_most", wake_on=wake_on)
    def rule(pod, nodes):
        return nodes.used["pods"] < count

    return rule


@score(scope="node")
def emptiest(pod, nodes):
    return -nodes.used["cpu"]


def profile(*rules, wake_on=None):
    """Return a profile of the usual filters and these, each with a hint if there is one."""
    usual = [Plugin.of(find(name)) for name in ("NodeUnschedulable", "NodeResourcesFit")]
    if wake_on is not None:
        usual = [Plugin.of(_hinted(plugin, wake_on)) for plugin in usual]
    plugins = [Plugin.of(rule) for rule in rules]
    made = Profile.build("mine", (*usual, *plugins), [(Plugin.of(emptiest), 1.0)])
    return replace(made, backoff=NO_BACKOFF)  # who is tried more often backs off for longer


def _hinted(plugin, wake_on):
    def asked(pod, nodes):
        return plugin.filter(pod, nodes)

    scope = plugin.filter_scope
    return filter(scope=scope, name=plugin.name, codes=plugin.codes, wake_on=wake_on)(asked)


HINT = ("release", "node")  # all that can make room


@given(worlds(), st.sampled_from(["node", "cluster"]), st.integers(1, 3))
@settings(max_examples=25)
def test_true_hints_change_no_decision(world, scope, count):
    plain = replay(world, profile(at_most(count, scope, None)), check=True)
    hinted = replay(world, profile(at_most(count, scope, HINT), wake_on=HINT), check=True)
    assert told(hinted) == told(plain)
    # what is put aside for five minutes is tried again where something happened that no hint names
    if hinted.manifest["end"] < 300 * SECOND:
        assert hinted.manifest["timings"]["decisions"] <= plain.manifest["timings"]["decisions"]


@given(worlds())
@settings(max_examples=25)
def test_the_order_that_there_is_without_one_may_be_written_as_an_order(world):
    @order
    def usual(pod, now):
        return -pod.priority, now - pod.waiting

    @filter
    def anything(pod, nodes):
        return nodes.rank >= 0

    class Ordered:
        filter = staticmethod(anything)
        key = staticmethod(usual)

    ordered, plain = (told(replay(world, rule, check=True)) for rule in (Ordered, anything))
    placed = [[each for each in decisions if each[1] != "wait"] for decisions, _ in (ordered, plain)]
    assert placed[0] == placed[1]  # with an order each pod waits by itself, without one whole classes do
    assert ordered[1] == plain[1]


def told(run):
    return decisions(run), run.tables["pods"].to_pylist()
