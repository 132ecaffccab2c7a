"""Replay: one workload under one scheduler gives one Run."""

from __future__ import annotations

import json
import os
import platform
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import Cluster, ClusterView
from schedlab.cluster.derived.typical import Demands, typical_of
from schedlab.cluster.devices import SHARED
from schedlab.errors import InputError, PluginError
from schedlab.plugins.budget import SECONDS, Budget
from schedlab.record import Origin, Run
from schedlab.scheduling.gangs import Gangs
from schedlab.scoring import Profile
from schedlab.sim.controllers.batch_scheduler import BatchScheduler
from schedlab.sim.controllers.job import Job
from schedlab.sim.controllers.node_lifecycle import NodeLifecycle
from schedlab.sim.controllers.scheduler import Scheduler
from schedlab.sim.controllers.solver import Solver
from schedlab.sim.engine import Engine
from schedlab.sim.node.eviction import MemoryEviction
from schedlab.sim.node.kubelet import Kubelet
from schedlab.sim.node.usage import Usage
from schedlab.sim.probes import Probe, devices_probe, queue_probe, resources_probe, together
from schedlab.sim.recorder import Recorder
from schedlab.workload.gangs import shortage
from schedlab.workload.walltimes import stays, walltimes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import Plan
    from schedlab.scoring.decision_time import DecisionTime
    from schedlab.scoring.profile import Quantise, Ties
    from schedlab.workload import Workload

SAMPLES = 200  # over the span of the workload


def replay(
    workload: Workload,
    scheduler: Any = "kubernetes",
    seed: int = 0,
    *,
    ties: Ties = "rank",
    quantise: Quantise | None = None,
    decision_time: str | DecisionTime | None = None,
    check: bool = False,
    until: int | None = None,
    watch: Callable[[Engine, Plan], None] | None = None,
    probes: Sequence[Probe] = (),
    time_budget: float = SECONDS,
) -> Run:
    """Replay a workload under a scheduler.

    Parameters
    ----------
    workload
        From `load_trace` or `generate`.
    scheduler
        What `Profile.of` takes: a name, a `Profile`, a plug-in, ``"my.py:tightest"``.
    seed
        Of the policy's own draws (random ties, random fit); the workload has its own.
    ties, quantise
        ``rank`` or ``random``; ``integer`` or ``none`` for all scores, or None for each as it declares: where
        ``scheduler`` is no `Profile`, see `Profile.build`.
    decision_time
        What a scheduling cycle costs in simulated time, such as ``"5ms"``, ``"5ms+0.2us/node"`` or ``"measured"``: pods
        then wait for the scheduler too. None: what ``scheduler`` says, else nothing. Decisions of a ``measured`` run
        hang on the speed of this machine; its manifest says that it is not ``reproducible``.
    check
        Recount the cluster after every change (slow).
    until
        Microseconds; default: the workload's horizon, or until nothing is left to happen.
    watch
        Called with the engine and a plan just before each plan is applied; what it raises ends the replay.
    probes
        Sampled into ``samples`` beside the standing columns: each gets the `ClusterView` and returns a number, which
        is called like the function, or a dict of names to numbers.
    time_budget
        Seconds of wall time that one call of a plug-in may take; see `schedlab.plugins.budget`.

    Raises
    ------
    PluginError
        If a plug-in raises, breaks its contract or takes too long.
    SchedlabError
        If a probe does.
    """
    if not workload.nodes or not len(workload.pods):
        raise InputError(f"workload {workload.name!r} has no {'pods' if workload.nodes else 'nodes'}")
    profile = Profile.of(scheduler, ties=ties, quantise=quantise, decision_time=decision_time)
    until = workload.horizon if until is None else until
    wall, cpu = time.perf_counter(), time.process_time()
    budget = Budget(time_budget)
    guarded = profile.guarded(budget)
    engine = engine_of(workload, guarded, seed, until, check=check, watch=watch, probes=probes)
    recorder, pods = engine.recorder, workload.pods
    with budget.watch():
        set_up(guarded, workload)
        end = engine.run(until)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    timings = {
        "wall_s": wall,
        "cpu_s": cpu,
        "scheduling_cpu_s": engine.scheduling_s * cpu / wall,  # its share
        "decisions": sum(
            each.decisions for each in engine.controllers if isinstance(each, Scheduler | BatchScheduler | Solver)
        ),
    }
    manifest = {
        "schedlab": metadata.version("schedlab"),
        "workload": {"name": workload.name, "digest": workload.digest(), "report": workload.report},
        "scheduler": profile.name,
        "profile": profile.describe(),
        "oracle": [plugin.name for plugin in profile.plugins() if plugin.oracle],
        "reproducible": profile.reproducible,
        "seed": seed,
        "decision_hash": recorder.decision_hash(),
        "timings": timings,
        "host": {"python": platform.python_version(), "numpy": np.__version__, "cpus": os.cpu_count()},
        "end": end,
        "horizon": until,
        "resources": recorder.resources(),
        "pods": len(pods),
        "initial": int(pods.initial.sum()),
    }
    manifest = json.loads(json.dumps(manifest))  # tuples are lists, as in a run read back
    return Run(recorder.tables(), manifest, Origin(workload, profile))


