"""Gangs that may evict others: for enough of their pods at once, or nobody; off unless asked for."""

import pytest
from sim.test_gangs import members, run
from worlds import attempts, node, pod

from schedlab.scoring import Profile
from schedlab.scoring.default_preemption import DefaultPreemption

TWO = [node("n0"), node("n1")]


def with_gangs(on=True):
    config = {"pluginConfig": [{"name": "DefaultPreemption", "args": {"gangs": on}}]}
    return Profile.from_config(config)


def first(done):
    """Return when the first attempt of each pod was bound, seconds."""
    return {name: time for (name, attempt), time in attempts(done, "bound").items() if attempt == 0}


def low(count, cpu=600, priority=0):
    """Pods that fill one node each, for ever."""
    return [pod(f"low{i}", 0, cpu=cpu, priority=priority) for i in range(count)]


@pytest.mark.parametrize("scheduler", [with_gangs(on=False), "kubernetes"])
def test_by_default_a_gang_evicts_nobody(scheduler):
    assert not DefaultPreemption().gangs
    done = run(TWO, {"a": (2, members("a", 2, at=5, cpu=600, priority=9))}, low(2), scheduler=scheduler)
    found = first(done)
    assert (found["a0"], found["a1"]) == (None, None)
    assert done.decisions.verb.value_counts().get("evict", 0) == 0


def test_asked_for_it_evicts_for_all_of_its_pods_and_they_start_together_when_the_victims_have_left():
    done = run(TWO, {"a": (2, members("a", 2, at=5, cpu=600, priority=9))}, low(2), scheduler=with_gangs())
    found = first(done)
    assert (found["a0"], found["a1"]) == (35, 35)  # 30 s of grace
    evicted = done.decisions[done.decisions.verb == "evict"]
    assert evicted.time.tolist() == [5_000_000] * 2
    assert sorted(evicted.node.astype(str)) == ["n0", "n1"]


def test_it_evicts_nobody_where_that_helps_too_few_of_its_pods():
    gang = {"a": (2, members("a", 2, at=5, cpu=600, priority=9))}
    done = run(TWO, gang, [*low(1), pod("high", 0, cpu=600, priority=99)], scheduler=with_gangs())
    assert done.decisions.verb.value_counts().get("evict", 0) == 0
    assert first(done)["a0"] is None


def test_meanwhile_nobody_of_its_priority_takes_the_room_that_one_of_them_already_has():
    """n1 is free for a1; the pod that comes at 10 would take it, were a1 not nominated for it."""
    gang = {"a": (2, members("a", 2, at=5, cpu=600, priority=9))}
    done = run(TWO, gang, [*low(1), pod("late", 10, cpu=600, priority=9)], scheduler=with_gangs())
    found = first(done)
    assert (found["a0"], found["a1"], found["late"]) == (35, 35, None)


def test_a_victim_that_is_on_its_way_out_is_not_asked_again():
    gang = {"a": (2, members("a", 2, at=5, cpu=600, priority=9)), "b": (2, members("b", 2, at=6, cpu=600, priority=99))}
    done = run(TWO, gang, low(2), scheduler=with_gangs(), until=60)
    evicted = done.decisions[done.decisions.verb == "evict"]
    assert evicted.time.tolist() == [5_000_000] * 2
    found = first(done)
    assert (found["a0"], found["b0"], found["b1"]) == (None, 35, 35)
