"""A queue of classes that sleep through what is no hope for them, against one in which every pod is tried each time."""

import hypothesis.strategies as st
from hypothesis import given, settings
from properties.plain_queue import SECOND, PlainQueue

from schedlab.scheduling.group import Group
from schedlab.scheduling.queue import Queue

PRIORITY = (0, 5, 0, -3)
CLASSES = st.integers(0, len(PRIORITY) - 1)
SPANS = st.sampled_from([0, 1, 250_000, SECOND, 1_700_000, 4 * SECOND, 11 * SECOND, 100 * SECOND, 700 * SECOND])
# a sweep: which classes find room, for how many pods; who is woken for nothing; who loses hints
SWEEPS = st.tuples(st.just("sweep"), SPANS, st.dictionaries(CLASSES, st.integers(1, 3), max_size=2), st.sets(CLASSES))
PUSHES = st.tuples(st.just("push"), SPANS, CLASSES, st.integers(1, 3))
HINTS = st.sampled_from([None, frozenset({"node"})])


class Both:
    """The two queues, which are told the same and must place the same pods in the same order."""

    def __init__(self, hints):
        self.fast, self.slow = Queue(), PlainQueue()
        self.groups = [Group(cls, priority) for cls, priority in enumerate(PRIORITY)]
        self.hints, self.names = hints, 0

    def push(self, now, cls, count):
        self.slow.flush(now)
        for _ in range(count):
            self.fast.push(self.names, self.groups[cls], now)
            self.slow.push(self.names, cls, PRIORITY[cls], now)
            self.names += 1
        self.schedule(now, {})

    def sweep(self, now, room, woken):
        """Something happened: slowly all are tried; fast only those who have hope, and some who seem to."""
        self.slow.flush(now)
        self.slow.wake(now)
        asleep = self.fast.asleep
        for cls in {*room, *woken}:
            if self.groups[cls] in asleep:
                self.fast.wake(self.groups[cls], now)
        self.fast.settle(list(asleep), now, (0, 0, 0, 0))
        self.schedule(now, room)

    def schedule(self, now, room):
        placed = [], []
        left = dict(room)
        while (cohort := self.fast.pop(now)) is not None:
            group = cohort.group
            if left.get(group.cls):
                left[group.cls] -= 1
                placed[0].append(cohort.first.pod)
                self.fast.placed(now)
            else:
                self.fast.failed(group, now)
                self.fast.sleep(group, self.hints[group.cls], (0, 0, 0, 0), firm=True)
        left = dict(room)
        while (pod := self.slow.pop(now)) is not None:
            if left.get(pod.cls):
                left[pod.cls] -= 1
                placed[1].append(pod.name)
                self.slow.placed(pod)
            else:
                self.slow.failed(pod, now)
        assert placed[0] == placed[1]
        assert self.fast.lengths() == self.slow.lengths(now) == (0, 0, len(self.fast))

    def wake_all(self, now):
        """Wake all, and compare who backs off and in what order they go."""
        self.slow.flush(now)
        self.slow.wake(now)
        for group in self.groups:
            if group in self.fast.asleep:
                self.fast.wake(group, now)
        while len(self.fast):
            lengths = self.fast.lengths()
            first, expected = self.fast.pop(now), self.slow.pop(now)
            # who backs off is only looked at when the next one is asked for
            assert lengths[2] == 0
            assert (first.first.pod, first.stamp) == (expected.name, expected.stamp)
            assert first.failures == min(expected.failures, self.fast.backoff.limit)
            self.fast.placed(now)
            self.slow.placed(expected)
            assert self.fast.lengths() == self.slow.lengths(now)


@settings(max_examples=150)
@given(st.lists(PUSHES | SWEEPS, min_size=3, max_size=14), st.tuples(*[HINTS] * len(PRIORITY)), SPANS)
def test_sleeping_changes_nothing_but_the_work(steps, hints, last):
    both, now = Both(hints), 0
    for what, span, *rest in steps:
        now += span
        if what == "push":
            both.push(now, *rest)
        else:
            both.sweep(now, *rest)
    both.wake_all(now + last)


STEP = st.tuples(
    st.sampled_from(["push", "push", "pop", "place", "fail", "wake"]), SPANS.filter(lambda span: span < 60 * SECOND)
)


@settings(max_examples=150)
@given(st.lists(st.tuples(STEP, CLASSES), min_size=5, max_size=60))
def test_where_decisions_take_time_every_pod_is_where_it_would_be_in_a_list(steps):
    """Pods by themselves, that come and are woken while another is tried."""
    fast, slow, now, pod = Queue(), PlainQueue(), 0, 0
    tried, groups = None, {}
    for (what, span), cls in steps:
        now += span
        if what == "push":
            groups[pod] = Group(cls, PRIORITY[cls], alone=True)
            fast.push(pod, groups[pod], now)
            slow.push(pod, cls, PRIORITY[cls], now)
            pod += 1
        elif what == "pop" and tried is None:
            cohort, tried = fast.pop(now), slow.pop(now)
            assert (None if cohort is None else cohort.first.pod) == (None if tried is None else tried.name)
            if tried is not None:
                tried.place = "tried"
        elif what == "place" and tried is not None:
            fast.placed(now)
            slow.placed(tried)
            tried = None
        elif what == "fail" and tried is not None:
            fast.failed(groups[tried.name], now)
            fast.sleep(groups[tried.name], None, (0, 0, 0, 0), firm=False)
            slow.failed(tried, now)
            tried = None
        elif what == "wake":
            for each in slow.pods:
                if each.place == "aside":
                    fast.wake(groups[each.name], now)
            slow.wake(now)
        assert len(fast) == len(slow.pods)
        assert fast.lengths().unschedulable == sum(each.place == "aside" for each in slow.pods)
