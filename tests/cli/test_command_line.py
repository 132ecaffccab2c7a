"""The command line: what it prints where, and with which exit status it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schedlab.cli import main
from schedlab.record import Run

ROOT = Path(__file__).parents[2]
SOME = r"\d+"
SMALL = ["--set", "pods=40", "--set", "nodes=4"]
SUITE = """
name: small
traces:
  - {trace: generated, options: {pods: 40, nodes: 4}}
schedulers: [kubernetes, best_fit]
replicates: 2
"""
PLUGINS = """
from schedlab import score

@score
def tightest(pod, nodes):
    return nodes.used["cpu"]

@score
def roomiest(pod, nodes):
    return -nodes.used["memory"]

@score
def broken(pod, nodes):
    raise ValueError("\x1b[31mno such\\nthing")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SUITE)
    Path("my.py").write_text(PLUGINS)
    return tmp_path


def shell(*words, **options):
    """Start the real program."""
    code = "import sys; from schedlab.cli import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_version_and_help_need_no_command(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("schedlab 0.")
    assert main([]) == 0
    assert "bench" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["bench", "replay"])
def test_every_command_has_help_with_an_example(capsys, command):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: schedlab {command}" in out
    assert "--json" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bench", "--frob"], "No such option: --frob"),
        (["frob"], "No such command 'frob'"),
        (["replay"], "Missing argument 'trace' (schedlab replay --help lists what there is)"),
        (["replay", "generated", "--seed", "x"], "'--seed': give a valid integer (schedlab replay --help lists"),
        (["bench", "--workers", "0"], "'--workers': give a number greater than or equal to 1 (schedlab bench"),
        (["bench", "nosuch"], "there is no suite 'nosuch'"),
        (["bench", "broken.yaml"], "suite broken stands for no runs: it has no traces or no schedulers"),
        (["replay", "nosuch"], "there is no trace 'nosuch'"),
        (["replay", "generated", "--scheduler", "best"], "there is no plug-in 'best'"),
        (["replay", "generated", "--scheduler", "random", "--plugin", "my.py:tightest"], "exclude each other"),
        (["replay", "generated", "--plugin", "my.py:tighter"], "my.py: there is no 'tighter' in it"),
        (
            ["replay", "generated", "--decision-time", "5"],
            "decision time '5': '5' is no time; write such as 5ms, 5ms+0.2",
        ),
        (["replay", "generated", "--time-budget", "0"], "--time-budget 0; give a positive number of seconds"),
        (["replay", "generated", "--set", "pods"], "write KEY=VALUE"),
        (["replay", "generated", "--set", "frob=1"], "has no option 'frob'"),
        (["replay", "generated", "--set", "pods=[1"], "is no YAML value"),
        (["replay", "generated", *SMALL, "--out", "."], "is there already and is no run"),
    ],
)
def test_what_is_refused_is_one_line_and_status_2(capsys, folder, words, told):
    Path("broken.yaml").write_text("name: broken\n")
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("schedlab: error: ")
    assert told in printed.err
    assert not Path("results").exists()


def test_a_plugin_that_fails_is_one_line_and_status_1(capsys):
    words = ["replay", "generated", *SMALL, "--plugin", "my.py:broken"]
    assert main(words) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "plug-in broken, pod " in printed.err
    assert "no such thing" in printed.err
    assert "\x1b" not in printed.err
    assert main(["--debug", *words]) == main([*words, "--debug"]) == 1
    assert capsys.readouterr().err.count("Traceback") >= 2


def test_a_plugin_that_hangs_ends_its_run_alone(capsys):
    Path("hung.py").write_text("""from schedlab import score

@score
def hung(pod, nodes):
    while True:
        pass
""")
    assert main(["replay", "generated", *SMALL, "--plugin", "hung.py:hung", "--time-budget", "0.2"]) == 1
    told = "the call took more than 0.2 s, its time budget"
    assert capsys.readouterr().err.endswith(f": TimeoutError: {told}\n")
    Path("small.yaml").write_text(SUITE.replace("best_fit", '"hung.py:hung"') + "\ntime_budget: 0.2\n")
    assert main(["bench", "small.yaml", "--workers", "2", "--json"]) == 1
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [told in run["error"] for run in runs] == [False, True, False, True]


def test_replay_prints_summary_and_hash_and_writes_only_when_asked(capsys, folder):
    before = set(folder.iterdir())
    words = ["replay", "generated", *SMALL, "--scheduler", "best_fit", "--seed", "3"]
    assert main(words) == 0
    first = capsys.readouterr()
    assert first.err == ""
    assert "generated, best_fit, seed 3" in first.out
    assert "wait.p95" in first.out
    assert set(folder.iterdir()) == before
    assert (
        main(["replay", "generated", *SMALL, "--scheduler", "best_fit", "--seed", "3", "--out", "run", "--check"]) == 0
    )
    run = Run.load("run")
    assert f"decisions: {run.manifest['decision_hash']}" in first.out
    assert capsys.readouterr().out.endswith("written to: run\n")
    assert (run.manifest["seed"], run.manifest["workload"]["report"]["seed"]) == (3, 3)


