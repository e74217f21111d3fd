"""Forward mode: every right jvp passes, every wrong twin fails, wherever a claim may be made."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck
from gradcheck.cli.main import cli
from gradcheck.records.reading import read_log
from tests.modes import (  # noqa: F401  (three of them add their cases)
    corpus_jvp_labels,
    corpus_jvp_layers,
    corpus_jvp_more,
    scaling,
)
from tests.modes.corpus_jvp import CASES, layer, layer_jvp, matmul, softmax, softmax_jvp

SHAPES = {"W": "n m", "x": "m", "b": "n"}


def layer_vjp(delta, W, x, b):
    g = delta * (1 - np.tanh(W @ x + b) ** 2)
    return np.outer(g, x), W.T @ g, g


def checked(jvp, forward=layer, shapes=SHAPES, backward=None, **options):
    options = {"max_examples": 8, "backends": ["finite_difference"], **options}
    return gradcheck.verify(forward, backward, shapes=shapes, jvp=jvp, **options)


@pytest.mark.corpus(12)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_the_right_one_passes_and_every_twin_fails(name):
    forward, shapes, options, right, wrong = CASES[name]
    assert checked(right, forward, shapes, **options).verdict == "pass"
    assert [checked(w, forward, shapes, **options).verdict for w in wrong] == ["fail"] * len(wrong)


@pytest.mark.corpus(60)
@pytest.mark.parametrize("scale", scaling.SCALES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_no_false_alarm_at_any_scale(name, scale):
    forward, shapes, options, right, _ = CASES[name]
    options = {**options, "values": scaling.values(shapes, options, scale), "backends": None}
    found = checked(right, forward, shapes, **options)
    assert found.verdict in scaling.QUIET, str(found)


def test_every_backend_answers_and_it_is_proved():
    found = checked(layer_jvp, backends=None)
    assert (found.row.uid, found.row.kind, found.strength) == ("layer.jvp", "jvp", "proved")
    assert {b.backend: b.verdict for b in found.backends} == dict.fromkeys(
        ("autodiff", "finite_difference", "symbolic"), "pass"
    )
    twin = checked(lambda t, W, x, b: -layer_jvp(t, W, x, b), backends=None)
    assert twin.verdict == "fail" and twin.proof.status == "refuted"


def test_the_counterexample_and_the_diagnosis_name_the_tangents():
    found = checked(lambda t, W, x, b: (1 - layer(W, x, b) ** 2) * (t.W @ x + t.b))
    assert "the part that comes through x" in found.diagnosis[0].text
    assert "is missing" in found.diagnosis[0].text
    assert {"tangents.W", "tangents.x", "tangents.b", "W"} <= set(found.counterexample.arrays)
    assert found.counterexample.sizes == {"n": 1, "m": 1}
    assert "gradcheck.verify(layer, jvp=" in str(found)


def test_what_is_not_linear_in_the_tangents_fails():
    found = checked(lambda t, W, x, b: layer_jvp(t, W, x, b) + 1e-3 * t.b**2)
    rows = {row.check: row for row in found.battery}
    assert rows["linearity"].outcome == "fail"
    assert "is not linear in the tangents" in rows["linearity"].reason
    rows = {row.check: row for row in checked(layer_jvp).battery}
    assert (rows["linearity"].outcome, rows["zero delta"].outcome) == ("pass", "pass")


def test_a_vjp_beside_it_is_held_against_it():
    """Both are compared with the truth, and with each other; the worse one is the result."""
    both = checked(layer_jvp, backward=layer_vjp)
    assert (both.verdict, bool(both), len(both.beside)) == ("pass", True, 1)
    assert {r.row.kind for r in (both, *both.beside)} == {"vjp", "jvp"}
    rows = {r.check: r for result in (both, *both.beside) for r in result.battery}
    assert rows["adjoint"].outcome == "pass"
    twin = checked(lambda t, W, x, b: 2 * layer_jvp(t, W, x, b), backward=layer_vjp)
    assert (twin.row.kind, twin.verdict, twin.beside[0].verdict) == ("jvp", "fail", "pass")
    rows = {r.check: r for r in twin.battery}
    assert "derivatives of different functions" in rows["adjoint"].reason
    assert "layer.vjp" in str(twin) and "layer.jvp" in str(twin)
    with pytest.raises(gradcheck.GradientError, match="factor"):
        gradcheck.assert_correct(
            layer, layer_vjp, SHAPES, jvp=lambda t, W, x, b: 2 * layer_jvp(t, W, x, b), max_examples=8
        )


def test_the_form_of_what_is_returned():
    """One tangent an output; another number of them cannot be checked."""

    def two(x):
        return x, x * x

    found = checked(lambda t, x: t.x, two, {"x": "n"})
    assert found.verdict == "error" and "expected a tuple of 2 tangents" in found.reason
    shaped = checked(lambda t, W, x, b: layer_jvp(t, W, x, b)[None])
    assert shaped.verdict == "fail" and "expected an array of shape" in shaped.reason


def test_misuse_is_told_at_once():
    with pytest.raises(gradcheck.UsageError, match=r"jvp candidate.*takes"):
        checked(lambda W, x, b: x)
    with pytest.raises(gradcheck.UsageError, match="jvp: expected a function, got int"):
        checked(3)


def test_the_arguments_are_not_written_into():
    def writes(t, W, x, b):
        t.x[:] = 0
        return layer_jvp(t, W, x, b)

    found = checked(writes)
    assert found.verdict == "error" and "changes its argument 'tangents.x' in place" in found.reason


FILE = """
import numpy as np
import gradcheck

