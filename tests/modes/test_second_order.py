"""Second order: every right one passes, every wrong twin fails, and each backend has its own way there."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from flint import arb

import gradcheck
from gradcheck.arithmetic import BALLS, ElementArray, enclose, gradient, precision
from gradcheck.checking.claim_check import check_claim
from gradcheck.cli.main import cli
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.sizes.output_shapes import output_shapes
from gradcheck.records.reading import read_log
from tests.modes import (  # noqa: F401  (three of them add their cases)
    corpus_second_order_layers,
    corpus_second_order_models,
    corpus_second_order_more,
    scaling,
)
from tests.modes.corpus_second_order import CASES, layer, layer_twice, log_sum_exp, quadratic, softmax


def checked(name, code=None, **options):
    keyword, forward, shapes, own, right, _ = CASES[name]
    options = {"max_examples": 7, "backends": ["finite_difference"], **own, **options}
    return gradcheck.verify(forward, shapes=shapes, **{keyword: code or right}, **options)


@pytest.mark.corpus(16)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_the_right_one_passes_and_every_twin_fails(name):
    assert checked(name).verdict == "pass"
    wrong = CASES[name][-1]
    assert [checked(name, w).verdict for w in wrong] == ["fail"] * len(wrong)


@pytest.mark.corpus(60)
@pytest.mark.parametrize("scale", scaling.SCALES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_no_false_alarm_at_any_scale(name, scale):
    _, _, shapes, own, _, _ = CASES[name]
    found = checked(name, values=scaling.values(shapes, own, scale), backends=None)
    assert found.verdict in scaling.QUIET, str(found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("log_sum_exp", "hvp"), ("hessian_of_log_sum_exp", "hessian"), ("layer", "double_backward")],
)
def test_every_backend_answers_and_it_is_proved(name, kind):
    """SymPy, JAX and a difference of differences; and the normal forms are equal for all shapes."""
    found = checked(name, backends=None)
    assert (found.row.kind, found.verdict, found.strength) == (kind, "pass", "proved")
    assert {b.backend: b.agreed > 0 for b in found.backends} == dict.fromkeys(
        ("autodiff", "finite_difference", "symbolic"), True
    )
    twin = checked(name, CASES[name][-1][0], backends=None)
    assert twin.verdict == "fail"
    assert all(b.differed > 0 for b in twin.backends)
    assert twin.proof.status == "refuted"


def test_value_gradient_and_hessian_in_one_call():
    """Each is checked; the result is the worst, and what is wrong with it."""
    backward = lambda delta, x: delta * softmax(x)
    hvp, hessian = CASES["log_sum_exp"][4], CASES["hessian_of_log_sum_exp"][4]
    options = {"shapes": {"x": "n"}, "max_examples": 6, "backends": ["finite_difference"]}
    found = gradcheck.verify(log_sum_exp, backward, hvp=hvp, hessian=hessian, **options)
    assert found.passed and {r.row.kind for r in (found, *found.beside)} == {"vjp", "hvp", "hessian"}
    twin = gradcheck.verify(log_sum_exp, backward, hvp=hvp, hessian=lambda x: 2 * hessian(x), **options)
    assert (twin.row.kind, twin.verdict) == ("hessian", "fail")
    assert [r.verdict for r in twin.beside] == ["pass", "pass"]
    assert "factor 2" in twin.diagnosis[0].text


def test_a_hessian_that_is_not_symmetric_is_said_to_be_so():
    formula = gradcheck.formula(shapes={"x": "n", "A": "n n"})(quadratic)
    formula.hessian("x")(lambda x, A: A + A.T)
    formula.hessian("x", suffix="twin")(lambda x, A: 2 * A)
    right, twin = (check_claim(c, max_examples=6) for c in formula.claims)
    assert (right.row.uid, right.row.verdict) == ("quadratic.hessian-x", "pass")
    assert {b.check: b.outcome for b in right.battery}["symmetry"] == "pass"
    rows = {b.check: b for b in twin.battery}
    assert twin.row.verdict == "fail" and "a Hessian is symmetric" in rows["symmetry"].reason


def test_many_entries_are_no_other_forward():
    """Gradients of many numbers are differences in float64; it is the forward that is held against balls."""
    name = "scores by double_backward"
    assert checked(name).verdict == "pass"
    assert checked(name, CASES[name][-1][0]).verdict == "fail"


def test_what_is_not_linear_in_the_cotangents_fails():
    found = checked("layer", lambda g, d, W, x: [np.abs(a) for a in layer_twice(g, d, W, x)])
    rows = {row.check: row for row in found.battery}
    assert found.verdict == "fail" and "is not linear in grads" in rows["linearity"].reason


def test_the_counterexample_names_what_the_code_was_given():
    found = checked("layer", CASES["layer"][-1][0])
    assert {"grads[0]", "grads[1]", "delta", "W", "x"} <= set(found.counterexample.arrays)
    found = checked("cubes", CASES["cubes"][-1][0])
    assert set(found.counterexample.arrays) == {"v[0]", "x"} and "(H v) by x" in found.reason


def test_a_forward_that_gives_no_scalar_has_no_hessian():
    found = gradcheck.verify(lambda x: x * x, hvp=lambda v, x: 2 * v[0], shapes={"x": "n"})
    assert found.verdict == "error"
    assert "second derivatives are those of a scalar; the forward gives 2 numbers" in found.reason
    with pytest.raises(gradcheck.UsageError, match="hessian says by which argument"):
        gradcheck.verify(quadratic, hessian=lambda x, A: A, shapes={"x": "n", "A": "n n"})


def test_what_does_not_run_in_balls_is_left_open():
    """Neither a pass nor a failure: there is no second derivative to hold it against."""
    forward = lambda A: np.sum(np.abs(np.linalg.eigvals(A)) ** 2)
    for code in (lambda v, A: 2 * v[0], lambda v, A: 3 * v[0]):
        found = gradcheck.verify(forward, hvp=code, shapes={"A": "n n"}, max_examples=5)
        assert found.verdict == "inconclusive" and "np.linalg.eigvals" in found.reason


def test_a_gradient_in_balls_is_right_to_the_last_bit():
    """The difference inside leaves less than the precision that is asked for; half of it does not."""
    with precision(200):
        x = ElementArray(enclose(np.array([0.5, -3.25])), BALLS)
        (found,) = gradient(lambda x: np.sum(np.exp(x)), (x,), (1.0,))
        for ball, number in zip(found.data, (0.5, -3.25), strict=True):
            assert abs(ball - arb(number).exp()).upper() < arb(2) ** -190
            assert abs(ball - arb(number).exp() / 2).lower() > arb(2) ** -10


@pytest.mark.parametrize(
    ("forward", "shapes", "expected"),
    [
        (lambda W, x: W @ x, {"W": "n m", "x": "m"}, ("n",)),
        (lambda x, w: np.convolve(x, w, "valid"), {"x": "n", "w": "k"}, None),
        (lambda x: np.outer(x, x).ravel(), {"x": "n"}, ("n*n",)),
        (lambda x: x[:2], {"x": "n"}, ("2",)),
        (lambda x, y: (np.outer(x, y), np.sum(x)), {"x": "n", "y": "m"}, ("n m", "")),
    ],
)
def test_the_shape_of_an_output_is_told_by_running(forward, shapes, expected):
    formula = Declaration(forward, shapes, where=(lambda n, k: k <= n) if "k" in str(shapes) else None)
    assert output_shapes(formula).shapes == (expected or ("n-k+1",))


def test_a_shape_that_no_expression_gives_is_refused():
    with pytest.raises(gradcheck.UsageError, match="no simple expression in n gives"):
        output_shapes(Declaration(lambda x: np.zeros(x.size**2 + x.size**3), {"x": "n"}))


FILE = """
import numpy as np
import gradcheck

