"""Errors: one line that says where, what, and how to mend it."""

import pickle

import pytest
from tiny import says

from schedlab.errors import InputError, PluginError, SchedlabError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("cpu is -1"), "cpu is -1"),
        (InputError("cpu is -1", mend="write 0 or more"), "cpu is -1; write 0 or more"),
        (InputError("'x' is no cpu", file="pods.csv", row=3, field="cpu"), "pods.csv, row 3, field cpu: 'x' is no cpu"),
        (InputError("nothing", row=0), "row 0: nothing"),
        (InputError("it\nbreaks \t off", file="a\nb", mend="mend\r\nit"), "a b: it breaks off; mend it"),
    ],
)
def test_an_input_error_is_one_line(error: InputError, line: str) -> None:
    assert str(error) == line
    assert isinstance(error, SchedlabError)


def test_a_plugin_error_names_plugin_pod_and_time() -> None:
    with says(PluginError, "plug-in mine, pod web-1 at 1.5 s: ValueError: no good"):
        raise PluginError("mine", "web-1", "ValueError:\n  no good", time=1_500_000)
    with says(PluginError, "plug-in mine, pod web-1: bad"):
        raise PluginError("mine", "web-1", "bad")
    with says(PluginError, "plug-in mine, pod web-1 at 0 s: bad"):
        raise PluginError("mine", "web-1", "bad", time=0)


def test_errors_cross_process_borders_whole() -> None:
    error = PluginError("mine", "web-1", "bad", time=1_500_000)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is PluginError
    assert (str(back), back.plugin, back.pod, back.problem, back.time) == (
        "plug-in mine, pod web-1 at 1.5 s: bad", "mine", "web-1", "bad", 1_500_000,
    )  # fmt: skip
    line = str(pickle.loads(pickle.dumps(InputError("x", file="f", row=1, mend="m"))))
    assert line == "f, row 1: x; m"
