"""`verify` and `assert_correct`: the contract of the README."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import verify

FEW = {"max_examples": 10}


def forward(W, x):
    return W @ x


def right(delta, W, x):
    return np.outer(delta, x), W.T @ delta


def wrong(delta, W, x):
    return np.outer(delta, x), W.T @ delta * 1.5


SHAPES = {"W": "n m", "x": "m"}


def test_a_right_backward_passes():
    """verdict and strength are texts."""
    result = verify(forward, right, shapes=SHAPES, **FEW)
    assert result.verdict == "pass"
    assert result.strength == "certified"
    assert result.passed
    assert repr(result) == "<gradcheck forward.vjp: pass, certified>"
    assert "pass" in str(result)


def test_a_wrong_backward_fails_with_everything_a_person_needs():
    """The counterexample, who says what is right, and a line that runs it again."""
    result = verify(forward, wrong, shapes=SHAPES, **FEW)
    assert result.verdict == "fail"
    assert result.strength is None
    assert not result.passed
    assert repr(result) == "<gradcheck forward.vjp: fail>"
    text = str(result)
    assert "dJ/dx[0]" in text
    assert "symbolic" in text
    assert result.reproduce in text


def test_the_line_that_reproduces_a_failure_reproduces_it():
    """Executed as it stands, at one point."""
    result = verify(forward, wrong, shapes=SHAPES, **FEW)
    again = eval(result.reproduce, {"gradcheck": gradcheck, "np": np, "forward": forward, "wrong": wrong})
    assert again.verdict == "fail"
    found, same = result.row.counterexample, again.row.counterexample
    assert same.sizes == found.sizes


def test_the_line_without_a_counterexample_repeats_the_run():
    """The same seed and number of points."""
    result = verify(forward, right, shapes=SHAPES, max_examples=11, seed=4)
    again = eval(result.reproduce, {"gradcheck": gradcheck, "np": np, "forward": forward, "right": right})
    assert (again.verdict, again.row.shapes) == (result.verdict, result.row.shapes)


def test_the_line_reproduces_a_failure_with_labels():
    """Indices stay integers."""

    def pick(x, i):
        return x[i] * 2.0

    def backward(delta, x, i):
        return np.zeros_like(x), None

    shapes = {"x": "n", "i": "k"}
    result = verify(pick, backward, shapes, values={"i": gradcheck.integers(0, 1)}, **FEW)
    assert result.verdict == "fail"
    again = eval(result.reproduce, {"gradcheck": gradcheck, "np": np, "pick": pick, "backward": backward})
    assert again.verdict == "fail"


def test_assert_correct_raises_with_the_whole_story_or_gives_the_result():
    """An AssertionError that carries the result."""
    assert gradcheck.assert_correct(forward, right, SHAPES, **FEW).verdict == "pass"
    with pytest.raises(gradcheck.GradientError) as error:
        gradcheck.assert_correct(forward, wrong, SHAPES, **FEW)
    assert isinstance(error.value, AssertionError)
    assert error.value.result.verdict == "fail"
    assert str(error.value) == str(error.value.result)


@pytest.mark.parametrize(
    ("backward", "delta", "verdict"),
    [
        (lambda d, W, x: 1 / 0, None, "fail"),
        (lambda d, W, x: None, None, "error"),
        (right, lambda shape, rng: np.zeros(shape), "weak"),
    ],
)
def test_assert_correct_raises_unless_it_passes(backward, delta, verdict):
    """Weak and error are no pass."""
    with pytest.raises(gradcheck.GradientError) as error:
        gradcheck.assert_correct(forward, backward, SHAPES, delta=delta, **FEW)
    assert error.value.result.verdict == verdict


def test_everything_of_the_contract_can_be_given():
    """values, where, backends, seed, delta."""
    result = verify(
        lambda z, y: -np.sum(y * np.log(np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True))),
        lambda d, z, y: (d * (np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True) - y), None),
        shapes={"z": "b c", "y": "b c"},
        values={"y": gradcheck.one_hot},
        where=lambda c: c > 1,
        backends=["finite_difference", "autodiff"],
        delta=np.array(2.0),
        seed=3,
        **FEW,
    )
    assert result.verdict == "pass"
    assert {r.backend for r in result.backends} == {"finite_difference", "autodiff"}
    assert all(s["c"] > 1 for s in result.row.shapes)
    assert result.row.unchecked == ["dJ/dy"]


def test_a_declared_formula_can_be_verified_with_its_own_claim_or_another():
    """`verify(formula)` takes its vjp."""

    @gradcheck.formula(shapes=SHAPES, name="wx")
    def wx(W, x):
        return W @ x

    with pytest.raises(
        gradcheck.UsageError, match=r"wx has no claims; give a backward, or add one with @wx\.vjp"
    ):
        verify(wx)
    wx.jacobian("x")(lambda W, x: W)
    with pytest.raises(gradcheck.UsageError, match="wx has no vjp claim; give a backward"):
        verify(wx)
    wx.vjp(right)
    assert verify(wx, **FEW).verdict == "pass"
    assert verify(wx, wrong, **FEW).verdict == "fail"
    assert len(wx.claims) == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: verify(forward), "the backward is missing"),
        (lambda: verify(forward, right), "shapes is missing; it has one entry per argument"),
        (
            lambda: verify(forward, right, SHAPES, max_examples=0),
            "max_examples: expected an integer of 1 or more",
        ),
        (lambda: verify(forward, right, SHAPES, seed=-1), "seed: expected an integer of 0 or more"),
        (lambda: verify(forward, "wrong", SHAPES), "expected a function, got str"),
        (lambda: verify(None, right, SHAPES), "expected a function, got NoneType"),
        (
            lambda: verify(forward, right, SHAPES, delta=np.ones((2, 2)), **FEW),
            "delta: expected the shape of the forward's result",
        ),
        (lambda: verify(forward, right, SHAPES, delta=np.array([np.nan]), **FEW), "delta"),
    ],
)
def test_misuse_raises_a_usage_error(call, words):
    """A ValueError, before or while points are drawn."""
    with pytest.raises(gradcheck.UsageError, match=r".") as error:
        call()
    assert isinstance(error.value, ValueError)
    assert words in str(error.value)


def test_verify_works_inside_a_users_own_given():
    """With its own draws, wrong and right."""
    verdicts = set()

    @settings(max_examples=3, database=None)
    @given(st.integers(2, 4), st.sampled_from([right, wrong]))
    def check(n, backward):
        result = verify(forward, backward, {"W": f"{n} m", "x": "m"}, max_examples=6)
        assert result.verdict == ("pass" if backward is right else "fail")
        verdicts.add(str(result.verdict))

    check()
    assert verdicts


def test_nothing_global_is_left_behind():
    """Precision, NumPy's error state, warnings, random state, JAX's switch, print options."""
    import flint
    import jax

    def state():
        return (
            flint.ctx.prec,
            np.geterr(),
            list(warnings.filters),
            np.random.get_state()[1].tolist(),
            jax.config.jax_enable_x64,
            np.get_printoptions(),
        )

    before = state()
    verify(forward, wrong, SHAPES, **FEW)
    verify(np.log, lambda d, x: d / x, {"x": "n"}, **FEW)
    assert state() == before


def shouting_forward(x):
    warnings.warn("forward", stacklevel=1)
    return x * x


def shouting_backward(d, x):
    warnings.warn("backward", stacklevel=1)
    return 2 * d * x


@pytest.mark.parametrize(
    ("function", "backward"),
    [(lambda x: x * x, shouting_backward), (shouting_forward, lambda d, x: 2 * d * x)],
)
def test_warnings_of_the_code_are_captured(function, backward):
    """None reaches the user's process, whatever the user's filters; the result keeps them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = verify(function, backward, {"x": "n"}, **FEW)
    assert result.verdict == "pass"
    assert [str(w.message) for w in caught] == []


def test_a_forward_that_warns_can_be_checked_with_warnings_as_errors():
    """As pytest is often configured."""
    assert verify(shouting_forward, lambda d, x: 2 * d * x, {"x": "n"}, **FEW).verdict == "pass"


def test_importing_costs_next_to_nothing():
    """Neither JAX nor SymPy nor Hypothesis, and names come when they are used."""
    code = (
        "import sys, gradcheck;"
        "heavy = {'jax', 'sympy', 'hypothesis', 'flint', 'numpy', 'rich', 'click'} & set(sys.modules);"
        "assert not heavy & {'jax', 'sympy', 'hypothesis'}, heavy;"
        "gradcheck.verify; gradcheck.formula; gradcheck.one_hot;"
        "heavy = {'jax', 'sympy', 'hypothesis'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_public_names_are_there_and_no_others():
    """`dir` lists them; a misspelt one is an AttributeError."""
    assert set(dir(gradcheck)) == set(gradcheck.__all__)
    assert all(getattr(gradcheck, name) is not None for name in gradcheck.__all__)
    with pytest.raises(AttributeError, match="module 'gradcheck' has no attribute 'verfy'"):
        _ = gradcheck.verfy
