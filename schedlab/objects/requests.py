"""What a pod asks for as a whole, from its containers, overhead and pod-level resources.

The rules of component-helpers' ``resource.PodRequests`` and of kube-scheduler v1.34, which counts the same pod in three
ways. As the API server does when it stores a pod, a limit without a request counts as a request, too. Sums are exact
and rounded once, away from zero; an amount above 2**63 - 1 reads as that.
"""

from collections.abc import Callable, Mapping

from schedlab.objects.pod import Container, ContainerStatus, Pod
from schedlab.objects.quantity import MAX_INT64, Quantity, round_away

DEFAULT_MILLI_CPU = 100
DEFAULT_MEMORY = 200 * 2**20

_Nanos = dict[str, int]  # amounts by resource, in units of 1e-9
_DEFAULTS: Mapping[str, int] = {"cpu": DEFAULT_MILLI_CPU * 10**6, "memory": DEFAULT_MEMORY * 10**9}


def pod_requests(pod: Pod) -> dict[str, int]:
    """Return what filters use: cpu in millicores, the rest in units; cpu and memory always, ``pods`` never."""
    amounts = {"cpu": 0, "memory": 0} | _requests(pod)
    amounts.pop("pods", None)
    if not amounts.get("ephemeral-storage"):  # explicit zeros stay, except here, as in kube-scheduler's Resource
        amounts.pop("ephemeral-storage", None)
    return {name: _in_units(name, nanos) for name, nanos in amounts.items()}


def score_requests(pod: Pod) -> tuple[int, int]:
    """Return cpu and memory that NodeResourcesFit scores a pending pod with.

    A container without a request counts 100m and 200 MiB; pod-level resources are ignored.
    """
    return _cpu_and_memory(_requests(pod, _DEFAULTS, pod_level=False))


def nonzero_requests(pod: Pod) -> tuple[int, int]:
    """Return cpu and memory that a bound pod adds to its node's "non-zero" sums.

    A container without a request counts 100m and 200 MiB; where pod-level requests are set, only if nothing in the pod
    requests that resource.
    """
    missing = _DEFAULTS
    if _pod_level_requests(pod):
        requested = _requests(pod)
        missing = {name: amount for name, amount in _DEFAULTS.items() if name not in requested}
    return _cpu_and_memory(_requests(pod, missing))


def pod_limits(pod: Pod) -> dict[str, int]:
    """Return the limits, cpu in millicores, the rest in units; containers without a limit add nothing."""
    infeasible = _resize_infeasible(pod)

    def limits(container: Container, status: ContainerStatus | None) -> _Nanos:
        wanted = _nanos(container.resources.limits)
        if status is None or status.resources is None:
            return wanted
        actual = _nanos(status.resources.limits)
        return actual if infeasible else _maximum(wanted, actual)

    total = _aggregate(pod, limits)
    if pod.spec.resources is not None:
        total |= _supported(_nanos(pod.spec.resources.limits))
    for name, amount in _nanos(pod.spec.overhead).items():
        if total.get(name):
            total[name] += amount
    return {name: _in_units(name, nanos) for name, nanos in total.items()}


def _requests(pod: Pod, missing: Mapping[str, int] | None = None, *, pod_level: bool = True) -> _Nanos:
    """Return the pod's requests; `missing` is what a container without a request counts."""
    infeasible, defaults = _resize_infeasible(pod), dict(missing or {})
    total = _aggregate(pod, lambda container, status: defaults | _container_requests(container, status, infeasible))
    if pod_level:
        total |= _pod_level_requests(pod)
    _add(total, _nanos(pod.spec.overhead))
    return total


def _container_requests(container: Container, status: ContainerStatus | None, infeasible: bool) -> _Nanos:
    """While a resize is in flight, a container counts the most of what it wants, has and was promised."""
    wanted = _spec_requests(container)
    if status is None or status.resources is None:
        return wanted
    actual = _maximum(_nanos(status.resources.requests), _nanos(status.allocated_resources))
    return actual if infeasible else _maximum(wanted, actual)


def _spec_requests(container: Container) -> _Nanos:
    return _nanos(container.resources.limits) | _nanos(container.resources.requests)


def _pod_level_requests(pod: Pod) -> _Nanos:
    """Return requests of the pod as a whole, completed like the API server does where it has limits.

    What it leaves open is the sum of its containers, or else its limit.
    """
    level = pod.spec.resources
    if level is None:
        return {}
    requests = _nanos(level.requests)
    if level.limits:
        containers = _aggregate(pod, lambda container, status: _spec_requests(container))
        requests = _nanos(level.limits) | containers | requests
    return _supported(requests)


def _aggregate(pod: Pod, amounts_of: Callable[[Container, ContainerStatus | None], _Nanos]) -> _Nanos:
    """Return the most that the containers need at one time; an init step runs beside the sidecars before it."""
    statuses = {s.name: s for s in (*pod.status.container_statuses, *pod.status.init_container_statuses)}
    total: _Nanos = {}
    for container in pod.spec.containers:
        _add(total, amounts_of(container, statuses.get(container.name)))
    sidecars: _Nanos = {}
    steps: _Nanos = {}
    for container in pod.spec.init_containers:
        is_sidecar = container.restart_policy == "Always"
        amounts = amounts_of(container, statuses.get(container.name) if is_sidecar else None)
        step = dict(sidecars)
        _add(step, amounts)
        if is_sidecar:
            _add(total, amounts)
            sidecars = step
        steps = _maximum(steps, step)
    return _maximum(total, steps)


def _resize_infeasible(pod: Pod) -> bool:
    pending = [condition for condition in pod.status.conditions if condition.type == "PodResizePending"]
    return bool(pending) and pending[0].reason == "Infeasible"


def _supported(amounts: _Nanos) -> _Nanos:
    """Keep what may be set for a pod as a whole."""
    return {n: amount for n, amount in amounts.items() if n in ("cpu", "memory") or n.startswith("hugepages-")}


def _nanos(quantities: Mapping[str, Quantity]) -> _Nanos:
    return {name: quantity.nanos() for name, quantity in quantities.items()}


def _add(total: _Nanos, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + amount


def _maximum(one: _Nanos, other: _Nanos) -> _Nanos:
    return one | {name: max(amount, one.get(name, amount)) for name, amount in other.items()}


def _in_units(name: str, nanos: int) -> int:
    return min(MAX_INT64, round_away(nanos, 10**6 if name == "cpu" else 10**9))


def _cpu_and_memory(amounts: Mapping[str, int]) -> tuple[int, int]:
    return _in_units("cpu", amounts.get("cpu", 0)), _in_units("memory", amounts.get("memory", 0))
