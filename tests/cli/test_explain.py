"""``schedlab explain``: what kubectl prints in, tables or the golden structure out."""

import gzip
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from schedlab import Profile
from schedlab.cli import explanation, main
from schedlab.testing.golden import difference

CLUSTER = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: a, managedFields: []},
   status: {allocatable: {cpu: 4, memory: 8Gi, pods: 9}}}
- {apiVersion: v1, kind: Node, metadata: {name: b}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 9}}}
- {apiVersion: v1, kind: Node, metadata: {name: c}, status: {allocatable: {cpu: 8, memory: 8Gi, pods: 9}}}
- {apiVersion: v1, kind: Node, metadata: {name: d}, spec: {unschedulable: true},
   status: {allocatable: {cpu: 8, memory: 8Gi, pods: 9}}}
- {apiVersion: v1, kind: Node, metadata: {name: e}, status: {allocatable: {cpu: 500m, memory: 1Gi, pods: 9}}}
- {apiVersion: v1, kind: Pod, metadata: {name: x}, status: {phase: Running},
   spec: {nodeName: c, containers: [{name: c, resources: {requests: {cpu: 6, memory: 6Gi}}}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: y}, status: {phase: Succeeded}, spec: {nodeName: c}}
- {apiVersion: v1, kind: Secret, metadata: {name: s}}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {containers: [{name: c, resources: {requests: %s}}]}\n"
CONFIG = """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]
  plugins:
    multiPoint: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit, weight: 3}]}
"""
PLUGIN = """
from schedlab import score

@score
def last(pod, nodes):
    return nodes.rank

@score
def broken(pod, nodes):
    raise ValueError("oh")
"""
WORDS = ["explain", "-f", "cluster.yaml", "--pod", "pod.yaml"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cluster.yaml").write_text(CLUSTER)
    Path("pod.yaml").write_text(POD % ("p", "{cpu: 1, memory: 2Gi}"))
    Path("scheduler.yaml").write_text(CONFIG)
    Path("my.py").write_text(PLUGIN)
    return tmp_path


def lines(capsys):
    return [re.sub(r"(?<=( |─))\1+", "", line).strip() for line in capsys.readouterr().out.splitlines()]


def test_json_is_the_golden_structure_and_notes_go_to_stderr(capsys):
    assert main([*WORDS, "--config", "scheduler.yaml", "--json"]) == 0
    printed = capsys.readouterr()
    fit = {"raw": {"a": 25, "b": 25, "c": 93}, "normalized": {"a": 25, "b": 25, "c": 93}, "weight": 3}
    unresolvable = {"ok": False, "plugin": "NodeResourcesFit", "code": "UnschedulableAndUnresolvable"}
    assert json.loads(printed.out) == {
        "filter": {
            **{name: {"ok": True} for name in "abcd"},
            "e": unresolvable | {"reasons": ["Insufficient cpu", "Insufficient memory"]},
        },
        "scores": {"NodeResourcesFit": {**fit, "raw": fit["raw"] | {"d": 18}, "normalized": fit["raw"] | {"d": 18}}},
        "total": {"a": 75, "b": 75, "c": 279, "d": 54},
        "best": ["c"],
    }
    assert printed.err.splitlines() == [
        "schedlab: note: 1 unknown field ignored: Node metadata.managedFields (1)",
        "schedlab: note: 1 object of other kinds ignored: Secret (1)",
        "schedlab: note: 1 finished pod left out",
    ]


def test_recorded_cases_agree_through_files(capsys, data):
    with gzip.open(data / "golden/kube-1.34/resources.jsonl.gz", "rt") as file:
        cases = [json.loads(line) for _, line in zip(range(6), file, strict=False)]
    head = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}
    for case in cases:
        objects = [
            {"apiVersion": "v1", "kind": kind} | each for kind in ("Node", "Pod") for each in case[f"{kind.lower()}s"]
        ]
        Path("cluster.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects}))
        Path("pod.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod"} | case["pending"]))
        Path("scheduler.yaml").write_text(yaml.safe_dump(head | {"profiles": [case["profile"]]}))
        assert main([*WORDS, "--config", "scheduler.yaml", "--json"]) == 0
        assert difference(case["expect"], json.loads(capsys.readouterr().out)) is None


