"""A file with a chain: from the command line, with pytest, in replay."""

import json

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.records.reading import read_log
from gradcheck.running.user_files import load_file

FILE = """
import gradcheck
import numpy as np


def affine(x, W, b):
    return x @ W + b


def affine_backward(delta, x, W, b):
    return delta @ W.T, x.T @ delta, delta.sum(axis=0)


def relu(x):
    return np.maximum(x, 0)


def relu_backward(delta, x):
    return delta * (x > RELU)


net = gradcheck.chain(
    [
        (affine, affine_backward, {"x": "batch n", "W": "n k", "b": "k"}),
        (relu, relu_backward, {"z": "batch k"}),
    ],
    name="net",
)
"""
pytest_plugins = ["pytester"]

PARTS = ["net.1-affine.vjp", "net.2-relu.vjp"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run(*words)` in an empty folder, after `write(wrong)` put the file there."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        return CliRunner().invoke(cli, list(words), terminal_width=200)

    return invoke


@pytest.fixture
def write(tmp_path):
    def file(at, more=""):
        (tmp_path / "net.py").write_text(FILE.replace("RELU", str(at)) + more)

    return file


def log(tmp_path):
    return read_log(tmp_path / "reports" / "run.jsonl")


def test_a_chain_brings_a_formula_for_each_layer(write, tmp_path):
    """In the order of the net, then the whole."""
    write(0)
    assert [f.name for f in load_file(tmp_path / "net.py")] == ["net.1-affine", "net.2-relu", "net"]


def test_a_right_one_passes(run, write, tmp_path):
    """One claim for each layer, one for the whole."""
    write(0)
    result = run("verify", "net.py", "--max-examples", "10")
    assert result.exit_code == 0, result.output
    found = log(tmp_path)
    assert [c.uid for c in found.claims] == [*PARTS, "net.vjp"]
    assert [layer.verdict for layer in found.claims[-1].chain] == ["pass", "pass"]


def test_a_wrong_one_names_the_layer_in_every_report(run, write, tmp_path):
    """The layer's own claim fails with its counterexample, and the whole shows the drawing."""
    write(1)
    result = run("verify", "net.py", "--max-examples", "10")
    assert result.exit_code == 1
    assert "layer 2 (relu) is the first wrong one" in result.output
    found = {c.uid: c for c in log(tmp_path).claims}
    assert {uid: c.verdict for uid, c in found.items()} == {
        PARTS[0]: "pass",
        PARTS[1]: "fail",
        "net.vjp": "fail",
    }
    assert [layer.first_wrong for layer in found["net.vjp"].chain] == [False, True]
    assert found["net.vjp"].candidate.file == "net.py"
    assert found["net.vjp"].candidate.text.startswith("net = gradcheck.chain(\n    [\n        (affine,")
    assert found[PARTS[1]].candidate.text.startswith("def relu_backward(delta, x):")
    for name in ("report.md", "report.html", "junit.xml"):
        assert "net.2-relu.vjp" in (tmp_path / "reports" / name).read_text()
    assert json.loads((tmp_path / "reports" / "summary.json").read_text())["claims_judged"] == 3


def test_the_whole_alone_still_names_the_layer(run, write, tmp_path):
    """Its layers are judged on the way."""
    write(1)
    run("verify", "net.py::net", "--max-examples", "10")
    (claim,) = log(tmp_path).claims
    assert claim.uid == "net.vjp"
    assert [layer.first_wrong for layer in claim.chain] == [False, True]


def test_a_layer_alone_can_be_asked_for(run, write, tmp_path):
    """By its name."""
    write(1)
    assert run("verify", "net.py::net.2-relu", "--max-examples", "10").exit_code == 1
    assert [c.uid for c in log(tmp_path).claims] == ["net.2-relu.vjp"]
    assert run("verify", "net.py::net.1-affine", "--max-examples", "10").exit_code == 0


def test_a_whole_backward_in_the_file(run, write, tmp_path):
    """In place of the chain rule's."""
    write(0, "\n\n@net.vjp\ndef net_backward(delta, x, W, b):\n    return affine_backward(delta, x, W, b)\n")
    result = run("verify", "net.py", "--max-examples", "10")
    assert result.exit_code == 1
    claim = log(tmp_path).claims[-1]
    assert claim.candidate.text.startswith("@net.vjp\ndef net_backward")
    assert claim.notes[0] == "every layer is right alone, but the backward of relu is left out"
    assert "every layer is right alone, but the backward of relu is left out" in result.output


def test_replay_finds_layers_and_the_whole(run, write):
    """Still failing, then fixed."""
    write(1)
    run("verify", "net.py", "--max-examples", "10")
    for name in ("net.2-relu", "net"):
        assert run("replay", name).exit_code == 1
    write(0)
    for name in ("net.2-relu", "net"):
        result = run("replay", name)
        assert result.exit_code == 0, result.output
        assert "fixed" in result.output


def test_show_and_list(run, write):
    """The layers are listed, and the chain's own code is where it was asked for."""
    write(0)
    listed = run("list", "net.py").output
    assert "net.2-relu.vjp" in listed
    assert "gradients of layer 2 (relu) of net alone" in listed
    assert "gradients of net by the chain rule, from the backwards of its layers" in listed
    shown = run("show", "net.py::net").output
    assert "net.py:22" in shown
    assert "(relu, relu_backward," in shown
    assert "what reaches layer 2 (relu)" in run("show", "net.py::net.2-relu").output


def test_under_pytest(write, pytester):
    """A test for each claim and backend; the layer's and the whole's fail."""
    (pytester.path / "net.py").write_text(FILE.replace("RELU", "1"))
    result = pytester.runpytest_subprocess("net.py", "--gradcheck-max-examples=8", "-Werror", timeout=200)
    assert sum(result.parseoutcomes().values()) == 12
    result.stdout.fnmatch_lines(
        [
            "*_ net.2-relu.vjp _*",
            "*_ net.vjp _*",
            "  2 [[] relu   []]  fail  <-- the first wrong layer: dJ/dz*",
            "FAILED net.py::net.2-relu.vjp - *",
            "FAILED net.py::net.vjp - *",
        ]
    )
    assert "FAILED net.py::net.1-affine.vjp" not in result.stdout.str()
