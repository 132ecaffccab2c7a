"""Manifests in and out: stories, complaints, and the round trip of random objects."""

import gzip
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.errors import InputError
from schedlab.objects import Node, Pod, Quantity, RawObject, decode_object, dump_manifests, load_manifests

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: null
  creationTimestamp: 2024-01-01T00:00:00Z
spec:
  unknownField: 7
  containers:
  - name: main
    image: 'nginx'
    resources:
      requests: {cpu: 010, memory: 1e3, nvidia.com/gpu: null}
      limits: {cpu: 8.5}
  nodeSelector: {disk: null}
  tolerations: null
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: team-a}
spec: {replicas: 3, odd: null, when: 2024-01-01, ratio: 1:30}
"""


def pods(source: Any) -> list[Pod]:
    loaded = load_manifests(source)
    assert all(isinstance(pod, Pod) for pod in loaded)
    return [pod for pod in loaded if isinstance(pod, Pod)]


def amount(text: str) -> Quantity:
    return Quantity.parse(text)


def test_a_pod_is_read_as_kubernetes_reads_it() -> None:
    [pod] = pods(POD)
    resources = pod.spec.containers[0].resources
    assert resources.requests == {"cpu": amount("8"), "memory": amount("1e3"), "nvidia.com/gpu": amount("0")}
    assert resources.limits == {"cpu": amount("8500m")}
    assert (pod.metadata.key, pod.metadata.labels, pod.spec.tolerations) == ("default/web", {}, [])
    assert pod.metadata.creation_timestamp == "2024-01-01T00:00:00Z"
    assert pod.spec.node_selector == {"disk": ""}
    assert (pod.api_version, pod.kind) == ("v1", "Pod")


def test_a_node_without_allocatable_offers_its_capacity() -> None:
    [node] = load_manifests("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {capacity: {cpu: 4}}")
    assert isinstance(node, Node)
    assert node.status.allocatable == {"cpu": amount("4")}


def test_other_kinds_are_kept_whole() -> None:
    [other] = load_manifests(DEPLOYMENT)
    assert isinstance(other, RawObject)
    assert (other.api_version, other.kind, other.metadata.key) == ("apps/v1", "Deployment", "team-a/d")
    assert other.raw["spec"] == {"replicas": 3, "odd": None, "when": "2024-01-01", "ratio": "1:30"}
    assert load_manifests(dump_manifests([other])) == [other]


def test_a_part_used_twice_is_written_twice() -> None:
    part = {"cpu": 1}
    both = decode_object({"apiVersion": "b/v1", "kind": "Job", "spec": {"one": part, "two": part}})
    assert dump_manifests([both]).endswith("spec:\n  one:\n    cpu: 1\n  two:\n    cpu: 1\n")


def test_a_kind_called_pod_in_another_group_is_no_pod() -> None:
    [other] = load_manifests("apiVersion: example.com/v1\nkind: Pod\nmetadata: {name: x}\n")
    assert isinstance(other, RawObject)


def test_documents_lists_and_empty_documents() -> None:
    items = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}, "kind": "Pod"}]
    listed = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": items})
    assert [pod.metadata.name for pod in pods(listed)] == ["a", "b"]
    assert [pod.metadata.name for pod in pods(f"---\n---\n{POD}---\n{listed}\n---\n")] == ["web", "a", "b"]
    assert [pod.metadata.name for pod in pods(f"{listed}\n{listed}")] == ["a", "b", "a", "b"]
    assert load_manifests("apiVersion: v1\nkind: List\nitems: null\n") == load_manifests("") == []
    [other] = load_manifests('{"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {}}]}')
    assert (other.api_version, other.kind) == ("apps/v1", "Deployment")


def test_paths_and_open_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pods.yaml"
    path.write_text("\ufeff" + POD, encoding="utf-8")
    assert pods(path) == pods(str(path)) == pods(io.StringIO(POD)) == pods(POD)


def test_what_is_written_says_what_it_is() -> None:
    texts = dump_manifests(pods(POD)), dump_manifests(pods(POD), json=True)
    assert texts[0].startswith("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n")
    assert (json.loads(texts[1])["kind"], "status" in json.loads(texts[1])) == ("Pod", False)
    assert json.loads(dump_manifests(pods(POD) * 2, json=True))["kind"] == "List"
    assert "memory: '1e3'" in texts[0]  # bare, other readers would take it for a number


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            ("memory: 1e3", "memory: 1 Gi"),
            "field $.spec.containers[0].resources.requests.memory: Pod web: '1 Gi' is not a quantity; "
            "write a number with an optional suffix: 500m, 2Gi or 1e3",
        ),
        (
            ("nvidia.com/gpu: null", "nvidia.com/gpu: -1"),
            "field $.spec.containers[0].resources.requests['nvidia.com/gpu']: Pod web: '-1' is negative; "
            "write 0 or more",
        ),
        (
            ("cpu: 8.5", "cpu: -8"),
            "field $.spec.containers[0].resources.limits.cpu: Pod web: '-8' is negative; write 0 or more",
        ),
        (
            ("cpu: 8.5", "cpu: yes"),
            "field $.spec.containers[0].resources.limits.cpu: Pod web: True is not a quantity; "
            "write a number with an optional suffix: 500m, 2Gi or 1e3",
        ),
        (("name: web", "name: 3"), "field $.metadata.name: Pod 3: expected str, got int; put it in quotes"),
        (("name: web", "name: ''"), "field $.metadata.name: the Pod has no name; give it one"),
        (
            ("labels: null", "labels: {a: x, on: x, b: 5}"),
            "field $.metadata.labels: Pod web: a key: expected str, got bool; put it in quotes",
        ),
        (
            ("labels: null", "labels: {a: x, b: 5}"),
            "field $.metadata.labels.b: Pod web: expected str, got int; put it in quotes",
        ),
        (("  - name: main\n", "  -\n"), "field $.spec.containers[0].name: Pod web: name is missing; add it"),
        (
            ("tolerations: null", "tolerations: [{operator: Same}]"),
            "field $.spec.tolerations[0].operator: Pod web: 'Same' is not allowed; write Equal or Exists",
        ),
        (
            ("tolerations: null", "tolerations: {}"),
            "field $.spec.tolerations: Pod web: expected array, got object; write a list",
        ),
        (
            ("tolerations: null", "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: No}]"),
            "field $.spec.topologySpreadConstraints[0].whenUnsatisfiable: Pod web: expected str, got bool; "
            "put it in quotes",
        ),
        (
            ("tolerations: null", "preemptionPolicy: Ever"),
            "field $.spec.preemptionPolicy: Pod web: 'Ever' is not allowed; write PreemptLowerPriority or Never",
        ),
        (("apiVersion: v1", "apiVersion: v2"), "field $.apiVersion: Pod web: 'v2' is not allowed; write v1"),
        (
            ("kind: Pod\n", ""),
            "field $.kind: kind is missing or not a text; write one, such as kind: Pod",
        ),
    ],
)
def test_a_complaint_names_file_document_field_and_mend(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = tmp_path / "pods.yaml"
    assert change[0] in POD
    path.write_text(f"{DEPLOYMENT}---\n{POD.replace(*change)}")
    with pytest.raises(InputError) as caught:
        load_manifests(path)
    assert str(caught.value) == f"{path}, row 2, {complaint}"


def test_an_ill_formed_selector_is_found() -> None:
    constraint = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In"}]},
    }
    with pytest.raises(
        InputError, match=r"\$\.spec\.top.*matchExpressions\[0\]: Pod p: operator In of 'app' needs val"
    ):
        decode_object({"metadata": {"name": "p"}, "spec": {"topologySpreadConstraints": [constraint]}}, "Pod")


def test_an_item_of_a_list_is_named() -> None:
    listed = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a"}}, {"metadata": {}}]}
    with pytest.raises(InputError, match=r"^row 1, field \$\.items\[1\]\.metadata\.name: the Pod has no name"):
        load_manifests(json.dumps(listed))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{POD}---\na: [1, 2\nb: 3\n", r"^row 2: broken YAML at line 19, column 2: "),
        ("a: b\n c: d\n", "^row 1: broken YAML at line 2, column 3: "),
        ('{"a": 1,,}', "^row 1: broken YAML at line 1, column 9: "),
        ("a: b\nc: \x01\n", "^row 1: broken YAML at line 2: control characters are not allowed"),
        ("a: !!bool 5\nb: 1\n", "^row 1: broken YAML: a value does not fit its tag"),
        ("a: !!python/object:os.system {}\nb: 1\n", "could not determine a constructor"),
        ('{"a":' * 100_000, "^row 1: broken JSON: nested too deeply"),
        ("- 1\n- 2\n", r"^row 1, field \$: expected an object, got \[1, 2\]; write apiVersion"),
    ],
)
def test_broken_text_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_manifests(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read: No such file or directory; check the path"):
        load_manifests(tmp_path / "none.yaml")
    (tmp_path / "latin").write_bytes(b"\xe9: 1")
    with pytest.raises(InputError, match=r"latin: is not UTF-8 text"):
        load_manifests(tmp_path / "latin")


words = st.one_of(
    st.text(max_size=6), st.sampled_from(["1e3", "0o7", "1:30", "no", "null", "2024-01-01", "=", "007", "~"])
)
texts = st.dictionaries(words, words, max_size=3)
quantities = st.builds("{}{}".format, st.integers(0, 10**12), st.sampled_from(["", "m", "Mi", "e3", "n"]))
amounts = st.dictionaries(words, quantities, max_size=3)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A manifest's mapping with any of the fields; those that end in an underscore are always there."""
    must = {name.rstrip("_"): value for name, value in fields.items() if name.endswith("_")}
    return st.fixed_dictionaries(must, optional={n: value for n, value in fields.items() if not n.endswith("_")})