@gradcheck.formula(shapes={"x": "b n"}, id="S1")
def soft(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)

@soft.vjp
def soft_vjp(delta, x):
    s = soft(x)
    return s * (delta - np.sum(s * delta, axis=-1, keepdims=True))

@soft.jvp
def soft_jvp(tangents, x):
    s = soft(x)
    (dx,) = tangents
    return s * (dx - np.sum(s * dx, axis=-1, keepdims=True))
"""
WRONG = """
@soft.jvp(suffix="twin")
def twin(tangents, x):
    s = soft(x)
    return s * (1 - s) * tangents.x
"""


def test_files_and_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    file, folder = Path("soft.py"), Path("reports")
    file.write_text(FILE + WRONG)
    options = ["--max-examples", "6", "--backend", "finite_difference", "--report-dir", str(folder)]
    assert run(cli, ["verify", str(file), *options]).exit_code == 1
    verdicts = {claim.uid: claim.verdict for claim in read_log(folder / "run.jsonl").claims}
    assert verdicts == {"S1/soft.vjp": "pass", "S1/soft.jvp": "pass", "S1/soft.jvp.twin": "fail"}
    assert "soft.jvp.twin" in (folder / "report.html").read_text()
    again = run(cli, ["replay", "S1/soft.jvp.twin", "--report-dir", str(folder)])
    assert again.exit_code == 1 and "soft.jvp.twin" in again.output
    assert run(cli, ["verify", str(file), "-k", "jvp and not twin", *options]).exit_code == 0
    assert "soft.jvp" in run(cli, ["list", str(file)]).output


def test_arguments_of_integers_do_not_move():
    """Their tangents are zeros."""
    seen = []

    def jvp(t, E, i):
        seen.append(bool(np.any(t.i)) if isinstance(t.i, np.ndarray) else False)
        return t.E[i]

    forward, shapes, options, _, _ = CASES["embedding"]
    assert checked(jvp, forward, shapes, **options).verdict == "pass"
    assert seen and not any(seen)


def test_a_formula_keeps_its_own_claims():
    """A declared formula takes a jvp like any other claim; calling it is calling the forward."""
    made = gradcheck.formula(shapes={"x": "b n"})(softmax)
    made.jvp(softmax_jvp)
    assert [c.uid for c in made.claims] == ["softmax.jvp"]
    assert gradcheck.verify(made, jvp=softmax_jvp, max_examples=5).passed
    assert matmul(np.eye(2), np.eye(2)).tolist() == [[1, 0], [0, 1]]


@pytest.mark.usefixtures("undiagnosed")
def test_at_a_kink_a_tangent_lies_between_the_one_sided_slopes():
    """Any convention will do, five times the slope will not."""
    relu = CASES["relu"][0]
    at_zero = {"shapes": {"x": "n"}, "max_examples": 20, "backends": None}
    for convention in (0.0, 0.5, 1.0):
        jvp = lambda t, x, c=convention: np.where(x > 0, t.x, np.where(x == 0, c * t.x, 0))
        assert checked(jvp, relu, **at_zero).verdict == "pass"
    found = checked(lambda t, x: np.where(x > 0, t.x, np.where(x == 0, 5 * t.x, 0)), relu, **at_zero)
    assert found.verdict == "fail" and "no derivative exists here (a kink)" in found.reason