def engine_of(
    workload: Workload,
    profile: Profile,
    seed: int,
    until: int | None,
    *,
    check: bool = False,
    watch: Callable[[Engine, Plan], None] | None = None,
    probes: Sequence[Probe] = (),
) -> Engine:
    """Return an engine at time 0 that replays a workload, as `replay` says."""
    lifecycle = NodeLifecycle(workload.nodes, workload.node_events)
    cluster = cluster_of(workload, lifecycle.absent())
    view = ClusterView(cluster, seed)
    pods = workload.pods
    gangs = None
    if workload.min_available is not None:
        gangs = Gangs(workload.min_available, workload.jobs, workload.gang_wait)
    scheduler: Scheduler | BatchScheduler | Solver
    if profile.together is not None:
        scheduler = Solver(profile, cluster, view, seed, gangs, pods.initial)
    elif profile.backfill is None:
        scheduler = Scheduler(profile, view, seed, gangs, pods.initial)
    else:
        scheduler = BatchScheduler(profile, view, seed, gangs)
    if any(name.endswith(SHARED) for name in cluster.nodes.resources):
        probes = [devices_probe(Demands(typical_of(workload.templates, workload.population()))), *probes]
    probes = [queue_probe(scheduler), *probes]
    probe = together(resources_probe(cluster, cluster.pods.cls[: len(cluster.pods)]), probes)
    recorder = Recorder(workload, cluster, probe, _interval(workload, until))
    controllers: list[Any] = [lifecycle, Job(), scheduler, Kubelet(pods.duration, pods.initial)]
    if workload.usage is not None:
        controllers += [Usage(workload.usage), MemoryEviction()]
    engine = Engine(cluster, view, controllers, pods.submit, recorder, check=check, watch=watch)
    for event in lifecycle.agenda():
        engine.schedule(event)
    return engine


def set_up(profile: Profile, workload: Workload) -> None:
    """Let plug-ins see the workload before anything happens; only oracles see what is to come."""
    blind = workload.without_foresight()
    for plugin in profile.plugins():
        if plugin.setup is not None:
            try:
                plugin.setup(workload if plugin.oracle else blind)
            except Exception as error:
                raise PluginError(plugin.name, "(none yet)", f"setup: {type(error).__name__}: {error}") from error


def cluster_of(workload: Workload, absent: Collection[str] = ()) -> Cluster:
    """Return the cluster at time 0, with every pod of the workload known and pending."""
    cluster = Cluster([n for n in workload.nodes if n.metadata.name not in absent], datasets=workload.datasets)
    cluster.nodes.ensure(name for node in workload.nodes for name in node.status.allocatable)  # of later ones too
    classes = np.array([cluster.classify(template).index for template in workload.templates], np.int32)
    pods = workload.pods
    more: dict[str, Any] = {"tenant": pods.tenant, "deadline": pods.deadline, "gang": _gangs(workload)}
    more = {name: column for name, column in more.items() if column is not None}
    more["walltime"] = walltimes(pods, workload.templates)
    cluster.pods.tenants.update((name, number) for number, name in enumerate(workload.tenants))
    cluster.pods.add(classes[pods.template], pods.submit, pods.dataset, pods.names, pods.duration, **more)
    return cluster


def _gangs(workload: Workload) -> NDArray[np.int32] | None:
    """Return the job of each pod that starts together with others, (P,), -1 for the others."""
    job, least = workload.pods.job, workload.min_available
    if job is None or least is None or not len(least):
        return None
    if wrong := shortage(job, workload.jobs, least):
        raise InputError(f"workload {workload.name!r}: {wrong[1]}", mend="give a smaller min_available")
    return np.where((job >= 0) & (least[job] > 1), job, -1)


def _interval(workload: Workload, until: int | None) -> int:
    pods = workload.pods
    ends = pods.submit + np.maximum(stays(pods, workload.templates), 0)
    return max(1, (int(ends.max()) if until is None else until) // SAMPLES)
