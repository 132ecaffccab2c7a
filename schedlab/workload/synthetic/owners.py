"""Owners: which tenant each pod belongs to, and which pods are submitted together as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIZE = 4.0  # pods a job, on average; geometric


class Owners(NamedTuple):
    """Columns (P,) and the names that they number; None where there are no tenants."""

    tenant: NDArray[np.int32] | None
    job: NDArray[np.int32] | None
    tenants: tuple[str, ...]
    jobs: tuple[str, ...]


def owners(
    template: NDArray[np.int64], tenants: int, tenant_draws: np.random.Generator, job_draws: np.random.Generator
) -> Owners:
    """Return the owners of pods (P,) that come in this order with these templates.

    A job is a run of consecutive pods of one tenant and template; each pod begins a new one with probability 1/4.
    """
    if not tenants:
        return Owners(None, None, (), ())
    share = 1.0 / np.arange(1, tenants + 1)
    tenant = tenant_draws.choice(tenants, len(template), p=share / share.sum()).astype(np.int32)
    order = np.lexsort((template, tenant))  # stable: by arrival within
    begins = job_draws.random(len(template)) < 1 / _SIZE
    begins |= (np.diff(tenant[order], prepend=-1) != 0) | (np.diff(template[order], prepend=-1) != 0)
    first = order[begins]  # each job's first pod
    number = np.empty(len(first), np.int32)
    number[np.argsort(first)] = np.arange(len(first))  # by the time of the first pod
    job = np.empty(len(template), np.int32)
    job[order] = number[np.cumsum(begins) - 1]
    names = tuple(f"tenant-{row}" for row in range(tenants))
    return Owners(tenant, job, names, tuple(f"job-{row}" for row in range(len(first))))
