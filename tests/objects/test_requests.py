"""Pod requests: stories, and sums against a walk through the pod's life."""

import math
from collections.abc import Iterable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schedlab.objects import (
    Container,
    ContainerStatus,
    ObjectMeta,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
    Quantity,
    ResourceRequirements,
    nonzero_requests,
    pod_limits,
    pod_requests,
    score_requests,
)

MIB = 2**20


def amounts(texts: dict[str, str]) -> dict[str, Quantity]:
    return {name: Quantity.parse(text) for name, text in texts.items()}


def resources(requests: dict[str, str], limits: dict[str, str] | None = None) -> ResourceRequirements:
    return ResourceRequirements(requests=amounts(requests), limits=amounts(limits or {}))


def container(cpu: str = "", memory: str = "", *, sidecar: bool = False) -> Container:
    given = {name: text for name, text in (("cpu", cpu), ("memory", memory)) if text}
    return Container(name="c", resources=resources(given), restart_policy="Always" if sidecar else None)


def pod(
    *containers: Container,
    init: Iterable[Container] = (),
    overhead: dict[str, str] | None = None,
    level: ResourceRequirements | None = None,
    status: PodStatus | None = None,
) -> Pod:
    spec = PodSpec(
        containers=list(containers), init_containers=list(init), overhead=amounts(overhead or {}), resources=level
    )
    return Pod(metadata=ObjectMeta(name="p"), spec=spec, status=status or PodStatus())


def test_an_init_step_counts_the_sidecars_before_it_only() -> None:
    early = pod(container("1"), init=[container("2", sidecar=True), container("3")])
    late = pod(container("1"), init=[container("3"), container("2", sidecar=True)])
    assert (pod_requests(early)["cpu"], pod_requests(late)["cpu"]) == (5000, 3000)


def test_fractions_are_added_before_they_are_rounded_up() -> None:
    assert pod_requests(pod(container("500u"), container("500u"))) == {"cpu": 1, "memory": 0}
    assert pod_requests(pod(container("500u"), container("501u")))["cpu"] == 2


def test_an_explicit_zero_stays_but_for_ephemeral_storage() -> None:
    zeros = Container(name="c", resources=resources({"nvidia.com/gpu": "0", "ephemeral-storage": "0", "pods": "3"}))
    assert pod_requests(pod(zeros)) == {"cpu": 0, "memory": 0, "nvidia.com/gpu": 0}


def test_a_container_without_a_request_counts_a_default_in_scores() -> None:
    two = pod(container("1"), container(memory="0"), overhead={"cpu": "50m"})
    assert pod_requests(two) == {"cpu": 1050, "memory": 0}
    assert score_requests(two) == nonzero_requests(two) == (1150, 200 * MIB)


def test_pod_level_requests_replace_the_containers_but_not_for_the_score() -> None:
    whole = pod(
        container("3", memory="1Gi"), level=resources({"cpu": "2", "nvidia.com/gpu": "9"}), overhead={"cpu": "1"}
    )
    assert pod_requests(whole) == {"cpu": 3000, "memory": 1024 * MIB}
    assert (score_requests(whole), nonzero_requests(whole)) == ((4000, 1024 * MIB), (3000, 1024 * MIB))


def test_with_pod_level_requests_defaults_stand_in_only_for_what_nothing_requests() -> None:
    silent = pod(container(), container(), level=resources({"cpu": "1"}))
    assert nonzero_requests(silent) == (1000, 400 * MIB)
    spoken = pod(container(), container(), level=resources({"cpu": "1"}), overhead={"memory": "1Mi"})
    assert nonzero_requests(spoken) == (1000, MIB)


def test_a_limit_without_a_request_is_a_request() -> None:
    limited = Container(name="c", resources=resources({"cpu": "1"}, {"cpu": "2", "nvidia.com/gpu": "1"}))
    assert pod_requests(pod(limited)) == {"cpu": 1000, "memory": 0, "nvidia.com/gpu": 1}
    whole = pod(container("1"), container("1"), level=resources({}, {"cpu": "8", "memory": "1Ki"}))
    assert pod_requests(whole) == {"cpu": 2000, "memory": 1024}


