"""Typical pods: the classes by which fragmentation is measured, found in a workload, and as arrays.

Source: as `schedlab.cluster.derived.fragmentation`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.derived.kept import Column
from schedlab.cluster.devices import SHARED, asked
from schedlab.objects import pod_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster.rows import Floats
    from schedlab.objects import Pod

SHARE = 0.95  # of all pods that the typical classes make up


class Typical(NamedTuple):
    """A class of pods: millicores, milli of each device, number of devices, and its part of all pods.

    Its pods go to nodes where ``label`` has one of ``values`` only; without a label, to any.
    """

    cpu: int
    milli: int
    devices: int
    weight: float
    label: str = ""
    values: tuple[str, ...] = ()


def typical_of(templates: Sequence[Pod], counts: Iterable[int], share: float = SHARE) -> tuple[Typical, ...]:
    """Return the most frequent classes of pods that together make up ``share`` of them, weights adding up to 1.

    ``counts`` tells how many pods there are of each template. Of a pod's placement only the one label is looked at that
    a required node affinity names with its values. Classes are sorted by count, then by cpu, milli and devices, then by
    the text of the values, largest first.
    """
    requests = [pod_requests(pod) for pod in templates]
    pools = sorted({name.removesuffix(SHARED) for each in requests for name in each if name.endswith(SHARED)})
    total: Counter[tuple[int, int, int, str, tuple[str, ...]]] = Counter()
    for pod, each, count in zip(templates, requests, counts, strict=True):
        wanted = asked(each, pools)
        label, values = _label(pod) if wanted.devices else ("", ())
        total[each.get("cpu", 0), wanted.milli, wanted.devices, label, values] += int(count)
    ordered = sorted(total.items(), key=lambda each: (each[1], *each[0][:3], "|".join(each[0][4])), reverse=True)
    pods, taken, kept = total.total(), 0, []
    for key, count in ordered:
        if taken >= share * pods or not count:
            break
        taken += count
        kept.append((key, count))
    return tuple(
        Typical(cpu, milli, devices, (count / pods) / (taken / pods), label, values)
        for (cpu, milli, devices, label, values), count in kept
    )


def _label(pod: Pod) -> tuple[str, tuple[str, ...]]:
    affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
    terms = affinity.required.node_selector_terms if affinity and affinity.required else ()
    rules = [rule for term in terms for rule in term.match_expressions]
    if len(rules) == 1 and rules[0].operator == "In":
        return rules[0].key, tuple(rules[0].values)
    return "", ()


class Demands:
    """Typical classes as arrays: T of them, of which G ask for devices, with U different shares; hashed by value."""

    def __init__(self, classes: Iterable[Typical]) -> None:
        self.classes = tuple(classes)
        self._hash = hash(self.classes)
        sharing = [each for each in self.classes if each.devices]
        without = [each for each in self.classes if not each.devices]
        self.cpu, self.devices, self.weight = _columns(sharing, "cpu", "devices", "weight")  # (G, 1) each
        self.cpu_only, self.weight_only = _columns(without, "cpu", "weight")  # (T - G, 1)
        milli, self.at = np.unique([each.milli for each in sharing], return_inverse=True)
        self.milli: Floats = milli.astype(float)[:, None]  # (U, 1); class i asks for milli[at[i]]
        self.bound = np.flatnonzero([bool(each.label) for each in sharing])  # the B that may not go anywhere
        self.rules = [(each.label, each.values) for each in sharing if each.label]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Demands) and self.classes == other.classes)

    def allowed(self, nodes: Any) -> NDArray[np.bool_] | None:
        """Return bool (B, N), which of the classes that name a label may go to which nodes; None if there are none."""
        return _allowed(nodes, self) if self.rules else None


def _columns(classes: list[Typical], *names: str) -> list[Floats]:
    return [np.array([getattr(each, name) for each in classes], float)[:, None] for name in names]


def _may_go(nodes: Any, demands: Demands) -> NDArray[np.bool_]:
    return np.stack(
        [np.isin(nodes.label(label), [nodes.code(label, value) for value in values]) for label, values in demands.rules]
    )


_allowed = Column(_may_go, reads=())
