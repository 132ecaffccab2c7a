"""schedlab: a laboratory for cluster-scheduling algorithms.

    import schedlab as sl

    w = sl.load_trace("generated")                    # or "openb", or a folder with pods.csv and nodes.csv
    run = sl.replay(w, scheduler="best_fit", seed=1)  # a name, a Profile, or a plug-in of your own
    sl.summary(run)

================  ====================================================================================
name              what it is
================  ====================================================================================
score             decorator: a function ``score(pod, nodes)`` becomes a scoring plug-in
filter            decorator: a function ``filter(pod, nodes)`` becomes a filter plug-in
ratio             ``a / b``, 0 where b is 0
SKIP              what ``prepare`` returns to take a rule out of a pod's cycle
Skip              the same for the filter or the score alone
order             decorator: a function ``key(pod, now)`` becomes the order of the queue
column            decorator: a function of the nodes becomes a derived column, kept up to date
Profile           ordered filters and weighted scores; reads a KubeSchedulerConfiguration profile
Pod               a Kubernetes pod
Node              a Kubernetes node
Quantity          a Kubernetes quantity, exact
load_manifests    Kubernetes YAML or JSON to objects
dump_manifests    objects to Kubernetes YAML or JSON
Cluster           the scheduling state, as columns
ClusterView       the read-only view of it that plug-ins, controllers and probes get
Plan              what a scheduler or solver wants done; ``Cluster.apply`` does it
Problem           pods to place, for a solver
solve             the best placement that can be found, beside a proven bound: a Result
explain           why a pod goes where it goes, node by node
Workload          the timed objects to replay
load_trace        a name or a folder to a Workload
generate          a synthetic Workload
replay            one workload under one scheduler: a Run
rewind            a run's cluster as it was at an instant
Run               the record of one simulation, as tables
summary           a Run's metrics as a Series
metric            decorator: a function of a Run becomes a metric
Suite             a grid of runs: traces, schedulers, replicates
SchedlabError     something ran and failed
InputError        an input was refused before anything ran
PluginError       a plug-in raised or broke its contract
================  ====================================================================================

A module imports only what stands to its left: objects, cluster, plugins, scoring, scheduling and placement, sim,
experiments, cli; beside them workload and record, which sim reads and writes, and metrics and plots, which read
records.
"""

from schedlab.cluster import Cluster, ClusterView, Plan
from schedlab.errors import InputError, PluginError, SchedlabError
from schedlab.experiments import Suite
from schedlab.metrics import metric, summary
from schedlab.objects import Node, Pod, Quantity, dump_manifests, load_manifests
from schedlab.placement import Problem, solve
from schedlab.plugins.api import SKIP, Skip, column, filter, order, ratio, score
from schedlab.record import Run
from schedlab.scoring import Profile
from schedlab.sim import explain, replay, rewind
from schedlab.workload import Workload, generate, load_trace

__all__ = [
    "SKIP",
    "Cluster",
    "ClusterView",
    "InputError",
    "Node",
    "Plan",
    "PluginError",
    "Pod",
    "Problem",
    "Profile",
    "Quantity",
    "Run",
    "SchedlabError",
    "Skip",
    "Suite",
    "Workload",
    "column",
    "dump_manifests",
    "explain",
    "filter",
    "generate",
    "load_manifests",
    "load_trace",
    "metric",
    "order",
    "ratio",
    "replay",
    "rewind",
    "score",
    "solve",
    "summary",
]