def test_the_tables_tell_the_tie_the_scores_and_the_reasons(capsys):
    assert main([*WORDS, "--scheduler", "NodeResourcesFit:2"]) == 0
    assert lines(capsys) == [
        "default/p under NodeResourcesFit:2: 3 of 5 nodes feasible",
        "best: 2 nodes tie with total 150: a, b",
        "",
        "feasible nodes by total",
        "NodeResourcesFit",
        "weight 2",
        "# node total raw normalised weighted",
        "─",
        "1 a 150 75 75 150",
        "1 b 150 75 75 150",
        "3 c 12 6 6 12",
        "",
        "2 nodes rejected, by the first filter that does",
        "eviction",
        "node filter reasons could help",
        "─",
        "d NodeUnschedulable node(s) were unschedulable no",
        "e NodeResourcesFit Insufficient cpu no",
        "Insufficient memory",
        "",
    ]


def test_of_many_nodes_the_best_are_shown_and_the_rejected_counted(capsys):
    node = "---\n{apiVersion: v1, kind: Node, metadata: {name: n%d}, status: {allocatable: "
    node += "{cpu: %s, memory: 9Gi, pods: 9}}}\n"
    Path("cluster.yaml").write_text("".join(node % (i, "500m" if i % 3 else 2 + i) for i in range(900)))
    assert main([*WORDS, "--scheduler", "NodeResourcesFit", "--top", "2"]) == 0
    told = lines(capsys)
    assert re.fullmatch(r"best: \d+ nodes tie with total 88: n\d+, n\d+, n\d+ and \d+ more", told[1])
    assert "feasible nodes by total (the first 2 of 300)" in told
    assert "600 nodes rejected, by the first filter that does" in told
    assert "600 NodeResourcesFit Insufficient cpu no n1" in told
    assert len(told) < 20


def test_a_pod_that_fits_nowhere_is_an_answer_not_an_error(capsys):
    Path("pod.yaml").write_text(POD % ("p", "{cpu: 100}"))
    assert main(WORDS) == 0
    told = lines(capsys)
    assert told[:2] == [
        "default/p under kubernetes: 0 of 5 nodes feasible",
        "it fits nowhere: 1 node(s) were unschedulable, 4 Insufficient cpu",
    ]
    assert not any("by total" in line for line in told)


def test_what_is_skipped_is_told(capsys):
    Path("pod.yaml").write_text(POD % ("p", "{}"))
    assert main(WORDS) == 0
    (told,) = [line for line in lines(capsys) if line.startswith("scores skipped for this pod: ")]
    assert "NodeResourcesBalancedAllocation" in told.partition(": ")[2].split(", ")