def test_replay_charges_for_decisions(capsys):
    words = ["replay", "generated", *SMALL, "--decision-time"]
    assert main([*words, "5ms", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["manifest"]["profile"]["decision_time"] == "5ms"
    assert 0 < told["summary"]["scheduling_throughput"] < 200  # some decisions are in vain
    assert main([*words, "measured"]) == 0
    printed = capsys.readouterr().out
    assert "note: decision times were measured: made again, the run is another\n" in printed
    assert "backlog.max" in printed


def test_replay_replaces_a_run_only_if_asked(capsys):
    words = ["replay", "generated", *SMALL, "--out", "run"]
    assert main(words) == 0
    before = Path("run/manifest.json").read_bytes()
    capsys.readouterr()
    assert main([*words, "--seed", "7"]) == 2
    told = "schedlab: error: run: a run is there already; name a new folder, or replace it by --fresh\n"
    assert capsys.readouterr() == ("", told)
    assert Path("run/manifest.json").read_bytes() == before
    assert main([*words, "--seed", "7", "--fresh"]) == 0
    assert Run.load("run").manifest["seed"] == 7


def test_an_interrupted_suite_counts_what_is_stored(capsys, monkeypatch):
    assert main(["bench", "small.yaml", "--workers", "1"]) == 0
    capsys.readouterr()
    monkeypatch.setattr("schedlab.experiments.Suite.run", interrupt)
    assert main(["bench", "small.yaml"]) == 130
    assert capsys.readouterr().err == "schedlab: interrupted; 4 runs are stored, run it again to go on\n"
    monkeypatch.setattr("schedlab.experiments.Suite.preview", interrupt)
    assert main(["bench", "small.yaml", "--dry-run"]) == 130
    assert capsys.readouterr().err == "schedlab: interrupted\n"


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_lists_of_commands_hold_whole_sentences_and_groups_have_examples(capsys):
    for group in ([], ["results"], ["trace"], ["plugins"]):
        assert main([*group, "--help"]) == 0
        out = capsys.readouterr().out
        assert "..." not in out.partition("Commands:")[2]
        assert f"Example: schedlab {' '.join(group)}" in out


def test_replay_as_json_is_json_and_the_options_reach_the_loader(capsys):
    assert main(["replay", "generated", *SMALL, "--load", "0.5", "--json"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert printed.err == ""
    assert told["summary"]["placed"] + told["summary"]["pending"] == told["manifest"]["pods"]
    assert told["manifest"]["workload"]["report"]["offered_load_asked"] == 0.5
    assert told["manifest"]["workload"]["report"]["nodes"] == 4


def test_several_plugins_make_one_profile(capsys):
    words = ["replay", "generated", *SMALL, "--plugin", "my.py:tightest", "--plugin", "my.py:roomiest", "--json"]
    assert main(words) == 0
    profile = json.loads(capsys.readouterr().out)["manifest"]["profile"]
    assert profile["name"] == "tightest+roomiest"
    assert [(score["plugin"], score["normalize"]) for score in profile["scores"]] == [
        ("tightest", "min_max"),
        ("roomiest", "min_max"),
    ]


def test_bench_prints_a_table_and_where_the_report_is(capsys, folder):
    assert main(["bench", "small.yaml", "--workers", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "best_fit" in printed.out
    assert printed.out.endswith("report: results/small/report.html\n")
    assert (folder / "results" / "small" / "report.html").is_file()
    assert main(["bench", "small.yaml", "--workers", "1"]) == 0
    assert capsys.readouterr().err == "schedlab: note: 4 of 4 runs were stored already; --fresh makes them again\n"


def test_workers_end_when_their_parent_is_killed(folder):
    Path("small.yaml").write_text(SUITE.replace("pods: 40, nodes: 4", "pods: 20000, nodes: 400"))
    with shell("bench", "small.yaml", "--workers", "2", start_new_session=True) as program:
        deadline = time.monotonic() + 60
        while not list(folder.glob("results/small/traces/*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)  # workers start
        program.kill()
        program.wait()
        while group_lives(program.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not group_lives(program.pid)


def test_bench_as_json_is_json_even_when_a_run_fails(capsys):
    Path("small.yaml").write_text(SUITE.replace("best_fit", '"my.py:broken"'))
    assert main(["bench", "small.yaml", "--workers", "1", "--out", "there", "--json"]) == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["failed"], told["report"]) == (2, "there/report.html")
    assert [run["error"] != "" for run in told["runs"]] == [False, True, False, True]
    (lines,) = told["tables"].values()
    assert [(line["scheduler"], line["runs"]) for line in lines] == [("kubernetes", 2), ("my.py:broken", 0)]
    assert printed.err.count("schedlab: error: ") == 2


def test_a_reader_that_leaves_ends_it_quietly():
    with shell("replay", "generated", *SMALL) as program:
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 130


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_suite_says_how_to_go_on_and_ends_with_its_workers(folder, number, status):
    Path("small.yaml").write_text(SUITE.replace("pods: 40, nodes: 4", "pods: 20000, nodes: 100"))
    with shell("bench", "small.yaml", "--workers", "2", start_new_session=True) as program:
        limit = time.monotonic() + 30
        while not (folder / "results" / "small" / "runs").is_dir() and time.monotonic() < limit:
            time.sleep(0.05)
        time.sleep(0.5)
        os.killpg(program.pid, number) if number == signal.SIGINT else program.send_signal(number)
        out, err = program.communicate(timeout=30)
    assert out == ""
    told = f"schedlab: interrupted; {SOME} runs are stored, run it again to go on\n" if number == signal.SIGINT else ""
    assert re.fullmatch(told, err)
    assert program.returncode == status
    limit = time.monotonic() + 5
    while group_lives(program.pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not group_lives(program.pid)
