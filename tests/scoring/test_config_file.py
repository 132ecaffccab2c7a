"""KubeSchedulerConfiguration files: which profile is meant, and what is refused."""

import pytest

from schedlab import InputError, Profile
from schedlab.scoring import config
from schedlab.scoring.backoff import KUBERNETES, NO_BACKOFF, Backoff

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


def test_the_backoff_is_that_of_the_file_for_all_its_profiles(written):
    text = TWO.replace("leaderElection", "podInitialBackoffSeconds: 2\npodMaxBackoffSeconds: 60\nleaderElection")
    for profile in Profile.from_file(written(text), decision_time="5ms").values():
        assert profile.backoff == Backoff(2_000_000, 60_000_000)
        assert profile.describe()["backoff"] == {"initial": 2_000_000, "most": 60_000_000}
        assert profile.describe()["decision_time"] == "5ms"
        entry = profile.to_config()
        assert (entry["podInitialBackoffSeconds"], entry["podMaxBackoffSeconds"]) == (2, 60)
        assert Profile.from_config(entry, decision_time="5ms").describe() == profile.describe()
    one = next(iter(Profile.from_file(written(HEAD + "podInitialBackoffSeconds: 3")).values()))
    assert one.backoff == Backoff(3_000_000, 10_000_000)


def test_the_backoff_is_kube_schedulers_if_a_file_does_not_say_it(written):
    for text in (HEAD, HEAD + "podInitialBackoffSeconds: null", HEAD + "podMaxBackoffSeconds: 10"):
        (profile,) = Profile.from_file(written(text)).values()
        assert profile.backoff == KUBERNETES
        assert "backoff" not in profile.describe()
        assert "podInitialBackoffSeconds" not in profile.to_config()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("podInitialBackoffSeconds: 0", "Expected `int` >= 1 - at `$.podInitialBackoffSeconds`"),
        ("podMaxBackoffSeconds: 2.5", "Expected `int`, got `float` - at `$.podMaxBackoffSeconds`"),
        ("podMaxBackoffSeconds: 99999999999", "Expected `int` <= 2147483647 - at `$.podMaxBackoffSeconds`"),
        (
            "podInitialBackoffSeconds: 20",
            "field podMaxBackoffSeconds: 10 is less than podInitialBackoffSeconds, 20; give at least 20; if it is left "
            "out it is 10",
        ),
        ("podMaxBackoffSecond: 5\npodInitialBackoffSeconds: -1", "`int` >= 1"),
    ],
)
def test_a_backoff_that_kube_scheduler_refuses_is_refused(written, line, told):
    path = written(HEAD + line)
    with pytest.raises(InputError) as refused:
        Profile.from_file(path)
    assert told in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_order_has_no_backoff_and_no_configuration():
    assert Profile.of("best_fit").backoff == KUBERNETES
    for name in ("fifo", "kubernetes+shortest_job", "best_fit+fifo"):
        profile = Profile.of(name)
        assert profile.backoff == NO_BACKOFF
        assert profile.describe()["backoff"] == {"initial": 0, "most": 0}
        with pytest.raises(InputError, match=r"orders the queue, which kube-scheduler does not; leave it out"):
            profile.to_config()
    given = Profile.build("mine", (), [], backoff=Backoff(500_000, 1_000_000))
    with pytest.raises(InputError, match=r"a backoff of 0\.5 s; give whole seconds: a configuration knows no other$"):
        given.to_config()
