"""Code in float32, float16 and bfloat16: right code passes in its grade, wrong code fails."""

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue.layers import gates, linear, normalisation, probabilities
from tests.low_precision.candidates import added_one_by_one, inside, kernel, times, truncated

QUICK = {"max_examples": 6, "backends": ["autodiff"]}
DENSE, NORM, SOFTMAX = linear.dense, normalisation.layer_norm, probabilities.softmax
VJP = {f.name: f.claims[0].candidate for f in (DENSE, NORM, SOFTMAX, gates.gelu_tanh)}
LOW = ("float32", "float16", "bfloat16")


def checked(formula, backward, dtype, **options):
    return gradcheck.verify(formula, backward, dtype=dtype, **{**QUICK, **options})


def grades_met(result):
    return [g.name for g in result.accuracy.grades if g.met]


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("formula", [DENSE, SOFTMAX, gates.gelu_tanh], ids=lambda f: f.name)
def test_code_that_rounds_once_is_correctly_rounded(formula, dtype):
    result = checked(formula, inside(VJP[formula.name]), dtype, grade="rounded")
    assert (result.verdict, result.strength) == ("pass", "agreed"), str(result)
    assert all(u.worst <= 0.52 for u in result.ulp.values())
    assert result.row.proof is None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("factor", [1.1, 1.01, 1.001])
def test_a_factor_is_caught_as_soon_as_rounding_lets_one_tell(dtype, factor):
    """A part in a thousand is a quarter of a unit of bfloat16: it shows against rounding once alone."""
    result = checked(DENSE, times(VJP["dense"], factor), dtype, grade="rounded")
    assert result.verdict == "fail"
    if factor > 1.005:
        told = {d.text for d in result.diagnosis}
        assert any(f"times {factor:g}" in text for text in told), told
        assert checked(DENSE, times(VJP["dense"], factor), dtype).verdict == "fail"


def test_a_part_in_a_thousand_is_caught_in_float32():
    assert checked(SOFTMAX, times(VJP["softmax"], 1.001), "float32").verdict == "fail"


def test_numpy_code_has_its_formula_judged_without_rounding():
    """The same part in a thousand, which bfloat16 alone would not show in the widest grade."""
    off = lambda delta, X, W, b: (delta @ W.T, X.T @ delta * 1.001, delta.sum(axis=0))
    result = checked(DENSE, off, "bfloat16")
    assert result.verdict == "fail"
    assert [d.kind for d in result.diagnosis] == ["factor"]


def test_a_constant_that_is_stored_in_the_type_is_no_mistake():
    """Half a unit of float16 is allowed of what float16 holds, and of no other number."""
    stored = float(np.float16(0.3))
    forward = lambda x: 0.3 * x * x
    right = lambda delta, x: delta * (2 * stored) * x
    assert checked(forward, right, "float16", shapes={"x": "n"}).verdict == "pass"
    wrong = lambda delta, x: delta * 0.6003 * x
    assert checked(forward, wrong, "float16", shapes={"x": "n"}).verdict == "fail"


def test_a_missing_term_is_named():
    forward = lambda x: np.tanh(x) * x
    missing = lambda delta, x: delta * np.tanh(x)
    result = checked(forward, missing, "float16", shapes={"x": "n"})
    assert result.verdict == "fail"
    assert [d.kind for d in result.diagnosis] == ["missing-term"]


def total(x):
    return (x * x).sum(axis=0)


def summed_wide(delta, x):
    return 2 * x.astype(np.float32) * delta.astype(np.float32)


def mean_square(W, x):
    return (W * x[:, None]).sum(axis=0)


def in_few_bits(delta, W, x):
    product = W.astype(np.float64) * delta.astype(np.float64)
    dx = added_one_by_one(product.T.astype(W.dtype), W.dtype)
    return (x.astype(np.float64)[:, None] * delta.astype(np.float64)).astype(W.dtype), dx


