"""generate: a workload of a stated load, drawn from a seed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.offered import offered_load, totals
from schedlab.workload.stationary import DAY, Rhythm, draw
from schedlab.workload.synthetic.classes import make_classes
from schedlab.workload.synthetic.data import make_datasets, readers
from schedlab.workload.synthetic.lifetimes import lifetimes
from schedlab.workload.synthetic.machines import machines
from schedlab.workload.synthetic.owners import owners
from schedlab.workload.synthetic.usage import usage_curves
from schedlab.workload.units import MAX_TIME
from schedlab.workload.workload import PodColumns, Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "generated"
_SHORTEST = 10**6  # us


def generate(
    *,
    pods: int = 5000,
    nodes: int = 100,
    classes: int = 40,
    load: float = 0.85,
    seed: int = 0,
    days: int = 1,
    rhythm: float = 0.3,
    growth: float = 0.2,
    datasets: int = 50,
    tenants: int = 8,
) -> Workload:
    """Generate a workload; its offered load holds from the first moment on, because it begins in equilibrium.

    Pods have heavy-tailed run times, scaled so that ``pods`` arrivals in ``days`` days load ``nodes`` nodes as asked.

    Parameters
    ----------
    pods
        Arrivals; those that run already at the start come on top.
    nodes
        Nodes, of four types, ten a rack, in three zones.
    classes
        Distinct templates, with Zipf frequencies.
    load
        Mean offered load of the dominant resource (cpu or memory) over the run; 1.0 is all that the nodes have.
    seed
        Of every draw.
    days
        Length of the arrivals in days of 24 h, after which the replay stops.
    rhythm
        Amplitude of the daily sine of the arrival rate, from 0 (constant) to 0.9; least at the start of each day.
    growth
        Share of the pods with limits at twice their requests, whose memory grows to 1.1 to 2 times the request.
    datasets
        Data sets; where there are any, 30 % of the pods read one.
    tenants
        Whom pods belong to, with Zipf shares; a tenant's pods of a class come in jobs of four on average. 0: nobody.

    Raises
    ------
    InputError
        An option is out of its range.
    """
    seed = options.count("seed", seed, least=-(2**63))
    stream = partial(generator, seed, NAME)
    machine = machines(options.count("nodes", nodes), stream("machines"))
    share = options.number("growth", growth, high=1.0)
    kinds = make_classes(options.count("classes", classes), share, stream("classes"))
    held = make_datasets(options.count("datasets", datasets, least=0), machine, stream("data"))

    count, horizon = options.count("pods", pods), options.count("days", days) * DAY
    kind = stream("kinds").choice(len(kinds.templates), count, p=kinds.share)
    requests = {"cpu": kinds.cpu[kind], "memory": kinds.memory[kind]}
    ceiling = {
        name: options.number("load", load, low=1e-6, high=10.0) * amount for name, amount in totals(machine).items()
    }
    duration, dominant = _durations(lifetimes(count, stream("lifetimes")), requests, ceiling, horizon)
    daily = Rhythm(options.number("rhythm", rhythm, high=0.9))
    drawn = draw(
        duration, requests[dominant], rate=count / horizon, count=count, rhythm=daily, random=stream("arrivals")
    )

    template = kind[drawn.kind]
    reads = readers(len(template), datasets, stream("readers"))
    owned = owners(template, options.count("tenants", tenants, least=0), stream("tenants"), stream("jobs"))
    columns = PodColumns(
        drawn.submit,
        drawn.duration,
        template.astype(np.int32),
        reads,
        drawn.initial,
        tenant=owned.tenant,
        job=owned.job,
    )
    request = kinds.cpu[template], kinds.memory[template]
    usage = usage_curves(*request, kinds.grows[template], drawn.duration, drawn.age, stream("usage"))
    report = {
        "format": NAME,
        "seed": seed,
        "nodes": nodes,
        "templates": classes,
        "datasets": datasets,
        "tenants": tenants,
        "jobs": len(owned.jobs),
        "rhythm": rhythm,
        "growth": round(float(kinds.share[kinds.grows].sum()), 6),
        "mean_duration_s": float(duration.mean()) / 1e6,
        **drawn.report(dominant, load),
        "offered_load": offered_load(columns, kinds.templates, machine, drawn.horizon),
    }
    rest = held, usage, drawn.horizon, report, owned.tenants, owned.jobs
    return Workload(NAME, machine, kinds.templates, columns, (), *rest)


def _durations(
    shape: NDArray[np.float64], requests: dict[str, NDArray[np.int64]], ceiling: dict[str, float], horizon: int
) -> tuple[NDArray[np.int64], str]:
    """Scale run times so that the dominant resource's demand over the horizon is its ceiling; name the resource."""
    work = {name: float((amounts * shape).sum()) for name, amounts in requests.items()}
    dominant = max(work, key=lambda name: work[name] / ceiling[name])
    scaled = shape * (ceiling[dominant] * horizon / work[dominant])
    return np.clip(scaled, _SHORTEST, MAX_TIME).astype(np.int64), dominant
