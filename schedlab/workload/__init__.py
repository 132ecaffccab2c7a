"""Workloads: what is replayed, and where it comes from.

load         `load_trace`: a name or a folder to a Workload
loaders/     one trace format a file, found by scanning (the contract is `Loader`)
canonical/   the canonical form: Parquet tables and a manifest
tables/      the users' own CSV files, one table a file
units        times and quantities as people write them
synthetic/   `generate`: machines, classes, run times, data, usage, tenants and jobs
stationary   arrivals at a stated load that begin in equilibrium: shared by openb and the generator
offered      offered load, as every loader reports it
walltimes    how long pods may run, and so stay
gangs        how many pods of a job must start together
templates    distinct pods out of columns
node_order   which node events can follow which
transforms/  Workload to Workload, one a file, found by scanning
recorded     makes a transform of a function
subset       some pods, some nodes: what transforms share
options      checks of the options of loaders and transforms
data         where traces are found: reference data, the user's cache, the checkout
catalog      the traces known by name, with licence and sha256
fetch        downloads into the cache
workload     the records
"""

from schedlab.objects.dataset import DataSet
from schedlab.workload.data import data_root
from schedlab.workload.load import load_trace
from schedlab.workload.synthetic import generate
from schedlab.workload.workload import FOREVER, NodeEvent, PodColumns, UsageCurves, Workload

__all__ = [
    "FOREVER",
    "DataSet",
    "NodeEvent",
    "PodColumns",
    "UsageCurves",
    "Workload",
    "data_root",
    "generate",
    "load_trace",
]
