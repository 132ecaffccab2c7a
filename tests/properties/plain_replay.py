"""The same world replayed slowly: plain objects, plain lists, one thing after the other.

Written apart from `schedlab.sim` and from its idea of what happens when; it shares the objects of a workload only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schedlab.objects import pod_requests
from schedlab.objects.node import RACK, ZONE
from schedlab.workload import FOREVER

SECOND = 1_000_000
BACK_OFF = [10, 20, 40, 80, 160, 320]  # seconds, after the first, second, ... failure
BYTES_PER_SECOND = {1: 1_250_000_000, 2: 625_000_000, 3: 125_000_000}


@dataclass
class Machine:
    name: str
    labels: dict
    capacity: dict
    cordoned: bool = False
    pods: list = field(default_factory=list)  # in binding order

    def free(self, resource):
        taken = len(self.pods) if resource == "pods" else sum(pod.asks.get(resource, 0) for pod in self.pods)
        return self.capacity.get(resource, 0) - taken

    def takes(self, pod):
        fits = all(amount <= self.free(resource) for resource, amount in pod.asks.items() if amount)
        return not self.cordoned and fits and self.free("pods") >= 1


@dataclass
class Task:
    row: int
    asks: dict
    priority: int
    kind: int  # its template
    duration: int
    dataset: object
    initial: bool
    curve: list  # (offset, memory)
    walltime: int
    attempt: int = 0
    queued: tuple = ()  # time when it came or last failed, and number in line
    failures: int = 0  # of this attempt to be placed
    aside: bool = False  # tried in vain, until something makes room
    machine: Machine | None = None
    running: bool = False
    started: int = 0
    using: float = 0
    waited: bool = False  # this attempt's wait is told
    over: bool = False


class PlainReplay:
    """``choose(pod, machines)`` picks among the machines that take the pod; they come in the order they joined."""

    def __init__(self, workload, choose, until):
        self.choose, self.until = choose, until
        self.known = {each.metadata.name: each for each in workload.nodes}
        first = {}
        for event in workload.node_events:
            first.setdefault(event.node, event.kind)
        self.machines = []
        for name in self.known:
            if first.get(name) != "add":
                self.join(name)
        self.measured = workload.usage is not None
        self.tasks = [self.task(workload, row) for row in range(len(workload.pods))]
        self.line = []  # tasks that wait
        self.room = False  # something may have made room since the line was last looked at
        self.looked = 0  # when it was last looked for those who have been aside for long
        self.number = 0
        self.agenda = []  # (time, what, ...), of one time in the order in which they were written down
        self.decisions = []  # (time, row, attempt, node, verb)
        for event in workload.node_events:
            self.agenda.append((event.time, event.kind, event.node))
        # what was known beforehand comes before what follows from it, arrivals come last
        self.arrivals = [(int(time), row) for row, time in enumerate(workload.pods.submit)]

    def task(self, workload, row):
        pods, usage = workload.pods, workload.usage
        template = workload.templates[pods.template[row]]
        dataset = workload.datasets[pods.dataset[row]] if pods.dataset[row] >= 0 else None
        curve = []
        if usage is not None:
            part = slice(usage.first[row], usage.first[row + 1])
            curve = list(zip(usage.offset[part].tolist(), usage.memory[part].tolist(), strict=True))
        asks, priority = pod_requests(template), template.spec.priority or 0
        kind, initial = int(pods.template[row]), bool(pods.initial[row])
        walltime = -1 if pods.walltime is None else int(pods.walltime[row])
        return Task(row, asks, priority, kind, int(pods.duration[row]), dataset, initial, curve, walltime)

    def join(self, name):
        node = self.known[name]
        capacity = {
            resource: quantity.milli_value() if resource == "cpu" else quantity.value()
            for resource, quantity in node.status.allocatable.items()
        }
        self.machines.append(Machine(name, node.metadata.labels, capacity))

    def machine(self, name):
        return next(machine for machine in self.machines if machine.name == name)

    def run(self):
        while True:
            times = [entry[0] for entry in self.agenda] + [time for time, _ in self.arrivals]
            times = [time for time in times if self.until is None or time <= self.until]
            if not times:
                return self.decisions
            self.instant(min(times))

    def instant(self, now):
        due = [entry for entry in self.agenda if entry[0] == now]
        self.agenda = [entry for entry in self.agenda if entry[0] != now]
        for _, what, *rest in due:
            if what == "finish":
                self.finish(*rest)
        for _, what, *rest in due:
            if what in ("add", "remove", "cordon", "uncordon"):
                self.node(now, what, *rest)
        for _, what, *rest in due:
            if what == "return":
                self.queue(now, *rest)
        for time, row in self.arrivals:
            if time == now:
                self.queue(now, self.tasks[row])
        self.arrivals = [(time, row) for time, row in self.arrivals if time != now]
        samples = [rest for _, what, *rest in due if what == "sample"]
        arrived = [rest for _, what, *rest in due if what == "data"]
        while True:
            self.sample(now, samples)
            bound = self.schedule(now)
            samples = self.begin(now, arrived, bound)
            if not samples:
                return
            arrived = []

    def finish(self, task, attempt):
        if task.attempt == attempt:
            self.leave(task)
            task.over = True

    def leave(self, task):
        self.room = True
        task.machine.pods.remove(task)
        task.machine, task.running, task.using = None, False, 0

    def node(self, now, what, name):
        self.room |= what in ("add", "uncordon")
        if what == "add":
            self.join(name)
        elif what == "remove":
            machine = self.machine(name)
            for task in list(machine.pods):
                self.fail(now, task)
            self.machines.remove(machine)
        else:
            self.machine(name).cordoned = what == "cordon"

    def fail(self, now, task):
        self.leave(task)
        task.attempt += 1
        task.waited = False
        if task.attempt <= len(BACK_OFF):
            self.agenda.append((now + BACK_OFF[task.attempt - 1] * SECOND, "return", task))
        else:
            task.over = True

    def queue(self, now, task):
        self.number += 1
        task.queued, task.failures, task.aside = (now, self.number), 0, False
        self.line.append(task)

    def sample(self, now, samples):
        pressed = []
        for task, attempt, index in samples:
            if not self.measured or task.attempt != attempt or not task.running:
                continue
            if task.curve:
                task.using = task.curve[index][1]
                if index + 1 < len(task.curve):
                    later = task.started + task.curve[index + 1][0]
                    self.agenda.append((later, "sample", task, attempt, index + 1))
            else:
                task.using = task.asks.get("memory", 0)
            pressed += [task.machine] if self.pressed(task.machine) and task.machine not in pressed else []
        for machine in pressed:
            self.relieve(now, machine)

    def pressed(self, machine):
        return sum(each.using for each in machine.pods) > machine.capacity["memory"]

    def relieve(self, now, machine):
        """Push out pods, first those above their request, by priority, then by the amount above it, then youngest."""
        victims = []
        for age, task in enumerate(machine.pods):
            above = task.using - task.asks.get("memory", 0)
            victims.append((0 if above > 0 else 1, task.priority, -above, -age, task))
        victims.sort(key=lambda victim: victim[:4])
        for *_, task in victims:
            if not self.pressed(machine):
                return
            if task.using:
                self.decisions.append((now, task.row, task.attempt, machine.name, "evict"))
                self.fail(now, task)

    def schedule(self, now):
        """Try those who wait in turn; once one of a kind has failed, its kind is out until something happens."""
        self.flush(now)
        if self.room:
            for task in self.line:
                task.aside = False
        self.room = False
        bound, failed = [], {task.kind for task in self.line if task.aside}
        for task in sorted((task for task in self.line if not task.aside), key=lambda task: turn(task, now)):
            machines = [machine for machine in self.machines if machine.takes(task)]
            if machines:
                task.machine = self.choose(task, machines)
                task.machine.pods.append(task)
                self.line.remove(task)
                self.decisions.append((now, task.row, task.attempt, task.machine.name, "bind"))
                bound.append(task)
                continue
            if task.kind not in failed and not task.waited:
                task.waited = True
                self.decisions.append((now, task.row, task.attempt, None, "wait"))
            failed.add(task.kind)
            self.put_aside(task, now)
        return bound

    def put_aside(self, task, now):
        task.queued, task.aside = (now, task.queued[1]), True
        task.failures += 1

    def flush(self, now):
        """Every 30 s those who have been aside for more than 300 s are tried again, in vain: nothing has happened."""
        for tick in range(self.looked, now, 30 * SECOND):
            for task in self.line:
                if task.aside and tick > task.queued[0] + 300 * SECOND:
                    self.put_aside(task, tick)
        self.looked = -(-now // (30 * SECOND)) * 30 * SECOND

    def begin(self, now, arrived, bound):
        """Let pods read, or run; return those that run now, as samples to take."""
        ready = [task for task, attempt in arrived if task.attempt == attempt]
        for task in bound:
            distance = self.distance(task)
            if distance:
                reading = -(-task.dataset.size * SECOND // BYTES_PER_SECOND[distance])
                self.agenda.append((now + reading, "data", task, task.attempt))
            else:
                ready.append(task)
        for task in ready:
            task.running, task.started = True, now
            ends = [span for span in (task.duration, task.walltime) if span != FOREVER]  # an unknown walltime is -1 too
            if ends:
                self.agenda.append((now + min(ends), "finish", task, task.attempt))
        return [(task, task.attempt, 0) for task in ready]

    def distance(self, task):
        """0 on a node with a replica, 1 in its rack, 2 in its zone, 3 elsewhere."""
        if task.dataset is None or task.initial:
            return 0
        here = task.machine
        found = [3]
        for level, name in task.dataset.replicas:
            if level == "node":
                for there in self.machines:
                    if there.name == name:
                        same = [there is here, shares(RACK, there, here), shares(ZONE, there, here), True]
                        found.append(same.index(True))
            elif level == "zone" and here.labels.get(ZONE) == name:
                found.append(2)
        return min(found)


def shares(label, one, other):
    return label in one.labels and one.labels[label] == other.labels.get(label)


def first_fit(task, machines):
    return machines[0]


def best_fit(task, machines):
    def left(machine):
        parts = []
        for resource in ("cpu", "memory"):
            capacity = machine.capacity[resource]
            parts.append((machine.free(resource) - task.asks.get(resource, 0)) / capacity if capacity else 0.0)
        return parts[0] + parts[1]

    return min(machines, key=left)  # the first of equals


def turn(task, now):
    """Who may go now, by priority and time; then who should wait longer, by the second in which that ends."""
    end = task.queued[0] + min(2 ** (task.failures - 1), 10) * SECOND if task.failures else 0
    end -= end % SECOND
    return (0, 0, -task.priority, *task.queued) if end <= now else (1, end, -task.priority, *task.queued)
