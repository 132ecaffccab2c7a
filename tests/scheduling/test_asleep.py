"""Who sleeps, what may wake them, and up to where in the log they are known not to fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schedlab.scheduling.asleep import Asleep
from schedlab.scheduling.group import Group, Waiting
from schedlab.scoring.hopes import ClassSet

ROOM, LEFT = frozenset({"node"}), frozenset({"node", "release"})


def group(cls: int, pods: int = 1) -> Group:
    made = Group(cls, 0)
    for pod in range(pods):
        made.join(Waiting(pod, pod), 0, 1)
    return made


def told(asleep: Asleep, *changes: str) -> list[tuple[list[int], int]]:
    """Return who is concerned by some changes: their classes, and the last number of the cursor."""
    concerned, others = asleep.concerned(changes)
    assert [*concerned, *others] == sorted(asleep, key=lambda each: each not in concerned)
    return [([each.cls for each in sleepers], sleepers.cursor[3]) for sleepers in concerned]


def at(place: int) -> tuple[int, int, int, int]:
    return (0, 0, 0, place)


def test_hints_say_who_is_concerned_and_no_hint_is_any_change() -> None:
    asleep, groups = Asleep(), [group(cls) for cls in (1, 2, 3)]
    for each, hints in zip(groups, (None, ROOM, LEFT), strict=True):
        asleep.add(each, hints, at(each.cls), firm=False)
    assert told(asleep, "bind") == [([1], 1)]
    assert told(asleep, "release") == [([1], 1), ([3], 3)]
    assert told(asleep, "node", "usage") == [([1], 1), ([2], 2), ([3], 3)]
    asleep.drop(groups[0])
    assert told(asleep, "bind") == []
    assert [each in asleep for each in groups] == [False, True, True]
    assert (len(asleep), asleep.pods) == (2, 2)


def test_firm_groups_without_hints_hear_what_they_are_said_to() -> None:
    asleep = Asleep(LEFT)
    asleep.add(group(7), None, at(5), firm=True)
    assert asleep.firm
    asleep.add(group(8), None, at(6), firm=False)
    assert not asleep.firm
    assert told(asleep, "bind") == [([8], 6)]
    assert told(asleep, "release") == [([7], 5), ([8], 6)]


def test_who_joins_later_is_looked_at_from_where_the_first_one_was() -> None:
    asleep, groups = Asleep(LEFT), [group(cls) for cls in (7, 7, 8)]
    asleep.add(groups[0], None, at(5), firm=True)
    asleep.add(groups[1], None, at(9), firm=True)
    assert told(asleep, "node") == [([7, 7], 5)]
    asleep.drop(groups[0])
    assert told(asleep, "node") == [([7], 5)]
    asleep.drop(groups[1])
    asleep.add(groups[2], None, at(11), firm=True)
    assert told(asleep, "node") == [([8], 11)]


def test_a_group_sleeps_once_with_the_hints_it_was_given_last() -> None:
    asleep, one = Asleep(), group(7, pods=3)
    asleep.add(one, None, at(1), firm=True)
    asleep.add(one, ROOM, at(2), firm=False)
    assert (len(asleep), asleep.pods) == (1, 3)
    bed = asleep.bed(one)
    assert bed is not None
    assert bed is not asleep.open
    assert (bed.firm, bed.cursor) == (False, at(2))
    asleep.drop(one)
    assert (len(asleep), asleep.pods, asleep.bed(one), list(asleep)) == (0, 0, None, [])


def test_who_falls_asleep_has_heard_nothing_of_what_was_before() -> None:
    asleep, groups = Asleep(), [group(cls) for cls in (7, 8)]
    asleep.add(groups[0], None, at(1), firm=True)
    (sleepers,) = asleep
    sleepers.heard.append(100)
    asleep.add(groups[1], None, at(2), firm=True)
    assert [each.cohorts[0].heard for each in groups] == [0, 1]


def test_classes_are_those_of_the_groups() -> None:
    asleep, groups = Asleep(), [group(cls) for cls in (9, 9, 4)]
    for each in groups:
        asleep.add(each, None, at(1), firm=True)
    (sleepers,) = asleep
    assert list(sleepers.classes) == [4, 9]
    asleep.drop(groups[0])
    assert list(sleepers.classes) == [4, 9]
    asleep.drop(groups[1])
    assert list(sleepers.classes) == [4]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 200))), st.sets(st.integers(0, 300)))
def test_a_set_of_classes_is_a_set(steps: list[tuple[bool, int]], other: set[int]) -> None:
    fast, slow = ClassSet(), set[int]()
    for adding, cls in steps:
        if adding:
            fast.add(cls)
            slow.add(cls)
        elif cls in slow:
            fast.drop(cls)
            slow.remove(cls)
        assert (list(fast), cls in fast) == (sorted(slow), cls in slow)
    assert fast.without(ClassSet(other)) == sorted(slow - other)
