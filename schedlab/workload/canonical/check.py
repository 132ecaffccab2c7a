"""Whether a canonical trace is what its manifest says: files, digest, and facts of the content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.objects import pod_requests
from schedlab.workload.canonical.decode import decode
from schedlab.workload.canonical.files import sha256
from schedlab.workload.canonical.manifest import FILE, read_manifest
from schedlab.workload.offered import totals
from schedlab.workload.workload import FOREVER, LATER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schedlab.workload.workload import Workload


def facts(workload: Workload) -> dict[str, Any]:
    """Return counts, shares of what is not known, and requests of the pods at the start over capacity."""
    pods = workload.pods
    initial = np.bincount(pods.template[pods.initial], minlength=len(workload.templates)).tolist()
    asked = [(pod_requests(pod), count) for pod, count in zip(workload.templates, initial, strict=True) if count]
    unknown = {
        "duration": pods.duration == FOREVER,
        "tenant": pods.tenant is None or pods.tenant < 0,
        "job": pods.job is None or pods.job < 0,
    }
    unknown |= {name: column < 0 for name in LATER if (column := getattr(pods, name)) is not None}
    return {
        "pods": len(pods),
        "initial": int(pods.initial.sum()),
        "nodes": len(workload.nodes),
        "null_share": {name: round(float(np.mean(bad)), 6) for name, bad in unknown.items()},
        "requested_at_start": {
            name: round(sum(requests.get(name, 0) * count for requests, count in asked) / total, 6) if total else 0.0
            for name, total in totals(workload.nodes).items()
        },
    }


def differences(folder: Path) -> Iterator[str]:
    """Yield one line for each thing that is not as the manifest says.

    Raises
    ------
    InputError
        Manifest or tables cannot be read.
    """
    manifest = read_manifest(folder)
    for table in manifest.tables.values():
        for file in table.files:
            path = folder / file.path
            if path.is_file() and (found := sha256(path)) != file.sha256:
                yield f"{path}: its sha256 is {found}, and the manifest says {file.sha256}"
    workload = decode(folder, manifest)
    if (digest := workload.digest()) != manifest.digest:
        yield f"{folder / FILE}, field digest: the tables' digest is {digest}, and the manifest says {manifest.digest}"
    found_facts = facts(workload)
    for name, told in manifest.checks.items():
        if name in found_facts and found_facts[name] != told:
            yield f"{folder / FILE}, field checks.{name}: it is {found_facts[name]}, and the manifest says {told}"
