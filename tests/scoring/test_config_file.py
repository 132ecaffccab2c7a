"""KubeSchedulerConfiguration files: which profile is meant, and what is refused."""

import pytest

from schedlab import InputError, Profile
from schedlab.scoring import config

HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
TWO = (
    HEAD
    + """
leaderElection: {leaderElect: false}
profiles:
- schedulerName: packing
  plugins:
    multiPoint:
      disabled: [{name: TaintToleration}]
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated}}
- plugins: {multiPoint: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit}]}}
"""
)


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "scheduler.yaml"
        path.write_text(text)
        return path

    return write


def test_the_profile_of_the_pods_scheduler_name_is_taken_else_the_first(written):
    path = written(TWO)
    assert config.load(path, "packing")["schedulerName"] == "packing"
    assert "schedulerName" not in config.load(path, "default-scheduler")
    assert config.load(path, "other")["schedulerName"] == "packing"


def test_a_configuration_without_profiles_is_the_default(written):
    profile = Profile.from_config(config.load(written(HEAD), "x"), partial=True)
    default = Profile.of("kubernetes")
    assert profile.describe() == default.describe() | {"name": "default-scheduler"}


def test_default_plugins_that_do_not_exist_here_are_left_out_or_refused(written):
    entry = config.load(written(TWO), "packing")
    profile = Profile.from_config(entry, partial=True)
    assert {"NodeResourcesFit", "NodeUnschedulable"} <= {plugin.name for plugin in profile.filters}
    assert set(profile.left_out) == set(Profile.of("kubernetes").left_out) - {"TaintToleration"}
    if profile.left_out:
        with pytest.raises(InputError, match="there is no plug-in"):
            Profile.from_config(entry)


def test_a_name_that_is_no_plugin_of_kubernetes_is_refused_all_the_same():
    entry = {"plugins": {"multiPoint": {"enabled": [{"name": "Frob"}]}}}
    with pytest.raises(InputError, match="there is no plug-in 'Frob'"):
        Profile.from_config(entry, partial=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "this is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1"),
        ("- 1", "this is no KubeSchedulerConfiguration"),
        (HEAD + "---\n" + HEAD, "this is no KubeSchedulerConfiguration"),
        (HEAD.replace("v1", "v1beta3"), "this is no KubeSchedulerConfiguration"),
        (HEAD + "profiles: 3", r"field \$.profiles: expected a list"),
        (HEAD + "profiles: [3]", r"field \$.profiles: expected a list"),
        (HEAD + "profiles: [", "broken YAML"),
    ],
)
def test_what_is_no_configuration_is_refused_with_the_files_name(written, text, told):
    with pytest.raises(InputError, match=r"scheduler\.yaml.*: " + told if "field" not in told else told):
        config.load(written(text), "x")


def test_a_wrong_argument_names_the_file(written):
    path = written(HEAD + "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: 3}}]}]")
    with pytest.raises(InputError, match=r"scheduler\.yaml, field args of NodeResourcesFit: "):
        Profile.from_config(config.load(path, "x"), file=path, partial=True)
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        config.load(path.with_name("none.yaml"), "x")
