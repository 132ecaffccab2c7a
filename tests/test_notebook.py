"""What objects show in a notebook: what they are, every text escaped."""

from tiny import node, pod

from schedlab import Cluster, Profile, Suite, score
from schedlab.experiments.progress import bar
from schedlab.notebook import shown


def test_texts_are_escaped():
    assert shown("<a>", ["<b>"], [["<c>"]]) == (
        "<p>&lt;a&gt;</p><table><thead><tr><th>&lt;b&gt;</th></tr></thead><tbody><tr><td>&lt;c&gt;</td></tr></tbody></table>"
    )
    assert "<i>" not in bar(1, 2, "<i>x")
    assert 'value="1" max="2"' in bar(1, 2, "x")


def test_a_profile_shows_its_plugins():
    @score(name="<mine>")
    def mine(pod, nodes):
        return nodes.rank

    page = Profile.of(["best_fit:2", mine])._repr_html_()
    assert "<td>score</td><td>best_fit</td><td>2</td><td>min_max</td>" in page
    assert "&lt;mine&gt;" in page
    assert "<mine>" not in page


def test_results_show_verdicts(tmp_path):
    trace = {"trace": "generated", "options": {"pods": 40, "nodes": 4}}
    suite = Suite.of("s", [trace], ["best_fit", "worst_fit"], replicates=2, compare={"metrics": ["pods"]})
    page = suite.run(workers=1, out=tmp_path)._repr_html_()
    assert "&lt;Results of suite s: 4 of 4 runs ended well&gt;" in page
    assert "<td>worst_fit</td><td>best_fit</td><td>1</td>" in page


def test_a_cluster_shows_its_totals():
    found = Cluster([node("n", cpu=4000), node("m", cpu=2000)], [pod("p", cpu=1000, on="n"), pod("q", cpu=3)])
    assert repr(found) == "<Cluster of 2 nodes, 1 of 2 pods on them, at 0 s>"
    assert "<td>cpu</td><td>6,000</td><td>1,000</td>" in found._repr_html_()