def resizing(reason: str) -> Pod:
    status = PodStatus(
        conditions=[PodCondition(type="PodResizePending", reason=reason)],
        container_statuses=[
            ContainerStatus(
                name="c",
                resources=resources({"cpu": "2", "memory": "1"}, {"cpu": "3"}),
                allocated_resources=amounts({"cpu": "1", "memory": "5"}),
            )
        ],
    )
    wanted = Container(name="c", resources=resources({"cpu": "4", "memory": "2"}, {"cpu": "5"}))
    return pod(wanted, status=status)


def test_a_resize_in_flight_counts_the_most_of_wanted_actual_and_allocated() -> None:
    assert pod_requests(resizing("Deferred")) == {"cpu": 4000, "memory": 5}
    assert pod_limits(resizing("Deferred")) == {"cpu": 5000}


def test_an_infeasible_resize_does_not_count_what_is_wanted() -> None:
    assert pod_requests(resizing("Infeasible")) == {"cpu": 2000, "memory": 5}
    assert pod_limits(resizing("Infeasible")) == {"cpu": 3000}


def test_of_the_init_containers_only_sidecars_are_resized() -> None:
    status = PodStatus(init_container_statuses=[ContainerStatus(name="c", resources=resources({"cpu": "5"}))])
    assert pod_requests(pod(Container(name="main"), init=[container("2")], status=status))["cpu"] == 2000
    sidecar = pod(Container(name="main"), init=[container("2", sidecar=True)], status=status)
    assert pod_requests(sidecar)["cpu"] == 5000


def test_limits_are_added_up_where_set_and_overhead_comes_on_top() -> None:
    limited = Container(name="a", resources=resources({}, {"cpu": "1"}))
    free = Container(name="b", resources=resources({"cpu": "1"}))
    assert pod_limits(pod(limited, free, overhead={"cpu": "250m", "memory": "1Mi"})) == {"cpu": 1250}
    assert pod_limits(pod(limited, level=resources({}, {"cpu": "4"}))) == {"cpu": 4000}
    assert pod_limits(pod(free)) == {}


def test_an_absurd_request_is_the_largest_integer() -> None:
    assert pod_requests(pod(container("1"), container(memory="1e999999999"))) == {"cpu": 1000, "memory": 2**63 - 1}


Part = tuple[bool, dict[str, int]]  # a sidecar?, and requests in units of 1e-9
parts = st.lists(
    st.tuples(st.booleans(), st.dictionaries(st.sampled_from(["cpu", "memory"]), st.integers(0, 3 * 10**9))), max_size=4
)


def made(part: Part, *, sidecar: bool) -> Container:
    cpu, memory = (f"{part[1][name]}n" if name in part[1] else "" for name in ("cpu", "memory"))
    return container(cpu, memory, sidecar=sidecar)


@given(parts, parts)
def test_requests_are_the_peak_over_the_pods_life(main: list[Part], init: list[Part]) -> None:
    whole = pod(*[made(part, sidecar=False) for part in main], init=[made(part, sidecar=part[0]) for part in init])
    plain = peak(main, init, "cpu", Fraction(0)), peak(main, init, "memory", Fraction(0))
    filled = peak(main, init, "cpu", Fraction(1, 10)), peak(main, init, "memory", Fraction(200 * MIB))
    assert pod_requests(whole) == {"cpu": math.ceil(plain[0] * 1000), "memory": math.ceil(plain[1])}
    assert score_requests(whole) == nonzero_requests(whole) == (math.ceil(filled[0] * 1000), math.ceil(filled[1]))


def peak(main: list[Part], init: list[Part], name: str, default: Fraction) -> Fraction:
    """Play the pod: init steps one after another beside the sidecars that run already, then everything."""

    def need(amounts: dict[str, int]) -> Fraction:
        return Fraction(amounts[name], 10**9) if name in amounts else default

    running = highest = Fraction(0)
    for sidecar, amounts in init:
        highest = max(highest, running + need(amounts))
        running += need(amounts) if sidecar else 0
    return max(highest, running + sum(need(amounts) for _, amounts in main))
