"""Profiles written as KubeSchedulerConfiguration, and what of one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import says

from schedlab import InputError, Profile, score
from schedlab.objects.documents import write_yaml

HEAD = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}
FIT, BALANCED, AFFINITY = "NodeResourcesFit", "NodeResourcesBalancedAllocation", "NodeAffinity"
NAMES = ("NodeUnschedulable", "NodeName", "TaintToleration", AFFINITY, "NodePorts", FIT, "VolumeBinding", BALANCED,
         "ImageLocality", "PrioritySort", "DefaultBinder")  # fmt: skip
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
ADDED = {PREFERRED: [{"weight": 3, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}
ARGS = {
    FIT: {"ignoredResources": ["example.com/foo"], "scoringStrategy": {"type": "MostAllocated"}},
    AFFINITY: {"addedAffinity": ADDED},
    BALANCED: {"resources": [{"name": "cpu"}]},
    "VolumeBinding": {"bindTimeoutSeconds": 3},
}


def said(profile: Profile) -> Any:
    return profile.describe() | {"elsewhere": profile.elsewhere}


@given(
    st.permutations(NAMES),
    st.integers(0, len(NAMES)),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(list(ARGS))),
    st.sampled_from([None, 0, 30, 100]),
)
def test_what_is_written_is_read_back(
    names: list[str], count: int, heavy: set[str], args: set[str], percentage: int | None
) -> None:
    enabled = [{"name": name, "weight": 1 + 4 * (name in heavy)} for name in names[:count]]
    disabled = [{"name": name} for name in heavy]
    entry: dict[str, Any] = {
        "schedulerName": "mine",
        "plugins": {
            "multiPoint": {"disabled": [{"name": "*"}], "enabled": enabled},
            "score": {"disabled": disabled[:1]}, "filter": {"disabled": disabled[1:2]},
        },
        "pluginConfig": [{"name": name, "args": ARGS[name]} for name in args],
    }  # fmt: skip
    if percentage is not None:
        entry["percentageOfNodesToScore"] = percentage
    profile = Profile.from_config(entry)
    again = Profile.from_config(profile.to_config())
    assert said(again)["filters"] == said(profile)["filters"]
    by_name = [sorted(said(each)["scores"], key=lambda score: score["plugin"]) for each in (profile, again)]
    assert by_name[0] == by_name[1]
    assert set(dict(again.elsewhere)) == set(dict(profile.elsewhere))
    assert again.percentage == percentage
    assert again.to_config() == profile.to_config()


def test_the_default_profile_is_written_whole() -> None:
    profile = Profile.of("kubernetes")
    entry = profile.to_config()
    assert entry["schedulerName"] == "default-scheduler"
    assert "pluginConfig" not in entry
    assert said(Profile.from_config(entry)) == said(profile) | {"name": "default-scheduler", "left_out": []}


def test_arguments_of_what_works_elsewhere_are_kept() -> None:
    args = {"minCandidateNodesPercentage": 20}
    profile = Profile.from_config({"pluginConfig": [{"name": "DefaultPreemption", "args": args}]}, partial=True)
    assert profile.to_config()["pluginConfig"] == [{"name": "DefaultPreemption", "args": args}]


def test_what_a_configuration_cannot_say_is_refused() -> None:
    @score
    def mine(pod: Any, nodes: Any) -> Any:
        return nodes.rank

    with pytest.raises(InputError, match="there is no plug-in 'mine'"):
        Profile.of(mine).to_config()
    with says(InputError, "weight 0.5 of best_fit; give a whole weight: a configuration knows no other"):
        Profile.of("best_fit:0.5").to_config()


def test_all_profiles_of_a_file_are_read_by_name(tmp_path: Any) -> None:
    path = tmp_path / "scheduler.yaml"
    entries = [{"schedulerName": "one", "percentageOfNodesToScore": 7}, {"schedulerName": "two"}]
    path.write_text(write_yaml([HEAD | {"percentageOfNodesToScore": 30, "profiles": entries}]))
    profiles = Profile.from_file(path, partial=True)
    assert {name: profile.percentage for name, profile in profiles.items()} == {"one": 7, "two": 30}
    path.write_text(write_yaml([HEAD | {"profiles": [{"schedulerName": "one"}, {"schedulerName": "one"}]}]))
    with pytest.raises(InputError, match=r"field \$.profiles\[1\].schedulerName: 'one' occurs twice"):
        Profile.from_file(path)


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        (FIT, {"ignoredResourceGroups": ["a.com/b"]}, "resource group name can't contain '/'"),
        (FIT, {"ignoredResources": ["a b"]}, "ignoredResources[0]: 'a b' is not a qualified name"),
        (FIT, {"scoringStrategy": {"resources": [{"name": "cpu", "weight": 101}]}},
         "Expected `int` <= 100 - at `$.scoringStrategy.resources[0].weight`"),
        (FIT, {"scoringStrategy": {"requestedToCapacityRatio": {"shape": [{"utilization": 101, "score": 1}]}}},
         "Expected `int` <= 100 - at `$.scoringStrategy.requestedToCapacityRatio.shape[0].utilization`"),
        (FIT, {"scoringStrategy": {"requestedToCapacityRatio": {"shape": [{"utilization": 1, "score": 11}]}}},
         "Expected `int` <= 10 - at `$.scoringStrategy.requestedToCapacityRatio.shape[0].score`"),
        (FIT, {"scoringStrategy": {"requestedToCapacityRatio": {"shape": [{"utilization": 5, "score": 1}] * 2}}},
         "shape[1].utilization: values must be sorted in increasing order"),
        (BALANCED, {"resources": [{"name": "cpu"}, {"name": "cpu"}]}, "resources[1].name: 'cpu' occurs twice"),
        (BALANCED, {"resources": [{"name": "cpu", "weight": 2}]}, "resources[0].weight: 2 must be 1"),
        ("VolumeBinding", {"bindTimeoutSeconds": -1}, "Expected `int` >= 0 - at `$.bindTimeoutSeconds`"),
        ("VolumeBinding", {"shape": [{"utilization": 0, "score": 0}]}, "unexpected field `shape`"),
        (AFFINITY, {"addedAffinity": {PREFERRED: [{"weight": 1, "preference": {
            "matchExpressions": [{"key": "a", "operator": "In"}]}}]}},
         f"addedAffinity.{PREFERRED}[0].preference: operator In of 'a' needs values"),
        (AFFINITY, {"addedAffinity": {"required": {}}}, ""),
    ],
)  # fmt: skip
def test_arguments_are_checked_as_by_kube_scheduler(name: str, args: Any, told: str) -> None:
    entry = {"pluginConfig": [{"name": name, "args": args}]}
    if not told:  # unknown fields inside Kubernetes' own types are dropped, as in a manifest
        Profile.from_config(entry, partial=True)
        return
    with pytest.raises(InputError) as refused:
        Profile.from_config(entry, partial=True)
    assert told in str(refused.value)
    assert f"args of {name}" in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"percentageOfNodesToScore": 101}, "Expected `int` <= 100 - at `$.percentageOfNodesToScore`"),
        ({"plugins": {"frob": {}}}, "Object contains unknown field `frob` - at `$.plugins`"),
        ({"plugin": {}}, "Object contains unknown field `plugin`"),
        (
            {"plugins": {"score": {"enabled": [{"name": "NodeName"}]}}},
            "NodeName does not extend score",
        ),
        ({"plugins": {"filter": {"enabled": [{"name": "ImageLocality"}]}}}, "ImageLocality does not extend filter"),
        ({"plugins": {"bind": {"enabled": [{"name": "a"}, {"name": "a"}]}}}, "plugins.bind.enabled: a occurs twice"),
    ],
)
def test_what_no_profile_can_say_is_refused(entry: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        Profile.from_config(entry, partial=True)
    assert told in str(refused.value)


@pytest.mark.parametrize("args", [{"resources": []}, {"resources": [{"name": "cpu", "weight": 0}, {"name": "memory"}]}])
def test_empty_lists_and_weights_are_the_defaults(args: Any) -> None:
    config = [{"name": FIT, "args": {"scoringStrategy": args}}, {"name": BALANCED, "args": args}]
    profile = Profile.from_config({"pluginConfig": config}, partial=True)
    default = Profile.of("kubernetes")
    assert profile.describe()["scores"] == default.describe()["scores"]


@pytest.mark.parametrize(("name", "does"), [("fifo", "orders the queue"), ("easy", "backfills")])
def test_what_kube_scheduler_cannot_do_is_not_written(name: str, does: str) -> None:
    told = f"{name} {does}, which kube-scheduler does not; leave it out: a configuration knows only its own plug-ins"
    with says(InputError, told):
        Profile.of(f"kubernetes+{name}").to_config()