def in_float32(delta, W, x):
    dx = (W.astype(np.float32) * delta.astype(np.float32)).sum(axis=1).astype(W.dtype)
    return (x.astype(np.float32)[:, None] * delta.astype(np.float32)).astype(W.dtype), dx


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sums_in_few_bits_pass_throughout_and_fail_where_wide_sums_are_claimed(dtype):
    """They are long enough: the sum of positive numbers stands still once a term is half a unit of it."""
    positive = {"W": gradcheck.positive}
    shapes = {"W": "n m", "x": "n"}
    options = {"shapes": shapes, "values": positive, "delta": lambda shape, rng: rng.uniform(0.5, 1, shape)}
    result = checked(mean_square, kernel(in_few_bits), dtype, grade="sums", **options)
    assert result.verdict == "fail"
    assert {d.kind for d in result.diagnosis} == {"rounding"}
    assert "float32 sums" in result.diagnosis[0].text
    throughout = checked(mean_square, kernel(in_few_bits), dtype, **options)
    assert throughout.verdict == "pass"
    assert grades_met(throughout) == [f"{dtype} throughout"]
    assert checked(mean_square, in_float32, dtype, grade="sums", **options).verdict == "pass"


def test_digits_that_are_cut_off_are_not_rounded_correctly():
    assert checked(DENSE, truncated(VJP["dense"]), "bfloat16", grade="rounded").verdict == "fail"


def square(x):
    return x * x / 64


def test_an_overflow_on_the_way_to_a_number_that_fits_is_a_failure():
    """512 squared is beyond float16, and 4096 is not."""
    through = lambda delta, x: (x * x).astype(np.float16) / x / 32 * delta
    big = {"x": lambda shape, rng: rng.uniform(500, 600, shape)}
    result = checked(square, through, "float16", shapes={"x": "n"}, values=big)
    assert result.verdict == "fail"
    assert [d.kind for d in result.diagnosis] == ["overflow"]
    assert "where" in result.reason
    assert "fits" in result.reason
    fine = lambda delta, x: x / 32 * delta
    assert checked(square, fine, "float16", shapes={"x": "n"}, values=big).verdict == "pass"


def test_infinity_is_right_where_the_right_value_rounds_to_it():
    cube = lambda x: x * x * x
    huge = {"x": lambda shape, rng: rng.uniform(300, 400, shape)}
    right = lambda delta, x: (delta * 3 * x.astype(np.float32) ** 2).astype(np.float16)
    capped = lambda delta, x: np.minimum(3 * x.astype(np.float32) ** 2, 6e4).astype(np.float16) * delta
    options = {"shapes": {"x": "n"}, "values": huge, "delta": lambda shape, rng: np.ones(shape)}
    with np.errstate(over="ignore"):
        assert checked(cube, right, "float16", **options).verdict == "pass"
    assert checked(cube, capped, "float16", **options).verdict == "fail"


def test_what_is_too_small_for_all_its_digits_may_be_flushed_to_zero():
    tiny = lambda x: x * 2.0**-20
    flushed = kernel(lambda delta, x: np.where(np.abs(delta) < 2.0**6, 0, delta * np.float16(2.0**-20)))
    kept = lambda delta, x: (delta * 2.0**-20).astype(np.float16)
    wrong = lambda delta, x: np.zeros_like(x) + np.float16(2.0**-10)
    options = {"shapes": {"x": "n"}, "delta": lambda shape, rng: rng.uniform(1, 100, shape)}
    assert checked(tiny, flushed, "float16", **options).verdict == "pass"
    assert checked(tiny, kept, "float16", **options).verdict == "pass"
    assert checked(tiny, wrong, "float16", **options).verdict == "fail"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda g: -g, "sign"),
        (lambda g: g * 2, "factor"),
        (lambda g: g * 0, "missing-term"),
    ],
)
def test_simple_mistakes_of_a_kernel_are_named_through_its_rounding(change, kind):
    result = checked(DENSE, inside(VJP["dense"], change), "bfloat16")
    assert result.verdict == "fail"
    assert kind in {d.kind for d in result.diagnosis}, result.diagnosis


def test_a_factor_that_depends_on_a_size_is_named():
    mean = lambda X: (X * X).mean(axis=0)
    summed = inside(lambda delta, X: 2 * X * delta)
    result = checked(mean, summed, "float16", shapes={"X": "N D"}, max_examples=12)
    assert "N times" in {d.text for d in result.diagnosis}.pop()


