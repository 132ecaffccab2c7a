"""The queue: who is next, who sleeps, and who wakes."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from schedlab.scheduling.queue import Queue


def queue(*pods: tuple[int, int, int, int]) -> Queue:
    """Return a queue of (pod, class, priority, time)."""
    made = Queue()
    for pod in pods:
        made.push(*pod)
    return made


def sleep(queue: Queue, group: int) -> None:
    queue.asleep.add(group, group, None, (0, 0, 0, 0), firm=True)


def fail(queue: Queue) -> int:
    """Put the group of the pod that was peeked at to sleep."""
    group = queue.head
    sleep(queue, group)
    return group


def fail_alone(queue: Queue) -> int:
    group = queue.part()
    sleep(queue, group)
    return group


def drained(queue: Queue) -> list[int]:
    """Take all pods that are worth trying."""
    taken = []
    while (pod := queue.peek()) is not None:
        taken.append(pod)
        queue.take()
    return taken


def test_an_empty_queue_has_nothing_to_try() -> None:
    made = Queue()
    assert made.peek() is None
    assert len(made) == 0


def test_first_come_first_served_across_classes() -> None:
    assert drained(queue((10, 0, 0, 5), (11, 1, 0, 6), (12, 0, 0, 7), (13, 1, 0, 8))) == [10, 11, 12, 13]


def test_who_comes_at_the_same_time_keeps_the_order_of_pushing() -> None:
    assert drained(queue((12, 1, 0, 5), (11, 0, 0, 5), (10, 1, 0, 5))) == [12, 11, 10]


def test_higher_priorities_go_first_whenever_they_come() -> None:
    assert drained(queue((10, 0, 0, 1), (11, 1, 100, 9), (12, 2, -5, 0), (13, 1, 100, 10))) == [11, 13, 10, 12]


def test_peeking_takes_nothing() -> None:
    made = queue((10, 0, 0, 1), (11, 0, 0, 2))
    assert (made.peek(), made.peek(), len(made)) == (10, 10, 2)
    made.take()
    assert (made.peek(), len(made)) == (11, 1)


def test_a_class_that_failed_sleeps_whole() -> None:
    made = queue((10, 0, 0, 1), (11, 0, 0, 2), (12, 1, 0, 3))
    assert made.peek() == 10
    fail(made)
    assert 0 in made.asleep
    assert drained(made) == [12]
    assert len(made) == 2


def test_who_joins_a_sleeping_class_waits_with_it() -> None:
    made = queue((10, 0, 0, 1))
    made.peek()
    fail(made)
    made.push(11, 0, 0, 2)
    assert made.peek() is None
    made.wake(0)
    assert drained(made) == [10, 11]


def test_waking_brings_a_class_back_in_its_old_place() -> None:
    made = queue((10, 0, 0, 1), (11, 1, 0, 2), (12, 0, 0, 3), (13, 2, 7, 4))
    assert made.peek() == 13
    fail(made)
    assert made.peek() == 10
    fail(made)
    assert made.peek() == 11
    made.wake(0)
    made.wake(2)
    assert len(made.asleep) == 0
    assert drained(made) == [13, 10, 11, 12]


def test_a_class_may_be_put_to_sleep_without_being_next_and_twice() -> None:
    made = queue((10, 0, 0, 1), (11, 1, 0, 2))
    sleep(made, 1)
    sleep(made, 1)
    assert (1 in made.asleep, len(made.asleep)) == (True, 1)
    assert drained(made) == [10]
    made.wake(1)
    assert drained(made) == [11]


def test_sleeping_and_waking_at_once_changes_nothing() -> None:
    made = queue((10, 0, 0, 1), (11, 1, 0, 2), (12, 0, 0, 3))
    for _ in range(3):
        sleep(made, 0)
        made.wake(0)
    assert drained(made) == [10, 11, 12]


def test_a_key_stands_in_for_the_priority_and_equals_keep_their_order() -> None:
    made = Queue({10: 3, 11: 1, 12: 2, 13: 1}.__getitem__)
    for pod, priority in ((10, 100), (11, 0), (12, 5), (13, 7)):
        made.push(pod, pod, priority, 0)
    assert drained(made) == [11, 13, 12, 10]


def test_a_key_is_taken_when_a_pod_is_pushed_and_when_it_is_woken() -> None:
    keys = {10: 1, 11: 2, 12: 3}
    made = Queue(keys.__getitem__)
    for pod in keys:
        made.push(pod, pod, 0, 0)
    keys |= {10: 9, 12: 0}
    assert made.peek() == 10  # as when they were pushed
    assert fail(made) == 10
    sleep(made, 12)
    made.wake(12)
    made.wake(10)
    assert drained(made) == [12, 11, 10]


class Slow:
    """A list that is searched whole."""

    def __init__(self) -> None:
        self.waiting: list[tuple[int, int, int, int]] = []  # (-priority, time, pod, class), pods numbered as pushed
        self.asleep: set[int] = set()

    def next(self) -> tuple[int, int, int, int] | None:
        return min((each for each in self.waiting if each[3] not in self.asleep), default=None)


PRIORITY = {0: 0, 1: 5, 2: 0, 3: 0}
STEP = st.sampled_from(["push", "push", "push", "take", "fail", "sleep", "wake", "wake", "tick"])
STEPS = st.lists(st.tuples(STEP, st.integers(0, 3)), min_size=10, max_size=60)


@given(STEPS)
def test_the_queue_does_as_a_list_that_is_searched_whole(steps: Iterable[tuple[str, int]]) -> None:
    fast, slow, now, known = Queue(), Slow(), 0, set()
    for pod, (step, cls) in enumerate(steps):
        match step:
            case "push":
                fast.push(pod, cls, PRIORITY[cls], now)
                slow.waiting.append((-PRIORITY[cls], now, pod, cls))
                known.add(cls)
            case "take" if (first := slow.next()) is not None:
                fast.take()
                slow.waiting.remove(first)
            case "fail" if (first := slow.next()) is not None:
                fail(fast)
                slow.asleep.add(first[3])
            case "sleep" if cls in known:
                sleep(fast, cls)
                slow.asleep.add(cls)
            case "wake" if cls in slow.asleep:
                fast.wake(cls)
                slow.asleep.discard(cls)
            case "tick":
                now += 1
        first = slow.next()
        assert fast.peek() == (None if first is None else first[2])
        assert {cls for cls in known if cls in fast.asleep} == slow.asleep
        assert len(fast) == len(slow.waiting)


def test_a_pod_that_fails_alone_leaves_its_class_to_be_tried() -> None:
    made = queue((10, 0, 0, 1), (11, 0, 0, 2), (12, 1, 0, 3))
    assert made.peek() == 10
    assert fail_alone(made) == -11
    assert (-11 in made.asleep, len(made.asleep)) == (True, 1)
    assert made.peek() == 11
    made.take()
    made.wake(-11)
    assert drained(made) == [10, 12]  # at its former place
    assert len(made) == 0


def test_a_pod_that_fails_alone_again_stays_by_itself() -> None:
    made = queue((10, 0, 0, 1))
    made.peek()
    fail_alone(made)
    made.push(11, 0, 0, 2)
    assert made.peek() == 11
    made.wake(-11)
    assert made.peek() == 10
    assert fail_alone(made) == -11
    assert drained(made) == [11]