def some(item: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(item, max_size=2)


requirement = record(key_=st.just("k"), operator_=st.sampled_from(["In", "NotIn"]), values_=st.just(["a", "007"]))
selector = record(matchLabels=texts, matchExpressions=some(requirement))
spread = record(
    maxSkew_=st.integers(1, 9),
    topologyKey_=words,
    whenUnsatisfiable_=st.just("ScheduleAnyway"),
    labelSelector=selector,
    minDomains=st.integers(1, 9),
    nodeTaintsPolicy=st.just("Honor"),
)
near = record(topologyKey_=words, labelSelector=selector, namespaces=some(words), namespaceSelector=selector)
affinity = record(
    nodeAffinity=st.fixed_dictionaries(
        {
            "requiredDuringSchedulingIgnoredDuringExecution": record(
                nodeSelectorTerms=some(record(matchExpressions=some(requirement), matchFields=some(requirement)))
            ),
            "preferredDuringSchedulingIgnoredDuringExecution": some(
                record(weight_=st.integers(1, 100), preference_=record(matchExpressions=some(requirement)))
            ),
        }
    ),
    podAntiAffinity=st.fixed_dictionaries({"requiredDuringSchedulingIgnoredDuringExecution": some(near)}),
)
resources = record(requests=amounts, limits=amounts)
port = record(containerPort=st.integers(1, 99), hostPort=st.integers(0, 99), hostIP=words, protocol=st.just("UDP"))
container = record(name_=words, image=words, resources=resources, ports=some(port), restartPolicy=st.just("Always"))
metadata = record(name_=words.filter(bool), namespace=words, labels=texts, annotations=texts, creationTimestamp=words)
pod_spec = record(
    containers=some(container),
    initContainers=some(container),
    nodeName=words,
    nodeSelector=texts,
    affinity=affinity,
    tolerations=some(record(key=words, operator=st.just("Exists"), tolerationSeconds=st.integers(0, 9))),
    topologySpreadConstraints=some(spread),
    priority=st.integers(-9, 9),
    overhead=amounts,
    resources=resources,
    schedulingGates=some(record(name_=words)),
    volumes=some(record(name_=words, persistentVolumeClaim=record(claimName_=words), ephemeral=st.just({"a": {}}))),
    hostNetwork=st.booleans(),
)
pod_status = record(
    phase=st.sampled_from(["Pending", "Running"]),
    containerStatuses=some(record(name_=words, resources=resources, allocatedResources=amounts)),
    conditions=some(record(type_=words, reason=words)),
)
node_spec = record(unschedulable=st.booleans(), taints=some(record(key_=words, effect_=st.just("NoExecute"))))
node_status = record(capacity=amounts, allocatable=amounts, images=some(record(names=some(words))))
manifests = st.one_of(
    record(apiVersion_=st.just("v1"), kind_=st.just("Pod"), metadata_=metadata, spec=pod_spec, status=pod_status),
    record(apiVersion_=st.just("v1"), kind_=st.just("Node"), metadata_=metadata, spec=node_spec, status=node_status),
    record(apiVersion_=st.just("batch/v1"), kind_=st.just("Job"), metadata_=metadata, spec=plain),
)


@given(st.lists(manifests, max_size=3), st.booleans())
def test_what_is_written_is_read_back_equal(raw: list[dict[str, Any]], as_json: bool) -> None:
    objects = [decode_object(manifest) for manifest in raw]
    assert load_manifests(dump_manifests(objects, json=as_json)) == objects


def test_every_manifest_of_the_reference_data_comes_back_equal(data: Path) -> None:
    with gzip.open(data / "golden/kube-1.34/default.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in itertools.islice(lines, 30)]
    objects = [decode_object(raw) for case in cases for raw in case["objects"]]
    objects += [decode_object(raw, "Node") for case in cases for raw in case["nodes"]]
    objects += [decode_object(raw, "Pod") for case in cases for raw in [*case["pods"], case["pending"]]]
    assert len(objects) > 500
    assert load_manifests(dump_manifests(objects)) == objects


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            "topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]",
            "field $.spec.topologySpreadConstraints[0].maxSkew: Pod a: the number is out of range; write one >= 1",
        ),
        (
            "affinity: {nodeAffinity: "
            "{preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: {}}]}}",
            "field $.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Pod a: the "
            "number is out of range; write one <= 100",
        ),
    ],
)
def test_numbers_that_the_api_server_refuses(tmp_path: Path, spec: str, told: str) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(
        f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: c}}], {spec}}}}}"
    )
    with pytest.raises(InputError) as refused:
        load_manifests(file)
    assert told in str(refused.value)