def test_names_are_not_markup_and_do_not_command_the_terminal(capsys):
    Path("pod.yaml").write_text(POD % ('"[red]p[/red]\\e[31m"', "{cpu: 1}"))
    Path("cluster.yaml").write_text(
        CLUSTER.replace("name: a,", 'name: "[bold]a[/]\\e[2J",').replace("name: e", "name: '[/e]'")
    )
    assert main([*WORDS, "--scheduler", "best_fit"]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "default/[red]p[/red]\N{REPLACEMENT CHARACTER}[31m under" in printed
    assert "[bold]a[/]\N{REPLACEMENT CHARACTER}[2J" in printed
    assert "[/e] " in printed


def test_a_plugin_of_ones_own_and_stdin(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(CLUSTER))
    assert main(["explain", "-f", "-", "--pod", "pod.yaml", "--plugin", "my.py:last", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] == ["c"]


def test_stdin_that_is_no_text_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    assert main(["explain", "-f", "-", "--pod", "pod.yaml"]) == 2
    assert capsys.readouterr().err == "schedlab: error: is not UTF-8 text; save it as UTF-8\n"


def test_files_may_be_several(capsys):
    items = yaml.safe_load(CLUSTER)["items"]
    Path("nodes.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items[:5]}))
    Path("pods.yaml").write_text(yaml.safe_dump_all(items[5:]))
    split = ["explain", "-f", "nodes.json", "--file", "pods.yaml", "--pod", "pod.yaml", "--json"]
    assert main(split) == 0
    several = json.loads(capsys.readouterr().out)
    assert main([*WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == several


def test_a_pod_that_runs_already_is_placed_as_if_it_did_not(capsys):
    Path("pod.yaml").write_text((POD % ("x", "{cpu: 6}")).replace("spec: {", "spec: {nodeName: c, "))
    assert main([*WORDS, "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["best"] == ["c"]
    assert "note: pod default/x is in the cluster too, and left out there\n" in printed.err
    assert "note: pod default/x names a node already, c; it is placed as if it did not\n" in printed.err


def test_what_the_profile_lacks_is_noted(capsys):
    assert main(WORDS) == 0
    missing = Profile.of("kubernetes").left_out
    assert (f"these plug-ins do not exist here: {', '.join(missing)}\n" in capsys.readouterr().err) == bool(missing)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["explain", "--pod", "pod.yaml"], "Missing option '-f'"),
        (["explain", "-f", "cluster.yaml"], "Missing option '--pod'"),
        ([*WORDS, "--top", "0"], "--top"),
        ([*WORDS, "--scheduler", "nosuch"], "there is no plug-in 'nosuch'"),
        ([*WORDS, "--plugin", "my.py:nosuch"], "my.py: there is no 'nosuch' in it"),
        ([*WORDS, "--config", "scheduler.yaml", "--plugin", "my.py:last"], "exclude each other"),
        ([*WORDS, "--config", "nosuch.yaml"], "nosuch.yaml: cannot be read"),
        ([*WORDS, "--config", "pod.yaml"], "pod.yaml: this is no KubeSchedulerConfiguration"),
        ([*WORDS, "-f", "nosuch.yaml"], "nosuch.yaml: cannot be read"),
        ([*WORDS, "-f", "broken.yaml"], "broken.yaml, row 1: broken YAML"),
        ([*WORDS, "-f", "cluster.yaml"], "stands in the cluster's manifests 2 times"),
        (["explain", "-f", "pod.yaml", "--pod", "pod.yaml"], "there is no node in the cluster's manifests"),
        (["explain", "-f", "cluster.yaml", "--pod", "cluster.yaml"], "cluster.yaml: there are 2 pods in it"),
        (["explain", "-f", "cluster.yaml", "--pod", "wrong.yaml"], "wrong.yaml, row 1, field $.spec.containers[0]"),
    ],
)
def test_what_is_refused_is_one_line_and_status_2(capsys, words, told):
    Path("broken.yaml").write_text("{")
    Path("wrong.yaml").write_text(POD % ("p", "{cpu: lots}"))
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("schedlab: error: ")
    assert told in printed.err


def test_a_plugin_that_fails_is_status_1(capsys):
    assert main([*WORDS, "--plugin", "my.py:broken"]) == 1
    assert "plug-in broken, pod p" in capsys.readouterr().err


def test_a_narrow_terminal_gets_scores_below_one_another(capsys, monkeypatch):
    monkeypatch.setattr(explanation, "width", lambda: 60)
    assert main(WORDS) == 0
    told = lines(capsys)
    start = told.index("# node, scores raw norm. weight weighted")
    assert told[start + 2].startswith("1 a ")
    assert set(told[start + 3 : start + 9]) > {
        "TaintToleration 0 100 3 300",
        "NodeResourcesFit 75 75 1 75",
        "NodeResourcesBalancedAllocation 100 100 1 100",
    }


def test_help_has_an_example(capsys):
    assert main(["explain", "--help"]) == 0
    assert "Example: schedlab explain -f cluster.yaml --pod pod.yaml" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_terminal_no_line_is_longer_than_it(folder):
    """rich asks the terminal how wide it is."""
    inner, outer = pty.openpty()
    code = "import sys; from schedlab.cli import main; sys.exit(main())"
    environment = os.environ | {"COLUMNS": "80", "LINES": "40"}
    done = subprocess.run(
        [sys.executable, "-c", code, *WORDS], stdout=outer, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(outer)
    assert done.returncode == 0
    text = os.read(inner, 100_000).decode()
    os.close(inner)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()
    assert any("NodeResourcesBalanced" in line for line in plain)
    assert max(map(len, plain)) <= 80


def test_a_pod_that_may_go_nowhere_whatever_the_node_is_told_so_once(capsys):
    spec = "{volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}"
    Path("pod.yaml").write_text(f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}")
    assert main(WORDS) == 0
    reason = 'persistentvolumeclaim "data" not found'
    assert lines(capsys)[:2] == [
        "default/p under kubernetes: 0 of 5 nodes feasible",
        f"it fits nowhere, whatever the node: {reason}",
    ]
    claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {volumeName: w}}"
    Path("claim.yaml").write_text(claim)
    assert main([*WORDS, "-f", "claim.yaml"]) == 0
    assert "pod has unbound immediate PersistentVolumeClaims" in capsys.readouterr().out
