"""Node specifications of PBS, ``N:ppn=P:property#excl``, joined by ``+``: which nodes a job asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from schedlab.objects.node import HOSTNAME
from schedlab.workload.loaders.swf.machines import CLUSTER, CPUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.workload.loaders.swf.machines import Machines


class Rule(NamedTuple):
    """What a node's label has to be, or with ``wanted`` False must not be."""

    label: str
    wanted: bool
    value: str


class Chunk(NamedTuple):
    """So many pods of so many CPUs each, on nodes that obey all rules."""

    pods: int
    cpus: int
    rules: tuple[Rule, ...] = ()


class NodeSpec(NamedTuple):
    """A specification: what is asked for, and the properties of which the machines cannot tell which node has them."""

    chunks: tuple[Chunk, ...]
    ignored: tuple[str, ...]

    @property
    def cpus(self) -> int:
        """How many CPUs are asked for in all; of a whole node those that were named."""
        return sum(chunk.pods * chunk.cpus for chunk in self.chunks)


class Reader:
    """Reads specifications for some machines, which know clusters (``cl_NAME``), ``nodecpusN`` and hosts."""

    def __init__(self, machines: Sequence[Machines]) -> None:
        self._machines = machines
        self._clusters = {each.cluster for each in machines}
        self._cpus = {str(each.cpus) for each in machines}
        self._hosts = {name: each for each in machines for name in each.names()}

    def read(self, text: str) -> NodeSpec | None:
        """Return what a specification asks for, None if it cannot be read."""
        body, *flags = text.split("#")
        ignored = Counter(f"#{flag}" for flag in flags if flag != "excl")
        chunks = []
        for part in body.split("+"):
            head, *rest = part.split(":")
            tokens = rest if head.isdecimal() else [head, *rest]  # where no number stands, it is one node
            ppn = [token[4:] for token in tokens if token.startswith("ppn=")] or ["1"]
            if not ppn[0].replace(".", "", 1).isdecimal() or not 0 < float(ppn[0]) <= 10**6:
                return None
            rules = []
            for token in tokens:
                if not token.startswith("ppn="):
                    rule = self._rule(token)
                    rules += [rule] if rule else []
                    ignored[token.partition("=")[0]] += rule is None
            count = int(head) if head.isdecimal() else 1
            if not 0 < count <= 10**6:
                return None
            chunks.append(Chunk(count, max(1, int(float(ppn[0]))), tuple(sorted(set(rules)))))
        return NodeSpec(tuple(chunks), tuple(name for name, count in ignored.items() if count))

    def whole(self, chunk: Chunk) -> Chunk:
        """Return the chunk that takes nodes whole: the smallest kind that it may go to, and all of its CPUs."""
        for size in sorted(each.cpus for each in self._machines if each.cpus >= chunk.cpus):
            rule = Rule(CPUS, True, str(size))
            if any(each.cpus == size for each in self.kinds(chunk.rules)):
                return Chunk(chunk.pods, size, tuple(sorted({*chunk.rules, rule})))
        return chunk

    def kinds(self, rules: Sequence[Rule]) -> Iterator[Machines]:
        """Yield the kinds of nodes of which some obey all rules."""
        for each in self._machines:
            labels = {CLUSTER: {each.cluster}, CPUS: {str(each.cpus)}, HOSTNAME: set(each.names())}
            for label, wanted, value in rules:
                labels[label] = labels[label] & {value} if wanted else labels[label] - {value}
            if all(labels.values()):
                yield each

    def _rule(self, token: str) -> Rule | None:
        name = token.removeprefix("^").removeprefix("host=")
        wanted, host = not token.startswith("^"), name.partition(".")[0]
        if name.removeprefix("cl_") in self._clusters:
            return Rule(CLUSTER, wanted, name.removeprefix("cl_"))
        if name.startswith(CPUS) and name.removeprefix(CPUS) in self._cpus:
            return Rule(CPUS, wanted, name.removeprefix(CPUS))
        return Rule(HOSTNAME, wanted, host) if host in self._hosts else None


def is_exclusive(text: str) -> bool:
    """Say whether a specification wants its nodes for itself."""
    return "excl" in text.split("#")[1:]