def test_answers_that_change_within_rounding_pass_where_that_is_declared():
    """Sums in another order every time, as threads make them."""
    rng = np.random.default_rng(1)

    def backward(delta, W, x, times=1):
        dW, _ = in_float32(delta, W, x)
        order = rng.permutation(W.shape[1])
        product = (W.astype(np.float64) * delta.astype(np.float64))[:, order]
        return dW, added_one_by_one(times * product.T, W.dtype)

    options = {"shapes": {"W": "n m", "x": "n"}, "deterministic": False}
    found = checked(mean_square, kernel(backward), "float16", **options)
    assert found.verdict == "pass"
    assert found.ulp["dJ/dW"].spread is None
    spread = found.ulp["dJ/dx"].spread
    assert 0 < spread <= 2 * found.ulp["dJ/dx"].worst
    assert f"dJ/dx: two calls differ by up to {spread:g} ulp, both within the grade" in str(found)
    told = checked(mean_square, kernel(backward), "float16", shapes=options["shapes"])
    assert told.verdict == "error"
    assert "deterministic=False" in told.reason
    wrong = kernel(lambda delta, W, x: backward(delta, W, x, 1 + 0.2 * rng.random()))
    assert checked(mean_square, wrong, "float16", **options).verdict == "fail"


def test_the_result_tells_the_worst_error_in_ulp():
    result = checked(DENSE, inside(VJP["dense"]), "float16")
    assert set(result.ulp) == {"dJ/dX", "dJ/dW", "dJ/db"}
    found = result.ulp["dJ/dW"]
    assert found.worst == found["worst"] <= 0.5
    assert found.typical <= found.worst
    assert len(found.where) == 2
    assert set(found["size"]) == {"N", "D", "H"}
    assert dict(found)["worst"] == found.worst
    with pytest.raises(KeyError):
        found["best"]
    text = str(result)
    assert "float16: meets correctly rounded: 0.5 ulp" in text
    assert "dJ/dW: worst 0.5 ulp" in text
    assert gradcheck.verify(DENSE, VJP["dense"], **QUICK).ulp is None


def test_points_hold_numbers_of_the_type_and_reach_long_sums():
    seen = []

    def backward(delta, x):
        if type(x) is np.ndarray:
            seen.append((x.dtype, delta.dtype, x.shape))
        return delta

    result = checked(lambda x: x * 1.0, backward, "bfloat16", shapes={"x": "n"})
    assert result.verdict == "pass"
    assert {d.name for dtypes in seen for d in dtypes[:2]} == {"bfloat16"}
    assert max(shape[0] for *_, shape in seen) >= 4096
    failed = checked(lambda x: x * 1.0, lambda delta, x: 2 * delta, "bfloat16", shapes={"x": "n"})
    for array in failed.counterexample.arrays.values():
        assert np.array_equal(array, array.astype(ml_dtypes.bfloat16).astype(float))
    assert "dtype='bfloat16'" in failed.reproduce


def test_a_formula_declares_its_type_for_all_its_claims():
    @gradcheck.formula(shapes={"x": "n"}, dtype="float16", grade="sums")
    def doubled(x):
        return 2 * x

    @doubled.vjp
    def doubled_vjp(delta, x):
        assert delta.dtype == x.dtype == np.float16
        return 2 * delta

    result = gradcheck.assert_correct(doubled, **QUICK)
    assert result.accuracy.claimed == "float32 sums"


def test_a_chain_of_rounding_is_not_blamed_for_a_decision_that_rounding_makes():
    """Where rounding may turn the mask of a ReLU, nothing is said."""
    forward = lambda W, x: np.maximum(W @ x, 0)

    def backward(delta, W, x):
        d = delta * (W @ x > 0)
        return np.outer(d, x), W.T @ d

    result = checked(forward, backward, "float16", shapes={"W": "n m", "x": "m"})
    assert result.verdict == "pass"


def test_what_underflows_or_overflows_in_the_wide_type_on_the_way_is_no_mistake():
    """At -89 the exponential is beyond float32, and the sigmoid comes out as zero in place of 2e-39."""
    far = {"x": lambda shape, rng: np.where(rng.random(shape) < 0.5, -89.0, rng.normal(size=shape))}
    backward = inside(VJP_SILU)
    with np.errstate(over="ignore"):
        assert checked(gates.silu, backward, "bfloat16", values=far).verdict == "pass"
    wrong = inside(VJP_SILU, lambda g: g + np.float32(2.0**-100))
    with np.errstate(over="ignore"):
        assert checked(gates.silu, wrong, "bfloat16", values=far).verdict == "fail"


VJP_SILU = gates.silu.claims[0].candidate
