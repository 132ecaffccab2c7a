"""The published order of arrivals: which pods come one after the other, and the tie order of the nodes.

In the study all pods of a list arrive shuffled, then clones of some of them until 1.3 times all devices are asked for,
or some pods are left out where the list asks for more; nobody leaves. A sequence file (``.npz``) has for each seed
``arrival`` (rows of the pod list, in order), ``n_original`` (those from there on are clones), ``node_rank`` (of the
rows of the node list) and ``requested_milli`` (of all arrivals).
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.errors import InputError
from schedlab.workload.data import VARIABLE, data_root
from schedlab.workload.workload import FOREVER, PodColumns, Workload

if TYPE_CHECKING:
    import os
    from typing import Any

    from numpy.typing import NDArray

    from schedlab.objects import Node
    from schedlab.workload.loaders.openb.files import PodList

APART = 10**6  # us between arrivals
_NAMES = ("arrival", "node_rank", "n_original", "requested_milli")
_MEND = "name the file that was made for these lists"


class Sequence(NamedTuple):
    """Arrivals as rows of a pod list (A,), how many of them are no clones, and the rank of each row of a node list."""

    path: Path
    seed: int
    arrival: NDArray[np.int64]
    originals: int
    node_rank: NDArray[np.int64]
    requested_milli: int


def sequence_file(sequence: str | os.PathLike[str], variant: str) -> Path:
    """Return the path of a sequence file; "reference" is that of the reference data for a pod list."""
    if sequence != "reference":
        return Path(sequence)
    root = data_root()
    if root is None:
        raise InputError("the reference data is not here", field="sequence", mend=f"set {VARIABLE} to its folder")
    # the gpuspec lists are the default list with models: same names and amounts, so the same order
    own = "default" if variant.startswith("gpuspec") else variant
    return root / "reference" / "openb-fgd" / "sequences" / f"openb_{own}.npz"


def read_sequence(path: Path, seed: int) -> Sequence:
    """Read one seed's sequence.

    Raises
    ------
    InputError
        It is no such file, or has no such seed.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            seeds = sorted(int(each[8:]) for each in file.files if re.fullmatch(r"arrival_-?\d{1,18}", each))
            if seed not in seeds:
                mend = f"it has {', '.join(map(str, seeds)) or 'none'}"
                raise InputError(f"there is no seed {seed}", file=path, field="seed", mend=mend)
            found = {name: _integers(path, file, f"{name}_{seed}") for name in _NAMES}
    except FileNotFoundError:
        raise InputError("there is no such file", file=path, mend="name a sequence file") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("this is no sequence file", file=path, mend="name an .npz file of sequences") from error
    for name, dimensions in zip(_NAMES, (1, 1, 0, 0), strict=True):
        if found[name].ndim != dimensions:
            raise InputError(f"it has shape {found[name].shape}", file=path, field=f"{name}_{seed}", mend=_MEND)
    arrival, rank, originals, milli = found.values()
    return Sequence(path, seed, arrival, int(originals), rank, int(milli))


def _integers(path: Path, file: Any, name: str) -> NDArray[np.int64]:
    if name not in file.files:
        raise InputError("it is missing", file=path, field=name, mend="name an .npz file of sequences")
    if file[name].dtype.kind not in "iu":
        raise InputError(f"it holds {file[name].dtype}", file=path, field=name, mend="write whole numbers")
    found: NDArray[np.int64] = file[name].astype(np.int64)
    return found


def arrivals(name: str, pods: PodList, nodes: tuple[Node, ...], sequence: Sequence, report: dict[str, Any]) -> Workload:
    """Return the workload in which the pods of a list arrive in sequence, a second apart, and stay.

    The nodes come in the order of their ranks, so that ties go as in the study.

    Raises
    ------
    InputError
        The sequence is not one of these pods and nodes.
    """
    _check(pods, nodes, sequence)
    rows = sequence.arrival
    names = [pods.names[row] for row in rows.tolist()]
    for clone in range(sequence.originals, len(rows)):
        names[clone] += f"-clone-{clone}"
    columns = PodColumns(
        submit=APART * np.arange(len(rows)),
        duration=np.full(len(rows), FOREVER),
        template=pods.template[rows],
        dataset=np.full(len(rows), -1, np.int32),
        initial=np.zeros(len(rows), np.bool_),
        names=names,
    )
    ordered = tuple(nodes[at] for at in np.argsort(sequence.node_rank).tolist())
    report = report | {"pods": len(rows), "clones": len(rows) - sequence.originals}
    listed = np.bincount(pods.template, minlength=len(pods.templates))
    return Workload(name, ordered, pods.templates, columns, report=report, listed=listed)


def _check(pods: PodList, nodes: tuple[Node, ...], sequence: Sequence) -> None:
    rows, rank, count = sequence.arrival, sequence.node_rank, len(pods.names)
    first = rows[: sequence.originals]

    def fault(problem: str) -> InputError:
        lists = f"{pods.table.path.name} ({count} pods) and {len(nodes)} nodes"
        return InputError(f"it is not a sequence of {lists}: {problem}", file=sequence.path, mend=_MEND)

    if not np.array_equal(np.sort(rank), np.arange(len(nodes))):
        raise fault(f"it ranks {len(rank)} nodes" if len(rank) != len(nodes) else "its node ranks are not 0, 1, ...")
    if not 0 < sequence.originals <= len(rows):
        raise fault(f"{sequence.originals} of its {len(rows)} arrivals are no clones")
    if rows.min() < 0 or rows.max() >= count:
        raise fault(f"it names row {rows.max() if rows.max() >= count else rows.min()}")
    if len(np.unique(first)) < len(first):
        raise fault("a pod arrives twice before the clones do")
    if len(first) < count and len(rows) > len(first):
        raise fault(f"clones come, but only {len(first)} of the pods")
    if (total := int(pods.gpu_milli[rows].sum())) != sequence.requested_milli:
        raise fault(f"they ask for {total} milli in this order, it says {sequence.requested_milli}")
