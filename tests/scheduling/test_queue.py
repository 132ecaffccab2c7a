"""The queue, one rule a story: who is next, who backs off, who sleeps, and who wakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scheduling.lines import CURSOR, Line

from schedlab.scheduling.queue import Lengths, Queue
from schedlab.scheduling.retries import SECOND
from schedlab.scoring.backoff import KUBERNETES, NO_BACKOFF, Backoff

if TYPE_CHECKING:
    from schedlab.scheduling.group import Group


def test_an_empty_queue_has_nothing_to_try() -> None:
    queue = Queue()
    assert queue.pop(0) is None
    assert len(queue) == 0
    assert queue.lengths() == (0, 0, 0)


# who is next


def test_first_come_first_served_across_classes() -> None:
    line = Line()
    for pod, at in ((10, 5), (11, 6), (12, 7), (13, 8)):
        line.push(pod, at, cls=pod % 2)
    assert line.placing(8) == [10, 11, 12, 13]
    assert len(line.queue) == 0


def test_who_comes_at_the_same_time_keeps_the_order_of_pushing() -> None:
    line = Line()
    for pod in (12, 11, 10):
        line.push(pod, 5)
    assert line.placing(5) == [12, 11, 10]


def test_higher_priorities_go_first_whenever_they_come() -> None:
    line = Line()
    for pod, at, priority in ((10, 1, 0), (11, 9, 100), (12, 0, -5), (13, 10, 100)):
        line.push(pod, at, priority)
    assert line.placing(10) == [11, 13, 10, 12]


def test_who_was_tried_goes_behind_its_equals_that_came_before_the_trial() -> None:
    line = Line()
    line.push(1, 0)
    assert line.failing(4) == [1]
    line.push(2, 3)  # after pod 1 came, before it was tried
    line.push(3, 4)
    line.push(4, 5)
    line.wake(6, 1)
    assert line.placing(6) == [2, 1, 3, 4]  # 1 and 3 are of one time: 1 has the lower number in line


def test_waking_is_no_trial_the_place_is_that_of_the_failure() -> None:
    line = Line()
    for pod in (1, 2):
        line.push(pod, 0)
        line.pop(pod)
        line.fail(pod)
    line.wake(8, 2)
    line.wake(9, 1)
    assert line.placing(9) == [1, 2]


def test_a_key_stands_in_for_the_priority_and_equals_keep_their_order() -> None:
    line = Line(key={10: 3, 11: 1, 12: 2, 13: 1}.__getitem__)
    for pod, priority in ((10, 100), (11, 0), (12, 5), (13, 7)):
        line.push(pod, 0, priority)
    assert line.placing(0) == [11, 13, 12, 10]


def test_a_key_is_taken_when_a_pod_is_pushed_and_when_it_is_woken() -> None:
    keys = {10: 1, 11: 2, 12: 3}
    line = Line(key=keys.__getitem__, backoff=NO_BACKOFF)
    for pod in keys:
        line.push(pod, 0)
    keys |= {10: 9, 12: 0}
    assert line.pop(0) == 10  # as when they were pushed
    line.fail(0)
    line.wake(0, 10)
    assert line.placing(0) == [11, 12, 10]


# backing off


def test_backoff_doubles_from_one_second_to_ten() -> None:
    ends = [KUBERNETES.expiry(100 * SECOND, failures) / SECOND for failures in range(8)]
    assert ends == [0, 101, 102, 104, 108, 110, 110, 110]
    assert KUBERNETES.limit == 5
    assert NO_BACKOFF.expiry(100 * SECOND, 7) == 100 * SECOND
    assert Backoff(3 * SECOND, 3 * SECOND).expiry(0, 9) == 3 * SECOND


def test_backoff_ends_with_the_second_in_which_it_is_over() -> None:
    assert KUBERNETES.expiry(100_999_999, 1) == 101 * SECOND  # after a microsecond
    assert KUBERNETES.expiry(101_000_000, 1) == 102 * SECOND
    assert KUBERNETES.expiry(100_500_000, 3) == 104 * SECOND


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10)])
def test_who_failed_so_often_may_not_go_before_the_backoff_is_over(failures: int, seconds: int) -> None:
    line = Line()
    line.push(1, 0)
    for _ in range(failures):
        assert line.failing(100) == [1]
        line.wake(100, 1)
    others = iter(range(2, 100))
    for at in (100, 100 + seconds - 0.000_001):
        pod = next(others)
        line.push(pod, at, -5)
        assert line.pop(at) == pod  # the lowest priority, but somebody is active
        line.queue.placed(int(at * SECOND))
    line.push(99, 100 + seconds, -5)
    assert line.placing(100 + seconds) == [1, 99]


def test_where_nobody_is_active_the_first_that_backs_off_is_taken_early() -> None:
    line = Line()
    for pod, priority in ((1, 0), (2, 7), (3, 0)):
        line.push(pod, 0, priority)
    for failed in (0, 0, 0.2):
        line.pop(failed)
        line.fail(failed)
    line.wake(0.3, 1, 2, 3)
    line.push(4, 0.4)
    assert line.queue.lengths() == Lengths(1, 3, 0)
    # 4 is active; then by the second in which the backoff ends, and of one second (all end at 1 s) by priority
    assert line.placing(0.4) == [4, 2, 1, 3]


def test_the_second_goes_before_the_priority_while_they_back_off_and_not_when_it_is_over() -> None:
    line = Line()
    line.push(1, 0)
    line.push(2, 0, priority=7)
    line.failing(0)
    line.wake(0, 2)
    line.failing(0)  # pod 2 failed twice: until 2 s
    line.wake(0, 1, 2)
    assert line.pop(0.5) == 1
    line.fail(0.5)  # until 2 s as well
    line.wake(0.5, 1)
    assert line.placing(0.5) == [2, 1]

    line = Line()
    line.push(1, 0)
    line.failing(0)
    line.push(2, 0, priority=7)
    line.failing(0)
    line.wake(0, 2)
    line.failing(0)
    line.wake(0, 1, 2)
    assert line.placing(2) == [2, 1]


def test_nobody_is_taken_early_twice_while_others_wait_that_are_active() -> None:
    line = Line()
    line.push(1, 0)
    assert line.failing(0) == [1]
    line.wake(0, 1)
    assert line.failing(0.5) == [1]  # early
    line.wake(0.5, 1)
    for pod in (2, 3):
        line.push(pod, 0.6)
    assert line.placing(0.6) == [2, 3, 1]


# classes


def test_a_class_that_failed_sleeps_whole() -> None:
    line = Line()
    for pod, cls in ((10, 0), (11, 0), (12, 1)):
        line.push(pod, pod, cls=cls)
    assert line.pop(20) == 10
    line.fail(20)
    assert line.groups[0] in line.queue.asleep
    assert line.placing(20) == [12]
    assert (len(line.queue), line.queue.lengths()) == (2, (0, 0, 2))


def test_part_of_a_class_may_be_placed_before_it_fails() -> None:
    line = Line()
    for pod in (10, 11, 12):
        line.push(pod, 0, cls=0)
    assert line.pop(1) == 10
    line.queue.placed(SECOND)
    assert line.pop(1) == 11
    line.fail(1)
    assert line.pop(1) is None
    line.wake(2, 0)
    assert line.placing(2) == [11, 12]


def test_who_joins_a_sleeping_class_has_failed_with_it() -> None:
    line = Line()
    line.push(10, 1, cls=0)
    line.failing(1)
    line.push(11, 2.5, cls=0)
    assert line.pop(2.5) is None
    line.push(12, 2.2, cls=1)
    line.wake(2.6, 0)
    assert line.queue.lengths() == (2, 1, 0)  # 10 may go since 2 s, 11 not before 3 s
    assert line.placing(2.6) == [10, 12, 11]


def test_who_joins_a_class_that_backs_off_is_tried_at_once() -> None:
    line = Line()
    line.push(10, 1, cls=0)
    line.failing(1)
    line.wake(1, 0)
    line.push(11, 1, cls=0)
    assert line.pop(1) == 11
    line.fail(1)  # the other has failed as well, though it was backing off
    assert line.queue.lengths() == (0, 0, 2)
    assert line.pop(1) is None
    line.wake(1, 0)
    assert [len(each) for each in line.groups[0].cohorts] == [1, 1]  # one failed twice


def test_what_a_class_went_through_while_it_slept_is_found_out_when_it_wakes() -> None:
    line = Line()
    line.push(1, 0)
    line.failing(0)
    (sleepers,) = line.queue.asleep
    for at in (10, 20, 30):  # something happened, but not for them
        line.queue.settle([sleepers], at * SECOND, CURSOR)
    line.push(2, 25)
    line.wake(31, 1)
    (cohort,) = line.groups[1].cohorts
    assert (cohort.stamp, cohort.failures) == (30 * SECOND, 4)
    assert line.queue.lengths() == (1, 1, 0)  # four failures: until 38 s
    assert line.placing(31) == [2, 1]


def test_whom_something_hinted_at_in_vain_loses_the_hints() -> None:
    line = Line()
    for pod in (1, 2):
        line.push(pod, 0)
    line.pop(0)
    line.fail(0, hints=frozenset({"node"}))
    line.pop(0)
    line.fail(0, hints=None)
    hinted = line.queue.asleep.bed(line.groups[1])
    assert hinted is not None
    assert hinted is not line.queue.asleep.open
    line.queue.settle([hinted], 3 * SECOND, (0, 0, 0, 1))
    assert line.queue.asleep.bed(line.groups[1]) is line.queue.asleep.bed(line.groups[2])
    line.wake(3, 1, 2)
    assert [(each.cohorts[0].stamp, each.cohorts[0].failures) for each in line.groups.values()] == [
        (3 * SECOND, 2),
        (0, 1),
    ]


def test_who_is_given_hope_in_the_middle_of_a_sweep_is_as_it_was_before_and_only_if_its_turn_is_to_come() -> None:
    """Three classes sleep. At 20 s two hear something in vain; the one between them is really tried."""
    line = Line(backoff=NO_BACKOFF)
    for pod in (1, 2, 3):
        line.push(pod, 0)
    assert line.failing(1) == [1, 2, 3]
    line.wake(20, 2)
    line.queue.settle(list(line.queue.asleep), 20 * SECOND, CURSOR)
    assert line.pop(20) == 2
    before, after = line.groups[1], line.groups[3]
    assert not line.queue.is_to_come(before, 20 * SECOND)
    assert line.queue.is_to_come(after, 20 * SECOND)
    assert not line.queue.is_to_come(after, 21 * SECOND)  # nothing is heard then
    line.queue.wake(after, 20 * SECOND, unheard=1)
    (cohort,) = after.cohorts
    assert (cohort.stamp, cohort.failures) == (SECOND, 1)


# pods by themselves


def fail_alone(line: Line, at: float) -> Group:
    """Let the pod that is tried fail, but not its class."""
    group = line.queue.part()
    line.queue.failed(group, int(at * SECOND))
    line.queue.sleep(group, None, CURSOR, firm=False)
    return group


def test_a_pod_that_fails_alone_leaves_its_class_to_be_tried() -> None:
    line = Line(backoff=NO_BACKOFF)
    for pod, cls in ((10, 0), (11, 0), (12, 1)):
        line.push(pod, pod, cls=cls)
    assert line.pop(20) == 10
    alone = fail_alone(line, 20)
    assert (alone.alone, alone.cls, alone in line.queue.asleep) == (True, 0, True)
    assert len(line.queue) == 3
    assert line.pop(20) == 11
    line.queue.placed(20 * SECOND)
    line.queue.wake(alone, 21 * SECOND)
    assert line.placing(21) == [12, 10]
    assert len(line.queue) == 0


def test_a_pod_that_fails_alone_again_stays_by_itself() -> None:
    line = Line(backoff=NO_BACKOFF)
    line.push(10, 1, cls=0)
    line.pop(1)
    alone = fail_alone(line, 1)
    line.push(11, 2, cls=0)
    assert line.placing(2) == [11]
    line.queue.wake(alone, 3 * SECOND)
    assert line.pop(3) == 10
    assert fail_alone(line, 3) is alone
    assert line.queue.lengths() == (0, 0, 1)


def test_who_backs_off_still_does_when_its_first_goes_alone() -> None:
    line = Line()
    for pod in (10, 11, 12):
        line.push(pod, 0, cls=0)
    line.failing(0)
    line.wake(0, 0)
    assert line.pop(0.5) == 10  # early
    fail_alone(line, 0.5)
    assert line.queue.lengths() == (0, 2, 1)
    line.push(13, 0.5)
    assert line.placing(0.5) == [13, 11, 12]


@pytest.mark.parametrize("asleep", [False, True])
def test_a_pod_may_go_back_to_its_class(asleep: bool) -> None:
    line = Line(backoff=NO_BACKOFF)
    for pod in (10, 11):
        line.push(pod, 0, cls=0)
    line.pop(1)
    alone = fail_alone(line, 1)
    line.pop(1)
    if asleep:
        line.fail(1)
    else:
        line.queue.placed(SECOND)
    line.queue.wake(alone, 2 * SECOND)
    assert line.pop(2) == 10
    group = line.groups[0]
    line.queue.rejoin(group, 2 * SECOND)
    if not asleep:
        line.queue.failed(group, 2 * SECOND)
        line.queue.sleep(group, None, CURSOR, firm=True)
    assert group.pods() == [10, 11][: 1 + asleep]
    assert line.queue.lengths() == (0, 0, 1 + asleep)
    line.wake(3, 0)
    assert sorted((each.stamp, each.failures) for each in group.cohorts) == [
        *[(SECOND, 1)] * asleep,
        (2 * SECOND, 1),
    ]  # without backoff nobody counts failures
    assert line.placing(3) == [11, 10][1 - asleep :]


# gangs


def test_a_gang_is_one_unit_at_the_place_of_its_first_member() -> None:
    line = Line()
    line.push(1, 0)
    for pod in (10, 11, 12):
        line.push(pod, pod / 10, cls=0, gang=4)
    line.push(2, 1.05)
    assert line.pop(3) == 1
    line.queue.placed(3 * SECOND)
    assert line.pop(3) == 10
    assert line.groups[0].pods() == [10, 11, 12]
    line.queue.placed(3 * SECOND, 3)
    assert line.placing(3) == [2]
    assert len(line.queue) == 0


def test_a_gang_that_fails_sleeps_whole_and_a_late_member_joins_it() -> None:
    line = Line()
    for pod in (10, 11):
        line.push(pod, pod, cls=0, gang=4)
    assert line.failing(12) == [10]
    line.push(12, 13, cls=0, gang=4)
    assert line.queue.lengths() == (0, 0, 3)
    line.wake(14, 0)
    assert line.queue.lengths() == (3, 0, 0)
    assert line.pop(14) == 10
    assert line.groups[0].pods() == [10, 11, 12]


def test_forgotten_pods_wait_no_more_wherever_they_are() -> None:
    line = Line()
    for pod in range(6):
        line.push(pod, 0, cls=pod // 2)
    for _ in range(2):
        line.pop(0)
        line.fail(0)
    line.wake(0, 1)
    assert line.queue.lengths() == (2, 2, 2)
    for cls, left in ((0, (2, 2, 0)), (1, (2, 0, 0)), (2, (0, 0, 0))):
        line.queue.forget(line.groups[cls])
        assert line.queue.lengths() == left
    assert line.pop(0) is None
    assert len(line.queue) == 0


def test_lengths_tell_where_pods_are() -> None:
    line = Line()
    for pod in range(4):
        line.push(pod, 0)
    assert line.queue.lengths() == Lengths(active=4, backoff=0, unschedulable=0)
    line.pop(0)
    assert line.queue.lengths() == (4, 0, 0)  # who is being tried is still active
    line.fail(0)
    assert line.queue.lengths() == (3, 0, 1)
    line.wake(0, 0)
    assert line.queue.lengths() == (3, 1, 0)
    line.queue.pop(SECOND)
    assert line.queue.lengths() == (4, 0, 0)
