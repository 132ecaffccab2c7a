"""The users' own form: a folder with pods.csv and nodes.csv; optional datasets.csv, usage.csv, node_events.csv.

Each file may end in .csv or .csv.gz. Units and columns: `schedlab.workload.tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.workload import options
from schedlab.workload.offered import offered_load
from schedlab.workload.tables.datasets import read_datasets
from schedlab.workload.tables.node_events import read_node_events
from schedlab.workload.tables.nodes import read_nodes
from schedlab.workload.tables.pods import read_pods
from schedlab.workload.tables.table import find_table, required_table
from schedlab.workload.tables.usage import read_usage
from schedlab.workload.workload import Workload

if TYPE_CHECKING:
    from pathlib import Path

NAME = "csv"


def claims(folder: Path | None) -> bool:
    """Say whether pods.csv or nodes.csv is there."""
    return folder is not None and any(find_table(folder, table) for table in ("pods", "nodes"))


def load(folder: Path | None, *, horizon: object = None, gang_wait: object = None) -> Workload:
    """Read a folder of CSV files.

    Parameters
    ----------
    folder
        Where pods.csv and nodes.csv are.
    horizon
        Where the replay stops: seconds, or a text such as "1.5h"; None: when all is done.
    gang_wait
        How long a gang may wait before it is given up, written likewise; None: for ever.

    Raises
    ------
    InputError
        Something in the files is wrong; the line names file, row and field.
    """
    if folder is None:
        raise InputError("the csv format has no trace of its own", mend="give the folder that holds pods.csv")
    end = None if horizon is None else options.time("horizon", horizon)
    nodes = read_nodes(required_table(folder, "nodes"))
    datasets = read_datasets(path, nodes) if (path := find_table(folder, "datasets")) else ()
    wait = None if gang_wait is None else options.time("gang_wait", gang_wait)
    pods, templates, tenants, jobs, gangs, unknown = read_pods(required_table(folder, "pods"), datasets)
    usage = read_usage(path, pods.names or ()) if (path := find_table(folder, "usage")) else None
    events = read_node_events(path, nodes) if (path := find_table(folder, "node_events")) else ()
    measured = end or int(pods.submit[-1])
    report = {
        "format": NAME,
        "nodes": len(nodes),
        "pods": len(pods),
        "templates": len(templates),
        "offered_load": offered_load(pods, templates, nodes, measured),
        "offered_load_over_s": measured / 1e6,
    }
    if unknown:
        report["walltimes_of_0_taken_as_unknown"] = unknown
    facts = folder.resolve().name, nodes, templates, pods, events, datasets, usage, end, report, tenants, jobs
    return Workload(*facts, min_available=gangs, gang_wait=wait)
