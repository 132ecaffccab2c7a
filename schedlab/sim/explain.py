"""Explain: why a pod goes where it goes, in a cluster as it is or at a decision of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from schedlab.cluster import Binding, Cluster
from schedlab.errors import InputError, SchedlabError
from schedlab.objects import Pod
from schedlab.record import Run
from schedlab.scheduling.preemption.explain import post_filter
from schedlab.scoring import Profile
from schedlab.scoring.explain import explain as explain_pending
from schedlab.scoring.explain import explain_row
from schedlab.sim.again import differs, plain, profile_of, workload_of
from schedlab.sim.replay import replay

if TYPE_CHECKING:
    import pyarrow as pa

    from schedlab.cluster import Plan
    from schedlab.sim.engine import Engine
    from schedlab.workload import Workload

Verb = Literal["bind", "wait"]


class Decision(NamedTuple):
    """A row of a run's decisions, with its own number; ``pod`` is a row of the workload."""

    number: int
    time: int
    pod: int
    attempt: int
    node: str | None
    verb: str
    reason: str
    devices: str | None = None


def explain(
    where: Cluster | Run,
    pod: Pod | str | int,
    profile: Any = None,
    attempt: int | None = None,
    *,
    verb: Verb | None = None,
    workload: Workload | None = None,
) -> dict[str, Any]:
    """Return what a profile says of a pod, node by node.

    A decision of a run is explained in the cluster as it was just before: the run is made again up to there (same
    seed, same bits), which takes as long as it took then, and must make the same decisions as are on record.

    Parameters
    ----------
    where
        A cluster, or a run.
    pod
        A `Pod` that is not in the cluster yet; of a run, a pod's name, or its number in ``run.pods["pod"]``.
    profile
        What `Profile.of` takes. Default: ``"kubernetes"``; of a run, its own. Another one tells what that would have
        said at the same instant.
    attempt
        Of a run's pod, 0 is the first; default: the last one that was tried.
    verb
        ``bind``, or ``wait`` for the first try in vain; default: ``bind`` if the attempt came to that.
    workload
        What was replayed; only needed for a run that was read from disk.

    Returns
    -------
    dict
        ``filter``: per node ``{"ok": True}`` or the first filter that rejects it, its code and reasons;
        ``scores``: per score weight, and raw and normalised values of the feasible nodes; ``scoreSkipped``;
        ``total``; ``best``: all nodes with the highest total; ``postFilter``: what preemption would do where no node is
        feasible, if the profile preempts (`schedlab.scheduling.preemption.explain.post_filter`). Of a run also
        ``decision``: what was decided, the node among equals too.

    Raises
    ------
    InputError
        If there is no such pod or decision, or what the run was made from is not at hand.
    """
    if isinstance(where, Cluster):
        if not isinstance(pod, Pod):
            raise InputError(f"pod {pod!r} is no Pod", mend="give the Pod to place; names are for decisions of a Run")
        return explain_pending(where, pod, "kubernetes" if profile is None else profile, post_filter)
    if not isinstance(where, Run):
        raise InputError(f"{where!r:.60} is neither a Cluster nor a Run", mend="give one of these")
    if isinstance(pod, Pod):
        raise InputError(f"pod {pod.metadata.name!r} is an object", mend="name a pod of the run, as in 'web-7'")
    decision = _decision(where, _row(where, pod), attempt, verb)
    wanted = None if profile is None else Profile.of(profile)
    own = profile_of(where, wanted)
    found = _Witness(where, decision, wanted or own)
    try:
        horizon = where.manifest["horizon"]
        replay(workload_of(where, workload), own, where.manifest["seed"], until=horizon, watch=found.watch)
    except _Reached:
        return found.answer
    raise SchedlabError(differs("it never came to that decision"))


class _Reached(Exception):
    """The decision was reached and explained."""


class _Witness:
    """Stops a replay just before a decision, and explains it."""

    def __init__(self, run: Run, decision: Decision, profile: Profile) -> None:
        self._run, self._decision, self._profile = run, decision, profile
        self.answer: dict[str, Any] = {}

    def watch(self, engine: Engine, plan: Plan) -> None:
        """Look at a plan before it is applied."""
        due, view = self._decision, engine.view
        if view.now < due.time:
            return
        if view.now > due.time:
            raise SchedlabError(differs("it never came to that decision"))
        if view.pods.attempt[due.pod] != due.attempt:
            return
        said: str | None = None  # the node of a binding, the reason of a wait
        if due.verb == "wait":
            said = dict(plan.unschedulable).get(due.pod)
        for action in (action for group in plan.groups for action in group):
            if due.verb == "bind" and isinstance(action, Binding) and action.pod == due.pod:
                position = view.position(action.node)
                said = None if position is None else view.node_name(position)
        if said is None:
            return
        self._compare(engine.recorder.decisions(), said)
        self.answer = explain_row(self._profile, view, due.pod, post_filter) | {"decision": self._told()}
        raise _Reached

    def _compare(self, made: pa.Table, said: str) -> None:
        """Check that all went as it is on record."""
        due = self._decision
        recorded = due.reason if due.verb == "wait" else due.node
        if said != recorded:
            raise SchedlabError(differs(f"pod {due.pod} now has {said!r}, not {recorded!r}"))
        before = self._run.tables["decisions"].slice(0, due.number)
        past, rest = before.slice(0, made.num_rows), before.slice(made.num_rows)  # the rest is of the same plan
        names = [name for name in past.column_names if name != "reason"]
        if plain(made, names) != plain(past, names) or any(time != due.time for time in rest["time"].to_pylist()):
            raise SchedlabError(differs("an earlier decision was another"))

    def _told(self) -> dict[str, Any]:
        told = self._decision._asdict()
        del told["number"]
        if told["devices"] is None:
            del told["devices"]
        return told


def _row(run: Run, pod: str | int) -> int:
    """Return the number of a pod that is given by name or number."""
    column = "name" if isinstance(pod, str) else "pod"
    rows = sorted(set(run.pods["pod"][run.pods[column] == pod].tolist()))
    if not rows:
        raise InputError(f"the run has no pod {pod!r}", mend="name a pod of run.pods that was submitted")
    if len(rows) > 1:
        raise InputError(
            f"{len(rows)} pods of the run are called {pod!r}",
            mend=f"give the number of one, {', '.join(map(str, rows[:5]))}",
        )
    return int(rows[0])


def _decision(run: Run, pod: int, attempt: int | None, verb: Verb | None) -> Decision:
    """Return the decision that is meant."""
    if verb not in (None, "bind", "wait"):
        raise InputError(f"verb {verb!r}", mend="write bind or wait")
    frame = run.decisions
    mine = frame[(frame["pod"] == pod) & (frame["verb"] != "evict")]
    tried = sorted(set(mine["attempt"].tolist()))
    if not tried:
        raise InputError(f"pod {pod} of the run was never tried", mend="name one that run.decisions has")
    attempt = tried[-1] if attempt is None else attempt
    if attempt not in tried:
        raise InputError(f"pod {pod} has no attempt {attempt}", mend=f"it was tried in {', '.join(map(str, tried))}")
    mine = mine[mine["attempt"] == attempt]
    rows = dict(zip(mine["verb"].tolist(), mine.index.tolist(), strict=True))
    chosen = verb or ("bind" if "bind" in rows else "wait")
    if chosen not in rows:
        raise InputError(f"attempt {attempt} of pod {pod} has no decision {chosen!r}", mend="leave verb out")
    number = int(rows[chosen])
    (row,) = run.tables["decisions"].slice(number, 1).to_pylist()
    return Decision(number, **row)
