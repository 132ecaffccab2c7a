"""The canonical form, "schedlab trace v1": a folder with ``manifest.json`` and one Parquet table a noun.

Times are int64 microseconds from the trace's start, cpu int64 millicores (usage: float32), everything else int64 units.
Ids number rows from 0. A null is "none".

================  ==========================================================================================
table             columns (* must be there)
================  ==========================================================================================
nodes             node_id*, object* (Kubernetes JSON), name, cap.R, alloc.R, zone, rack, labels, initial
node_events       t*, node_id*, type* (add, remove, cordon, uncordon)
specs             spec_id*, object* (Kubernetes JSON of a pod), req.R, lim.R, priority
pods              pod_id*, t_submit*, duration* (null: until deleted), spec_id*, bound* (runs at the start already),
                  name, dataset_id, tenant_id, job_id, walltime, deadline
tenants           tenant_id*, name*
jobs              job_id*, name*, min_available (so many pods start together)
usage             pod_id*, dt_start* (since the pod's start), cpu.avg*, mem.avg*
datasets          dataset_id*, name*, size*
dataset_replicas  dataset_id*, level* (node, rack, zone), place*
================  ==========================================================================================

nodes, specs and pods are always there. A table is ``x.parquet``, or the folder ``x`` of parts of 4 million rows.
What stands beside ``object`` is told once more for readers of tables; schedlab reads ``object``.

write       `write_trace`: a Workload to a folder, whole or not at all
encode      a Workload to tables
decode      tables to a Workload, every cell checked
files       Parquet as this form has it
manifest    manifest.json
check       whether a folder is what its manifest says
"""

from schedlab.workload.canonical.write import new_folder, write_trace

__all__ = ["new_folder", "write_trace"]
