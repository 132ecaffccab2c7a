"""``schedlab solve``: what it prints, what it refuses, and how a stored result is checked."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schedlab.cli import main
from schedlab.placement import solve
from schedlab.placement.isolated import isolated
from schedlab.placement.solve import solve_here

BINS = "2\n10 10\n3\n6 2 2\n5 5 2\n4 1 1\n"  # 6+4, 5+5, 6: three bins; the sizes of dimension 1 add up to 26
NODES = "\n".join(
    f"---\n{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, "
    f"status: {{allocatable: {{cpu: '{cpu}', memory: 8Gi, pods: '9'}}}}}}"
    for name, cpu in (("n1", 4), ("n2", 2))
)


def here(ledger, start, seed, mem_limit):
    """Search in this process, which saves the seconds that another takes to begin."""
    return solve_here(ledger, start, seed)


def pod(name, cpu):
    requests = f"{{cpu: '{cpu}', memory: 1Gi}}"
    containers = f"[{{name: c, resources: {{requests: {requests}}}}}]"
    return f"---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: {containers}}}}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with five items to pack, and a cluster of two nodes with three pods, one of them too large."""
    monkeypatch.chdir(tmp_path)
    solver = sys.modules[solve.__module__]
    monkeypatch.setattr(solver, "isolated", lambda *task: (isolated if task[3] < 2**28 else here)(*task))
    Path("five.vbp").write_text(BINS)
    Path("cluster.yaml").write_text(f"{NODES}\n{pod('a', 3)}{pod('b', 2)}{pod('huge', 9)}")
    return tmp_path


