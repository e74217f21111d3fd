"""Reference values: right to the last bit, against arithmetic that shares nothing with ours."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import gradcheck
from gradcheck.errors import Contradiction, NoAnswer, Unsupported
from gradcheck.oracles.reference import Oracle

RNG = np.random.default_rng(5)


def fractions(array):
    return np.vectorize(Fraction, otypes=[object])(array)


def rounded(exact):
    return np.vectorize(float, otypes=[float])(exact)


def test_a_linear_layer_is_what_rational_arithmetic_says():
    W, x, delta = RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=3)

    right = gradcheck.oracle("wx")(W, x, delta=delta)

    exact = fractions(W), fractions(x), fractions(delta)
    assert np.array_equal(right.value, rounded(exact[0] @ exact[1]))
    assert np.array_equal(right.gradients["W"], rounded(np.outer(exact[2], exact[1])))
    assert np.array_equal(right.gradients["x"], rounded(exact[0].T @ exact[2]))
    error = np.vectorize(abs)(fractions(right.gradients["x"].value) - exact[0].T @ exact[2])
    assert (error <= fractions(right.gradients["x"].bound)).all()
    assert (right.gradients["x"].bound <= np.spacing(np.abs(right.gradients["x"].value)) / 2).all()


def test_a_softmax_is_what_another_library_says_at_60_digits():
    s, y = np.array([0.1, -20.3, 700.25, 699.0]), np.array([0.0, 1.0, 0.0, 0.0])

    right = gradcheck.oracle("softmax_ce")(s, y)

    with mpmath.workdps(400):
        powers = [mpmath.e ** mpmath.mpf(v) for v in s]
        exact = [p / sum(powers) - mpmath.mpf(t) for p, t in zip(powers, y, strict=True)]
        cost = mpmath.log(sum(powers)) - mpmath.mpf(s[1])
        assert right.gradients["s"].value.tolist() == [float(e) for e in exact]
        assert float(right.value.value) == float(cost)
    assert right.delta[0] == 1


def test_a_naive_float64_evaluation_is_not_that_good():
    """The twin: the numbers above are not what a plain evaluation gives."""
    z = RNG.normal(size=50) * 3
    a = 1 / (1 + np.exp(-z))

    right = gradcheck.oracle("sigmoid")(z, delta=np.ones(50)).gradients["z"].value

    naive = a * (1 - a)
    assert not np.array_equal(naive, right)
    assert np.allclose(naive, right, rtol=1e-12, atol=0)


def test_arrays_by_name_and_by_position_are_the_same():
    oracle = gradcheck.oracle("layer")
    w, a, b, delta = RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=2), [1.0, 2.0]

    one, two = oracle(w, a, b, delta=delta), oracle(w, b=b, a=a, delta=delta)

    for quantity, certified in one.quantities().items():
        assert np.array_equal(certified, two.quantities()[quantity]), quantity
    assert list(one.quantities()) == ["value", "grad.w", "grad.a", "grad.b"]
    assert one.gradients["w"].sources == ("symbolic", "autodiff", "finite_difference")


def test_layers_come_with_their_deltas():
    rng = np.random.default_rng(1)
    W1, b1, W2, x, y = (rng.normal(size=s) for s in [(3, 2), (3, 1), (2, 3), (2, 1), (2, 1)])

    right = gradcheck.oracle("chain2_sigmoid_mse")(W1, b1, W2, x, y, delta=2.0)

    z = W1 @ x + b1
    a = 1 / (1 + np.exp(-z))
    ds = 2.0 * (W2 @ a - y)
    da = W2.T @ ds
    assert list(right.intermediates) == list(right.deltas) == ["z2", "a2", "s"]
    for name, value, delta in [("z2", z, da * a * (1 - a)), ("a2", a, da), ("s", W2 @ a, ds)]:
        assert np.allclose(right.intermediates[name], value, rtol=1e-14)
        assert np.allclose(right.deltas[name], delta, rtol=1e-13)
    # the same number, had in two ways: equal to the last bit, or one of them is not the nearest
    assert np.array_equal(right.deltas["z2"], right.gradients["b1"])
    assert "delta.z2" in right.quantities()


def test_several_outputs_take_a_tuple_of_deltas():
    oracle = gradcheck.oracle(lambda x: (x * x, np.sum(x)), {"x": "n"})

    right = oracle([1.0, 3.0], delta=([1.0, 10.0], 0.5))

    assert [v.value.tolist() for v in right.values] == [[1.0, 9.0], 4.0]
    assert right.gradients["x"].value.tolist() == [2.5, 60.5]
    assert list(right.quantities()) == ["value0", "value1", "grad.x"]


def test_a_file_of_formulas(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import gradcheck\n@gradcheck.formula(shapes={'x': 'n'})\ndef cube(x):\n    return x ** 3\n"
        "@gradcheck.formula(shapes={'x': 'n'})\ndef line(x):\n    return 2 * x\n"
    )

    right = gradcheck.oracle(f"{file}::cube")([2.0], delta=[1.0])

    assert right.gradients["x"].value.tolist() == [12.0]
    with pytest.raises(gradcheck.UsageError, match=r"there are 2 formulas .*: cube, line"):
        gradcheck.oracle(str(file))
    with pytest.raises(gradcheck.UsageError, match="Did you mean 'cube'"):
        gradcheck.oracle(f"{file}::cubes")


def test_no_derivative_no_answer():
    with pytest.raises(NoAnswer, match="relu: no derivative exists here"):
        gradcheck.oracle("relu")([0.0, 1.0], delta=[1.0, 1.0])


def test_off_the_kink_there_is_one():
    """The twin."""
    right = gradcheck.oracle("relu")([1e-30, -1e-30], delta=[3.0, 3.0])

    assert right.gradients["z"].value.tolist() == [3.0, 0.0]


def test_what_does_not_run_in_balls_is_refused():
    with pytest.raises(Unsupported, match=r"np\.cov is not available"):
        gradcheck.oracle(lambda x: np.cov(x) * x, {"x": "n"})([1.5, 2.0], delta=[1.0, 1.0])


def test_a_backend_that_is_wrong_is_an_error_and_no_answer(entry_points, told):
    entry_points(autodiff=told("autodiff", lambda d, z: d * 0.5).backend)

    with pytest.raises(Contradiction, match="symbolic and autodiff contradict each other in dJ/dz"):
        gradcheck.oracle("relu")([1.0], delta=[1.0])


def test_one_backend_is_enough():
    right = gradcheck.oracle("relu", backends=["symbolic"])([1.0], delta=[4.0])

    assert right.gradients["z"].value.tolist() == [4.0]
    assert right.gradients["z"].sources == ("symbolic",)


def test_drawn_arrays_have_the_sizes_and_come_back_for_the_same_seed():
    oracle = gradcheck.oracle("chain1_softmax")

    inputs, delta = oracle.draw({"n0": 2, "n1": 3}, seed=4)
    again, _ = oracle.draw({"n0": 2, "n1": 3}, seed=4)
    other, _ = oracle.draw({"n0": 2, "n1": 3}, seed=5)

    assert {n: a.shape for n, a in inputs.items()} == {"W1": (3, 2), "x": (2,), "y": (3,)}
    assert inputs["y"].sum() == 1
    assert delta.shape == ()
    assert np.array_equal(inputs["W1"], again["W1"])
    assert not np.array_equal(inputs["W1"], other["W1"])


def test_saturation_and_tiny_numbers_keep_all_digits():
    right = gradcheck.oracle("tanh")([30.0, -300.0, 1e-200], delta=[1.0, 1.0, 1.0])

    slopes = [float(4 / (mpmath.e ** mpmath.mpf(z) + mpmath.e ** -mpmath.mpf(z)) ** 2) for z in (30, 300)]
    assert right.gradients["z"].value.tolist() == pytest.approx([*slopes, 1.0], rel=1e-15)
    assert right.gradients["z"].value[1] > 0
    assert right.value.value[2] == 1e-200


def test_what_is_beyond_float64_is_infinite_and_said():
    right = gradcheck.oracle(lambda x: 1e200 * x, {"x": ""})(1.0, delta=1e200)

    assert right.gradients["x"].value == math.inf
    assert right.gradients["x"].bound == math.inf


def test_a_text_shows_every_quantity():
    text = str(gradcheck.oracle("mse")([1.0, 2.5], np.float32([1.0, 2.0])))

    assert text.startswith(
        "mse at n = 2\n  input.s = [1.0, 2.5]\n  input.y = [1.0, 2.0]\n  input.delta = 1.0\n"
        "  value = 0.125\n    exact; by forward\n  grad.s = [0.0, 0.5]\n"
    )
    assert "note: y: float32 taken as float64, which holds its values exactly" in text
    large = str(gradcheck.oracle("relu")(np.arange(1.0, 81.0), delta=np.ones(80)))
    assert "\n  input.z = array of 80 entries, from 1.0 to 80.0\n" in large
    assert "\n  value = array of 80 entries, from 1.0 to 80.0\n" in large


def test_quantities_stand_in_the_order_of_the_arguments():
    """Not in that of the precisions that settle them: the first layer of a saturated net comes last there."""
    source = gradcheck.oracle("chain3_tanh_softmax")
    inputs, delta = source.draw({"n0": 2, "n1": 2, "n2": 2, "n3": 2})

    right = source.at(inputs, delta)

    assert list(right.gradients) == ["W1", "b1", "W2", "b2", "W3", "x", "y"]
    assert list(right.intermediates) == list(right.deltas) == ["z2", "a2", "z3", "a3", "s"]


@pytest.mark.parametrize(
    ("what", "shapes", "message"),
    [
        ("softmax_cros_entropy", None, "Did you mean 'softmax_cross_entropy'"),
        ("D16", None, "there are 6 formulas of this id"),
        (np.sin, None, "shapes is missing"),
        (3, None, "expected a name, a formula or a forward with shapes, got int"),
        ("wx", {"W": "n m", "x": "m"}, "wx has shapes already"),
        ("nofile.py", None, "there is no such file"),
    ],
)
def test_what_makes_no_sense_is_told(what, shapes, message):
    with pytest.raises(gradcheck.UsageError, match=message):
        gradcheck.oracle(what, shapes)


def test_an_unknown_backend_is_told():
    with pytest.raises(gradcheck.UsageError, match="unknown backend 'simbolic'"):
        gradcheck.oracle("wx", backends=["simbolic"])


def test_every_name_of_the_catalogue_is_an_oracle():
    from gradcheck.running.registry import catalogue

    for formula in catalogue():
        assert isinstance(gradcheck.oracle(formula.name), Oracle)
        assert formula.name in repr(gradcheck.oracle(formula.name))


def test_code_that_asks_for_types_is_not_certified_as_something_else():
    def typed(x):
        return x * 2 if isinstance(x, np.ndarray) else x * 3

    with pytest.raises(Unsupported, match="typed: the forward gives something else in float64"):
        gradcheck.oracle(typed, {"x": "n"})([1.0], delta=[1.0])


def test_unstable_code_is_certified_as_what_it_means():
    """The twin: in float64 the cosine has no digit left, and that is rounding."""
    right = gradcheck.oracle(lambda x: 1 - np.cos(x), {"x": "n"})([1e-9], delta=[1.0])

    assert right.value.value.tolist() == [5e-19]
    assert right.gradients["x"].value.tolist() == [1e-9]


def test_a_forward_that_draws_numbers_is_refused():
    rng = np.random.default_rng(0)

    with pytest.raises(gradcheck.UsageError, match="dropout: the forward is not deterministic"):
        gradcheck.oracle(
            gradcheck.Formula(lambda x: x * (rng.random(len(x)) < 0.5), {"x": "n"}, name="dropout")
        )(np.ones(30), delta=np.ones(30))


def test_uncertain_constants_are_said(entry_points, told):
    entry_points(
        symbolic=told("symbolic", lambda d, x: 2 * (1 / 3) * x * d).backend,
        autodiff=told("autodiff", lambda d, x: 2 * x * d * (1 - 2 / 3)).backend,
    )

    right = gradcheck.oracle(lambda x: x * x / 3, {"x": "n"}, backends=["symbolic", "autodiff"])(
        [0.5], delta=[1.0]
    )

    assert not right.gradients["x"].nearest
    assert right.gradients["x"].bound[0] > 1e-17
    assert "because float constants of the forward are rounded; by symbolic and autodiff" in str(right)
