"""Rewind: the cluster of a run as it was at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from schedlab.errors import InputError, SchedlabError
from schedlab.scoring import Profile
from schedlab.sim.again import differs, plain, profile_of, workload_of
from schedlab.sim.replay import engine_of, set_up

if TYPE_CHECKING:
    from schedlab.cluster import Cluster
    from schedlab.record import Run
    from schedlab.workload import Workload


def rewind(run: Run, time: int, *, profile: Any = None, workload: Workload | None = None) -> Cluster:
    """Return a run's cluster as it was when all that happened up to and including an instant had happened.

    The run is made again up to there (same seed, same bits), which takes as long as it took then, and must make the
    same decisions as are on record. The cluster is the caller's own: to look at, to `explain` a pod in, to change.

    Parameters
    ----------
    time
        Microseconds of simulated time, as in ``run.decisions``.
    profile, workload
        What the run was made from; only needed for one that was read from disk, the profile only where its name does
        not say it.

    Raises
    ------
    InputError
        If the time is not within the run, or what the run was made from is not at hand.
    SchedlabError
        If the run goes another way now.
    """
    if not 0 <= time <= run.manifest["end"]:
        end = run.manifest["end"]
        raise InputError(f"time {time} us is not within the run", mend=f"give microseconds between 0 and {end}")
    own = profile_of(run, None if profile is None else Profile.of(profile))
    origin = workload_of(run, workload)
    engine = engine_of(origin, own, run.manifest["seed"], run.manifest["horizon"])
    set_up(own, origin)
    engine.run(time)
    decisions = run.tables["decisions"]
    past = decisions.filter(pc.less_equal(decisions["time"], time))
    if plain(engine.recorder.decisions(), past.column_names) != plain(past, past.column_names):
        raise SchedlabError(differs("a decision was another"))
    return engine.cluster