def solved(capsys, *words):
    assert main(["solve", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_bins_are_the_objective_of_a_packing_problem(capsys):
    found = solved(capsys, "five.vbp")
    assert (found["status"], found["objective"], found["bound"], found["gap"]) == ("OPTIMAL", 3, 3, 0)
    assert (found["levels"], found["objectives"], found["bounds"]) == (["pods", "nodes"], [5, 3], [5, 3])
    assert len({where["node"] for where in found["placement"].values()}) == 3
    assert found["unplaced"] == []


def test_the_pods_of_manifests_go_where_they_fit_and_the_others_are_told_of(capsys):
    found = solved(capsys, "cluster.yaml", "--objective", "priority, nodes")
    assert found["placement"]["a"]["node"] == "n1"
    assert len(found["placement"]) == 2
    assert [*found["nowhere"].values()] == ["it asks for cpu=9 and no node has more than 4 left"]
    assert found["unplaced"] == [*found["nowhere"]]


def test_the_table_has_a_line_for_each_level_and_why(capsys):
    assert main(["solve", "cluster.yaml"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "cluster: OPTIMAL; 3 pods of 3 classes on 2 nodes of 2 types"
    assert "priority 0 (most) 2 2 0 % counting" in lines
    assert any(line.startswith("nodes (least) 2 2 0 %") for line in lines)
    assert "without a node: 1 pod" in lines
    assert any("huge can go nowhere: it asks for cpu=9" in line for line in lines)


def test_a_trace_is_solved_by_its_name(capsys):
    words = ["generated", "--set", "pods=30", "--set", "nodes=4", "--at", "1h", "--objective", "pods"]
    found = solved(capsys, *words, "--time-limit", "20")
    assert found["objective"] == len(found["placement"]) > 0


def test_the_same_work_gives_the_same_result(capsys):
    one, other = (solved(capsys, "five.vbp", "--work-limit", "5", "--seed", "3") for _ in range(2))
    assert one["placement"] == other["placement"]


def test_a_stored_result_is_checked_by_itself(capsys):
    assert main(["solve", "five.vbp", "--out", "r.json"]) == 0
    assert "written to: r.json" in capsys.readouterr().out
    assert main(["solve", "--verify", "r.json"]) == 0
    assert "nodes: a value of 3, as counted" in capsys.readouterr().out
    assert main(["solve", "--verify", "r.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda parts: parts["result"].update(objective=[5, 2]),
            "wrong: nodes: a value of 2, the placement is worth 3",
        ),
        (lambda parts: parts["result"].update(bound=[5, 4]), "wrong: nodes: the value 3 beats the bound 4"),
        (lambda parts: parts["result"]["placement"].pop("item-1"), "wrong: "),
        (lambda parts: parts["result"]["placement"].update({"item-1": ["bin-9", []]}), "wrong: "),
        (lambda parts: parts["result"].update(status="LIMIT"), "wrong: status LIMIT with a placement"),
    ],
)
def test_a_result_that_was_changed_is_found_out(capsys, change, told):
    assert main(["solve", "five.vbp", "--out", "r.json"]) == 0
    parts = json.loads(Path("r.json").read_text())
    change(parts)
    Path("r.json").write_text(json.dumps(parts))
    capsys.readouterr()
    assert main(["solve", "--verify", "r.json"]) == 1
    printed = capsys.readouterr().out
    assert told in printed
    assert printed.endswith("it is not what it says\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give either a FILE to solve or --verify RESULT"),
        (["five.vbp", "--verify", "r.json"], "give either a FILE to solve or --verify RESULT"),
        (["none.vbp"], "none.vbp: cannot be read"),
        (["negative.vbp"], "negative.vbp, row 4: a size of -6 in dimension 1; sizes are 0 or more"),
        (["five.vbp", "--objective", "node"], "there is no objective 'node'; known: nodes"),
        (["five.vbp", "--objective", "nodes,nodes"], "name each once"),
        (["five.vbp", "--format", "vpb"], "--format 'vpb'; known: vbp"),
        (["cluster.yaml", "--format", "vbp"], "read as vbp, cluster.yaml, row 1"),
        (["cluster.yaml", "--format", "vbp"], "(its name says manifests)"),
        (["cluster.yaml", "--at", "6h"], "--at is for traces, and cluster.yaml is read as manifests"),
        (["five.vbp", "--set", "pods=3"], "--set is for traces, and five.vbp is read as vbp"),
        (["five.vbp", "--time-limit", "-3"], "--time-limit: '-3' is negative"),
        (["five.vbp", "--work-limit", "-3"], "'--work-limit': give a number greater than or equal to 0"),
        (["five.vbp", "--mem-limit", "lots"], "--mem-limit: 'lots' is not a quantity"),
        (["five.vbp", "--out", "no/r.json"], "no/r.json: there is no such folder"),
        (["--verify", "none.json"], "none.json: cannot be read"),
        (["--verify", "five.vbp"], "five.vbp: no JSON"),
        (["--verify", "other.json"], "other.json, field version: version None"),
        (["opnb"], "there is no trace 'opnb'"),
    ],
)
def test_what_is_refused_is_one_line_and_status_2(capsys, words, told):
    Path("negative.vbp").write_text(BINS.replace("6 2 2", "-6 2 2"))
    Path("other.json").write_text("{}")
    assert main(["solve", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(("words", "status"), [(["--time-limit", "0"], "LIMIT"), (["--mem-limit", "1MiB"], "ERROR")])
def test_a_search_that_finds_nothing_says_why_and_fails(capsys, words, status):
    assert main(["solve", "five.vbp", *words, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["objective"], found["placement"]) == (status, None, {})
    assert found["reason"]


def test_an_interrupt_gives_the_best_so_far(data, folder):
    code = "import sys\nfrom schedlab.cli import main\nif __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n"
    (folder / "run.py").write_text(code)
    words = [sys.executable, "run.py", "solve", "openb", "--objective", "weight", "--time-limit", "100", "--json"]
    env = os.environ | {"SCHEDLAB_DATA": str(data)}
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    time.sleep(8)
    run.send_signal(signal.SIGINT)
    printed, complaints = run.communicate(timeout=60)
    assert (run.returncode, complaints) == (0, "")
    found = json.loads(printed)
    assert (found["status"], found["reason"]) == ("FEASIBLE", "interrupted")
    assert 0 < found["objective"] < found["bound"]
