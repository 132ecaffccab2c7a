"""Who sleeps, what may wake them, and up to where in the log they are known not to fit."""

from hypothesis import given
from hypothesis import strategies as st

from schedlab.scheduling.asleep import Asleep
from schedlab.scoring.hopes import ClassSet

ROOM, LEFT = frozenset({"node"}), frozenset({"node", "release"})


def told(asleep: Asleep, *changes: str) -> list[tuple[dict[int, set[int]], int]]:
    """Return who is concerned by some changes: groups by class, and the last number of the cursor."""
    return [(sleepers.by_class, sleepers.cursor[3]) for sleepers in asleep.concerned(changes)]


def at(place: int) -> tuple[int, int, int, int]:
    return (0, 0, 0, place)


def test_hints_say_who_is_concerned_and_no_hint_is_any_change() -> None:
    asleep = Asleep()
    for group, hints in ((1, None), (2, ROOM), (3, LEFT)):
        asleep.add(group, 10 * group, hints, at(group), firm=False)
    assert told(asleep, "bind") == [({10: {1}}, 1)]
    assert told(asleep, "release") == [({10: {1}}, 1), ({30: {3}}, 3)]
    assert told(asleep, "node", "usage") == [({10: {1}}, 1), ({20: {2}}, 2), ({30: {3}}, 3)]
    asleep.drop(1)
    assert told(asleep, "bind") == []
    assert [group in asleep for group in (1, 2, 3)] == [False, True, True]


def test_firm_groups_without_hints_hear_what_they_are_said_to() -> None:
    asleep = Asleep(LEFT)
    asleep.add(1, 7, None, at(5), firm=True)
    assert asleep.firm
    asleep.add(2, 7, None, at(6), firm=False)
    assert not asleep.firm
    assert told(asleep, "bind") == [({7: {2}}, 6)]
    assert told(asleep, "release") == [({7: {1}}, 5), ({7: {2}}, 6)]
    assert [sleepers.firm for sleepers in asleep.concerned(["node"])] == [True, False]


def test_who_joins_later_is_looked_at_from_where_the_first_one_was() -> None:
    asleep = Asleep(LEFT)
    asleep.add(1, 7, None, at(5), firm=True)
    asleep.add(2, 7, None, at(9), firm=True)
    assert told(asleep, "node") == [({7: {1, 2}}, 5)]
    asleep.drop(1)
    assert told(asleep, "node") == [({7: {2}}, 5)]
    asleep.drop(2)
    asleep.add(3, 8, None, at(11), firm=True)
    assert told(asleep, "node") == [({8: {3}}, 11)]


def test_firm_groups_that_were_looked_at_again_lose_their_hints() -> None:
    asleep = Asleep(LEFT)
    asleep.add(1, 7, None, at(5), firm=True)
    asleep.add(2, 8, ROOM, at(6), firm=True)
    asleep.add(3, 8, ROOM, at(7), firm=True)
    (hinted,) = [each for each in asleep.concerned(["node"]) if 8 in each.by_class]
    asleep.settle(hinted, at(20))
    assert told(asleep, "release") == [({7: {1}, 8: {2, 3}}, 5)]
    (all_of_them,) = asleep.concerned(["release"])
    asleep.settle(all_of_them, at(21))
    assert told(asleep, "node") == [({7: {1}, 8: {2, 3}}, 21)]
    assert sorted(all_of_them.classes) == [7, 8]


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
