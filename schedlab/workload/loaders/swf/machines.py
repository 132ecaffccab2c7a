"""The nodes of a log: from a ``.machines`` file beside it, else from its header's MaxNodes and MaxProcs.

A line of a ``.machines`` file holds, tab separated, number and name of a cluster, its nodes, CPUs of a node, speed, and
KiB of memory of a node (the form of the simulator Alea: D. Klusacek and H. Rudova, Alea 2: Job Scheduling Simulator,
SIMUTools 2010).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from schedlab.errors import InputError
from schedlab.workload.loaders.swf.log import stem
from schedlab.workload.tables.nodes import PODS, node
from schedlab.workload.units import MAX_CAPACITY, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schedlab.objects import Node
    from schedlab.workload.loaders.swf.log import Log

CLUSTER, CPUS = "cluster", "nodecpus"  # labels of nodes
MOST = 1_000_000  # nodes
_FORM = "write cluster number, name, nodes, CPUs a node, speed and KiB of memory a node"


class Machines(NamedTuple):
    """Some equal nodes, called after their cluster and numbered from ``first``."""

    cluster: str
    first: int
    size: int
    cpus: int
    memory: int  # bytes; 0: not known

    def names(self) -> list[str]:
        """Return the names of the nodes."""
        mark = "-" if self.cluster[-1].isdigit() else ""
        return [f"{self.cluster}{mark}{number}" for number in range(self.first, self.first + self.size)]

    def nodes(self) -> list[Node]:
        """Return the nodes; the number of pods never limits them."""
        amounts = {"cpu": 1000 * self.cpus, "memory": self.memory, "pods": max(PODS, self.cpus)}
        amounts = {name: amount for name, amount in amounts.items() if amount}
        return [node(name, amounts, {CLUSTER: self.cluster, CPUS: str(self.cpus)}) for name in self.names()]


def machines_file(log: Path) -> Path | None:
    """Return the ``.machines`` file of a log: that of its name, or of the longest name that its own begins with.

    So ``hpc2n.swf.machines`` goes with ``HPC2N-2002-1.1-cln.swf``.
    """
    found: dict[str, Path] = {}
    wanted = stem(log).lower()
    for path in log.parent.glob("*.machines"):
        name = path.name.removesuffix(".machines").removesuffix(".swf").lower()
        if wanted == name or wanted.startswith((f"{name}-", f"{name}.")):
            found[name] = path
    return found[max(found, key=len)] if found else None


def machines_of(log: Log, path: Path | None) -> tuple[Machines, ...]:
    """Return the machines of a log.

    Raises
    ------
    InputError
        A line of the file is wrong, or there is no file and the header does not say.
    """
    if path is None:
        return _of_header(log)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", file=path, mend="copy it again") from None
    found = [_of_line(path, number, text) for number, text in enumerate(lines, start=1) if text.strip()]
    _check(path, found)
    return tuple(found)


def _of_line(path: Path, number: int, text: str) -> Machines:
    cells = text.split("\t") if "\t" in text else text.split()
    if len(cells) < 6:
        raise InputError(f"{len(cells)} fields, not 6", file=path, row=number, mend=_FORM)
    name, amounts = cells[1].strip(), []
    for field, cell, most in (("nodes", cells[2], MOST), ("CPUs", cells[3], 2**20), ("memory", cells[5], 2**36)):
        if not re.fullmatch(r"\s*\d{1,12}\s*", cell) or not 0 < int(cell) <= most:
            problem = f"{quoted(cell)} is not between 1 and {most}"
            raise InputError(problem, file=path, row=number, field=field, mend=_FORM)
        amounts.append(int(cell))
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,40}[A-Za-z0-9])?", name):
        mend = "write letters and digits: with a number behind it is a node's name"
        raise InputError(f"{quoted(name)} is no name", file=path, row=number, field="name", mend=mend)
    return Machines(name, 1, amounts[0], amounts[1], amounts[2] << 10)


def _check(path: Path, found: Sequence[Machines]) -> None:
    if not found:
        raise InputError("there are no machines", file=path, mend=_FORM)
    names = [each.cluster for each in found]
    for number, name in enumerate(names, start=1):
        if names.index(name) < number - 1:
            raise InputError(f"the cluster {quoted(name)} stands twice", file=path, field="name", mend="name each once")
    if (total := sum(each.size for each in found)) > MOST:
        raise InputError(f"{total} nodes", file=path, field="nodes", mend=f"give at most {MOST}")


def _of_header(log: Log) -> tuple[Machines, ...]:
    """Return nodes that hold MaxProcs in all, as evenly as may be; with MaxNodes not told, one CPU each."""
    told = {key: _count(log, key) for key in ("MaxNodes", "MaxProcs")}
    cpus = told["MaxProcs"] or told["MaxNodes"]
    count = min(told["MaxNodes"] or cpus, cpus)
    if not count:
        mend = f"put a file {stem(log.path)}.machines beside it, or write a line such as '; MaxProcs: 128'"
        raise InputError("the header tells neither MaxNodes nor MaxProcs", file=log.path, mend=mend)
    each, more = divmod(cpus, count)
    groups = (Machines("node", 1, more, each + 1, 0), Machines("node", 1 + more, count - more, each, 0))
    return tuple(group for group in groups if group.size)


def _count(log: Log, key: str) -> int:
    number = re.match(r"\d{1,9}", log.header.get(key, ""))
    found = int(number[0]) if number else 0
    if found > MOST or found * 1000 > MAX_CAPACITY:
        raise InputError(f"{found} is more than {MOST}", file=log.path, field=key, mend="correct the header")
    return found
