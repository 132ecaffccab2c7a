"""Run: what is saved is what is read back, and what cannot be read is refused in one line."""

import json

import pandas as pd
import pyarrow as pa
import pytest
from handmade import made_run
from worlds import node, play, pod

from schedlab import InputError, Run
from schedlab.record import TABLES

FILES = ["manifest.json", *(f"{name}.parquet" for name in TABLES)]


@pytest.fixture(scope="module", params=["kubernetes", "best_fit"])
def run(request):
    """A run with every kind of decision, a null wherever there may be one, and a node name that comes back."""
    nodes = [node("n0", memory=1000, zone="z", rack="r"), node("n1", memory=1000)]
    pods = [
        pod("a", 0, 100, cpu=600, memory=100, uses={0: 100, 9: 1001}),
        pod("b", 1, 100, cpu=600, memory=100, limits={"cpu": 700}),
        pod("näher & <weiter>", 2, 5, cpu=2000),
        pod("d", 3, 1, cpu=100, priority=3),
    ]
    events = [(4, "cordon", "n1"), (5, "uncordon", "n1"), (6, "remove", "n1"), (7, "add", "n1")]
    return play(nodes, pods, events, scheduler=request.param)


def test_the_run_has_what_the_round_trip_is_to_keep(run):
    assert set(run.decisions["verb"]) == {"bind", "wait", "evict"}
    assert run.nodes["node"].tolist() == ["n0", "n1", "n1"]
    assert all(table.num_rows for table in run.tables.values())


def test_save_and_load_give_the_same_run(run, tmp_path):
    run.save(tmp_path / "new" / "folder")
    read = Run.load(tmp_path / "new" / "folder")
    assert read.manifest == run.manifest
    assert list(read.tables) == list(run.tables) == list(TABLES)
    for name, table in run.tables.items():
        assert read.tables[name].schema.equals(table.schema, check_metadata=True), name
        assert read.tables[name].equals(table), name
        pd.testing.assert_frame_equal(getattr(read, name), getattr(run, name))


def test_saving_again_replaces_what_was_there(run, tmp_path):
    for each in (play([node("n0")], [pod("other", 0, 1)]), run):
        each.save(str(tmp_path))
    assert Run.load(str(tmp_path)).manifest == run.manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_saved_run_is_plain_json_and_parquet(run, tmp_path):
    run.save(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="ascii")) == run.manifest
    frame = pd.read_parquet(tmp_path / "pods.parquet")
    pd.testing.assert_frame_equal(frame, run.pods)


def test_the_tables_are_frames_made_once(run):
    assert run.pods is run.pods
    assert run.pods["bound"].isna().sum() == run.tables["pods"]["bound"].null_count > 0
    assert [len(getattr(run, name)) for name in TABLES] == [run.tables[name].num_rows for name in TABLES]


def test_a_run_says_what_it_is(run):
    assert repr(run) == f"<Run {run.manifest['scheduler']} on tiny, seed 0>"
    assert repr(Run({})) == "<Run None on None, seed None>"


def refusal(folder):
    with pytest.raises(InputError) as error:
        dict(Run.load(folder).tables)  # each is read when it is asked for
    line = str(error.value)
    assert line.startswith(str(folder))
    assert line.endswith("make the run again")
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_and_named(run, tmp_path, name):
    run.save(tmp_path)
    (tmp_path / name).unlink()
    assert name in refusal(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_a_damaged_file_is_refused(run, tmp_path, name, damage):
    run.save(tmp_path)
    whole = (tmp_path / name).read_bytes()
    damaged = {"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\xff\xfe\x00" * 100}[damage]
    (tmp_path / name).write_bytes(damaged)
    assert name in refusal(tmp_path)


def test_a_manifest_that_is_no_mapping_is_refused(run, tmp_path):
    run.save(tmp_path)
    (tmp_path / "manifest.json").write_text("[1, 2]")
    refusal(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match=f"^there is no folder {tmp_path}/nowhere; name a folder that a run was"):
        Run.load(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    refusal(tmp_path / "file")


def test_an_interrupted_save_is_no_run(run, tmp_path, monkeypatch):
    def full(table, where, **options):
        raise OSError("disk full")

    run.save(tmp_path)  # an older run
    monkeypatch.setattr("schedlab.record.pq.write_table", full)
    with pytest.raises(OSError, match="disk full"):
        run.save(tmp_path)
    refusal(tmp_path)


def test_tables_of_any_size_make_a_round_trip(tmp_path):
    tables = {name: pa.table({"time": pa.array([], pa.int64())}) for name in TABLES}
    Run(tables, {"seed": 1}).save(tmp_path)
    assert all(Run.load(tmp_path).tables[name].equals(tables[name]) for name in TABLES)


def test_a_notebook_shows_what_the_run_is_and_its_tables():
    shown = made_run([{"pod": i} for i in range(9)], scheduler="<i>mine</i>")._repr_html_()
    assert "&lt;i&gt;mine&lt;/i&gt;" in shown
    assert "<td>pods</td><td>9</td><td>" in shown
    assert "<i>" not in shown