@gradcheck.formula(shapes={"x": "n"})
def cubes(x):
    return np.sum(x**3)

@cubes.hvp
def cubes_hvp(v, x):
    return 6 * x * v[0]

@cubes.hessian
def cubes_hessian(x):
    return np.diag(6 * x)

@gradcheck.formula(shapes={"x": "n"})
def squares(x):
    return x * x

@squares.double_backward
def squares_twice(grads, delta, x):
    (g,) = grads
    return 2 * x * g, 2 * delta * g

@squares.double_backward(suffix="twin")
def squares_twin(grads, delta, x):
    (g,) = grads
    return 2 * x * g, delta * g
"""


def test_files_and_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    Path("second.py").write_text(FILE)
    options = ["--max-examples", "6", "--backend", "finite_difference"]
    assert run(cli, ["verify", "second.py", *options]).exit_code == 1
    assert {claim.uid: claim.verdict for claim in read_log(Path("reports/run.jsonl")).claims} == {
        "cubes.hvp": "pass",
        "cubes.hessian-x": "pass",
        "squares.double_backward": "pass",
        "squares.double_backward.twin": "fail",
    }
    again = run(cli, ["replay", "squares.double_backward.twin"])
    assert again.exit_code == 1 and "squares.double_backward.twin" in again.output
    assert layer(np.eye(2), np.zeros(2)).tolist() == [0, 0]


def test_an_argument_called_delta_is_not_the_cotangent():
    """In a proof too, where what has one name is one array."""
    forward = lambda delta: delta**2 / 2
    right = gradcheck.verify(forward, lambda g, delta: delta * g, shapes={"delta": "n"}, max_examples=5)
    assert (right.verdict, right.strength) == ("pass", "proved")
    twin = gradcheck.verify(forward, lambda g, delta: g * g, shapes={"delta": "n"}, max_examples=5)
    assert (twin.verdict, twin.proof.status) == ("fail", "refuted")
    assert checked("squares", backends=None).strength == "proved"


@pytest.mark.parametrize(
    "relu", [lambda x: np.maximum(x, 0), lambda x: x * (x > 0), lambda x: np.where(x > 0, x, 0.0)]
)
def test_at_a_kink_of_the_forward_nobody_is_compared(relu):
    """The derivative by delta is a convention there; the twin has the other side."""
    right = lambda grads, delta, x: (grads[0] * (x > 0), np.zeros_like(x))
    wrong = lambda grads, delta, x: (grads[0] * (x < 0), np.zeros_like(x))
    few = {"shapes": {"x": "n"}, "max_examples": 12}

    assert gradcheck.verify(relu, double_backward=right, **few).verdict == "pass"
    assert gradcheck.verify(relu, double_backward=wrong, **few).verdict == "fail"


@pytest.mark.parametrize("mode", ["jvp", "hvp", "hessian", "double_backward"])
def test_another_dtype_is_refused(mode):
    """What rounding may do is derived for gradients alone."""
    with pytest.raises(gradcheck.UsageError, match="dtype='float16' is for gradients"):
        gradcheck.verify(np.sum, shapes={"x": "n"}, dtype="float16", **{mode: lambda *args: args[-1]})
