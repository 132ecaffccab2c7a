"""Arrivals at a stated load, beginning in equilibrium: what resampled and generated workloads share.

With room for everybody, pods that arrive at rate lambda(t) and stay for independent times form an M_t/G/infinity
queue. In its equilibrium the pods present at time 0 are Poisson in (kind, age): kind i in proportion to the arrivals of
the last ``duration[i]``, and the residual life uniform in (0, duration) under a constant rate (Takacs, Introduction to
the Theory of Queues, 1962, chapter 3; Eick, Massey and Whitt, The physics of the M_t/G/infinity queue, Operations
Research 41(4), 1993, theorem 1). So the stated load holds from the first moment; there is no warm-up to cut away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = 86_400 * 10**6  # microseconds


@dataclass(frozen=True)
class Rhythm:
    """An arrival rate that follows the day: ``rate * (1 - amplitude * cos(2 pi t / DAY))``, least at t = 0."""

    amplitude: float = 0.0  # 0: constant; below 1

    def elapsed(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the integral of the rhythm from 0 to ``time`` (us, may be negative), in us of mean rate."""
        return time - self.amplitude * DAY / (2 * np.pi) * np.sin(2 * np.pi * time / DAY)

    def time(self, elapsed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the inverse of `elapsed`, to a millisecond."""
        if not self.amplitude:
            return elapsed
        grid = np.linspace(0.0, DAY, 65_537)
        days, rest = np.divmod(elapsed, DAY)
        return days * DAY + np.interp(rest, self.elapsed(grid), grid)


@dataclass(frozen=True, eq=False)
class Draw:
    """Pods drawn from a list of kinds, shapes (P,): first the initial ones, then the arrivals by time."""

    kind: NDArray[np.int64]  # row in the list
    submit: NDArray[np.int64]  # us
    duration: NDArray[np.int64]  # us; of an initial pod what is left
    age: NDArray[np.int64]  # us that an initial pod has run already; 0 for arrivals
    initial: NDArray[np.bool_]
    horizon: int  # us, nominal end of the arrivals

    def report(self, resource: str, load: float) -> dict[str, Any]:
        """Return what a workload's report says of the draw, given the resource and the load asked in it."""
        arrivals = int((~self.initial).sum())
        return {
            "pods": len(self.kind),
            "arrivals": arrivals,
            "initial": len(self.kind) - arrivals,
            "rate_per_s": arrivals / self.horizon * 1e6,
            "horizon_s": self.horizon / 1e6,
            "load_held_in": resource,
            "offered_load_asked": load,
            "offered_load_over_s": self.horizon / 1e6,
        }


def draw(
    duration: NDArray[np.int64],
    demand: NDArray[np.int64],
    *,
    rate: float,
    count: int,
    rhythm: Rhythm,
    random: np.random.Generator,
) -> Draw:
    """Draw ``count`` arrivals and the pods that already run when they begin.

    Parameters
    ----------
    duration, demand
        Of each kind, (K,): us, and units of the resource that the load is stated in.
    rate
        Mean arrivals per us.
    count
        Arrivals. Their kinds run through seeded permutations of the list, so each full pass holds the exact mix.
    rhythm
        How the rate follows the day.
    random
        Source of every draw.

    Notes
    -----
    The arrivals are a Poisson process given its count: the order statistics of independent draws over the horizon
    ``count / rate`` (Ross, Stochastic Processes, 2nd ed., theorem 2.3.1), so the mean rate is met exactly. The initial
    pods are a systematic sample with unequal probabilities (Madow, Ann. Math. Stat. 20, 1949) of the kinds in order of
    demand: each kind as often as the equilibrium has it on average, all together within about one pod of its demand.
    """
    horizon = count / rate
    passes = -(-count // len(duration))
    kind = np.concatenate([random.permutation(len(duration)) for _ in range(passes)])[:count]
    end = rhythm.elapsed(np.array([horizon]))[0]
    submit = np.sort(rhythm.time(random.random(count) * end)).astype(np.int64)
    past = -rhythm.elapsed(-duration.astype(np.float64))  # (K,) us of mean rate in which a pod still present arrived
    running = _present(past, demand, rate, random)
    age = -rhythm.time(-past[running] * random.random(len(running)))
    age = np.clip(age, 0, duration[running] - 1).astype(np.int64)  # at least 1 us is left
    return Draw(
        kind=np.concatenate([running, kind]),
        submit=np.concatenate([np.zeros(len(running), np.int64), submit]),
        duration=np.concatenate([duration[running] - age, duration[kind]]),
        age=np.concatenate([age, np.zeros(count, np.int64)]),
        initial=np.arange(len(running) + count) < len(running),
        horizon=max(1, round(horizon)),
    )


def _present(
    past: NDArray[np.float64], demand: NDArray[np.int64], rate: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return the kinds of the pods present at time 0, in random order."""
    order = np.lexsort((past, demand))
    cumulative = np.cumsum(rate / len(past) * past[order])  # mean number present, over the kinds
    count = round(float(cumulative[-1]))
    at = (np.arange(count) + random.random()) * (cumulative[-1] / max(1, count))
    rows = np.searchsorted(cumulative, at, side="right").clip(max=len(past) - 1)
    return order[random.permutation(rows)]
