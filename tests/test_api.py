"""`verify` and `assert_correct`: the contract of the README."""

import functools
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

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
    assert result.strength in ("certified", "proved")
    assert result.passed
    assert repr(result) == f"<gradcheck forward.vjp: pass, {result.strength}>"
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


def test_the_line_says_what_cannot_be_written_in_it():
    """Functions that were handed over."""
    result = verify(
        forward, right, shapes=SHAPES, values={"x": gradcheck.positive}, where=lambda n: n > 1, **FEW
    )
    assert result.reproduce.endswith("seed=0)  # and the same values, where")
    assert verify(forward, right, shapes=SHAPES, **FEW).reproduce.endswith("seed=0)")


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
    first, _, rest = str(error.value).partition("\n")
    assert first.startswith("dJ/dx: your gradient is too large by the factor 3/2")
    assert rest == str(error.value.result)


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


def test_a_result_shows_what_a_person_asks_for():
    """Views on the records: counterexample, reason, diagnosis, proof, battery, what was not checked."""
    good, bad = (verify(forward, b, SHAPES, **FEW) for b in (right, wrong))
    assert (good.reason, good.counterexample, good.diagnosis, good.unchecked) == (None, None, (), ())
    assert isinstance(bad.counterexample, type(bad.row.counterexample))  # it shows itself, too
    assert structs.asdict(bad.counterexample) == structs.asdict(bad.row.counterexample)
    assert bad.reason == bad.row.reason == bad.counterexample.message
    assert bad.diagnosis == tuple(bad.row.diagnosis)
    for shown, recorded in ((good.proof, good.row.proof), (bad.proof, bad.row.proof)):
        assert structs.asdict(shown) == structs.asdict(recorded)
    assert {r.check for r in good.battery} >= {"linearity", "unchanged inputs", "same answer"}
    assert {r.outcome for r in good.battery} == {"pass"}
    assert verify(forward, lambda d, W, x: (None, W.T @ d), SHAPES, **FEW).unchecked == ("dJ/dW",)


@pytest.mark.parametrize(
    ("function", "backward", "line"),
    [
        (lambda W, x: W @ x, lambda *args: right(*args)[:], "gradcheck.verify(forward, backward, shapes="),
        (functools.partial(forward), functools.partial(right), "gradcheck.verify(forward, backward, shapes="),
        (forward, right, "gradcheck.verify(forward, right, shapes="),
    ],
)
def test_the_line_names_what_has_a_name(function, backward, line):
    """A lambda or a partial is called by its role."""
    assert verify(function, backward, SHAPES, **FEW).reproduce.startswith(line)


@pytest.mark.parametrize(
    ("function", "backward", "shapes"),
    [
        (lambda s: s * s, lambda d, s: 2 * d * s, {"s": ""}),
        (lambda s: s * s, lambda d, s: (2 * d * s,), {"s": ()}),
        (lambda x: float(np.sum(x * x)), lambda d, x: 2 * d * x, {"x": 3}),
        (lambda T: T * T, lambda d, T: 2 * d * T, {"T": "a b c d"}),
        (lambda T: T.sum(axis=(0, 2)), lambda d, T: np.ones_like(T) * d[None, :, None], {"T": "2 b 3"}),
        (
            lambda a, b, c, d, e, f: a * b + c * d + e * f,
            lambda g, a, b, c, d, e, f: {
                "f": g * e,
                "e": g * f,
                "d": g * c,
                "c": g * d,
                "b": g * a,
                "a": g * b,
            },
            dict.fromkeys("abcdef", "n"),
        ),
        (
            lambda x, w: np.convolve(x, w, "valid"),
            lambda d, x, w: (np.convolve(d, w[::-1]), np.convolve(x, d[::-1], "valid")[::-1]),
            {"x": "n+k-1", "w": "k"},
        ),
        (
            lambda x, y: (x + y, np.sum(x * y)),
            lambda d, x, y: [d[0] + d[1] * y, d[0] + d[1] * x],
            {"x": "n", "y": "n"},
        ),
        (
            lambda x: [x[:1] * 2, x * x],
            lambda d, x: 2 * d[1] * x + 2 * d[0][0] * (np.arange(len(x)) == 0),
            {"x": "n"},
        ),
    ],
    ids=[
        "scalar",
        "shape ()",
        "fixed size",
        "rank 4",
        "sizes and names",
        "a dict",
        "derived",
        "tuple",
        "list",
    ],
)
def test_any_number_of_arguments_of_any_rank_and_any_outputs(function, backward, shapes):
    """Right ones pass; a wrong twin of each fails."""
    assert verify(function, backward, shapes, **FEW).verdict == "pass"

    def doubled(*args):
        found = backward(*args)
        if isinstance(found, dict):
            return {**found, "a": found["a"] * 2}
        return (found[0] * 2, *found[1:]) if isinstance(found, tuple | list) else found * 2

    assert verify(function, doubled, shapes, **FEW).verdict == "fail"


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
