"""`jax.custom_vjp` as a candidate, with a NumPy forward and without."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import jax_custom_vjp

SHAPES = {"x": "4 3", "W": "3 2", "b": "2"}  # JAX compiles every operation for every shape


def in_numpy(x, W, b):
    return np.tanh(x @ W + b)


def affine(change):
    """An affine layer whose rule's gradients go through ``change``."""

    @jax.custom_vjp
    def layer(x, W, b):
        return jnp.tanh(x @ W + b)

    def forward(x, W, b):
        y = layer(x, W, b)
        return y, (x, W, y)

    def backward(kept, delta):
        x, W, y = kept
        delta = delta * (1 - y**2)
        return change(delta @ W.T, x.T @ delta, delta)

    layer.defvjp(forward, backward)
    return layer


RIGHT = affine(lambda dx, dW, dz: (dx, dW, dz.sum(0)))
TWINS = {
    "transposed": (affine(lambda dx, dW, dz: (dx, dW.T, dz.sum(0))), "dJ/dW"),
    "missing factor": (affine(lambda dx, dW, dz: (dx, dW * 1.001, dz.sum(0))), "dJ/dW"),
    "missing sum": (affine(lambda dx, dW, dz: (dx, dW, dz)), "dJ/db: expected an array of shape"),
    "none is zero": (affine(lambda dx, dW, dz: (None, dW, dz.sum(0))), "dJ/dx"),
    "float32 on the way": (
        affine(lambda dx, dW, dz: (dx, dW.astype(jnp.float32).astype(jnp.float64), dz.sum(0))),
        "dJ/dW",
    ),
}


@pytest.mark.parametrize("forward", [in_numpy, None], ids=["NumPy's forward", "its own forward"])
def test_a_right_rule_passes(checked, forward):
    """Without a NumPy forward the truth is JAX's derivative of the function without its rule."""
    result = checked(jax_custom_vjp(RIGHT, forward), x="n 3", W="3 2", b="2")
    assert result.verdict == "pass"
    assert result.strength == "agreed"
    answered = [row.backend for row in result.backends if row.agreed]
    assert answered == (["symbolic"] if forward else []) + ["finite_difference", "autodiff"]


@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.corpus(3)
@pytest.mark.parametrize("forward", [in_numpy, None], ids=["NumPy's forward", "its own forward"])
@pytest.mark.parametrize("name", TWINS)
def test_wrong_twins_fail(checked, name, forward):
    """What JAX refuses itself is said in gradcheck's words."""
    function, words = TWINS[name]
    result = checked(jax_custom_vjp(function, forward), **SHAPES)
    assert result.verdict == "fail"
    assert words in str(result)


def test_the_wrong_number_of_gradients_is_an_error(checked):
    """And so is what is no tuple."""
    for function, words in [
        (affine(lambda dx, dW, dz: (dx, dW)), "returns 2 for 3 arguments"),
        (affine(lambda dx, dW, dz: dx), "for 3 arguments; expected a tuple"),
    ]:
        result = checked(jax_custom_vjp(function, in_numpy), **SHAPES)
        assert result.verdict == "error"
        assert words in str(result)


def power(right):
    @jax.custom_vjp
    def raised(x, exponent, index, mode):
        assert mode == "rows"
        return x**exponent, x[index]

    def forward(x, exponent, index, mode):
        return raised(x, exponent, index, mode), (x, index)

    def backward(exponent, mode, kept, delta):
        x, index = kept
        dx = delta[0] * exponent * x ** (exponent - 1)
        dx = dx.at[index].add(delta[1]) if right else dx.at[index].set(delta[1])
        return dx, None

    raised = jax.custom_vjp(raised.fun, nondiff_argnums=(1, 3))
    raised.defvjp(forward, backward)
    return raised


@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.parametrize("fixed", [{1: 3, 3: "rows"}, {"exponent": 3, "mode": "rows"}])
def test_settings_integers_and_several_outputs(checked, fixed):
    """Those of `nondiff_argnums` are bound; integers have no gradient."""
    values = {"index": lambda shape, rng: rng.integers(0, 2, shape)}
    forward = lambda x, index: (x**3, x[index])
    shapes = {"x": "2 3", "index": "4"}
    for given in (forward, None):
        right = checked(jax_custom_vjp(power(right=True), given, fixed=fixed), values, **shapes)
        assert right.verdict == "pass", str(right)
        wrong = checked(jax_custom_vjp(power(right=False), given, fixed=fixed), values, **shapes)
        assert wrong.verdict == "fail"


def test_another_function_than_numpys_is_an_error(checked):
    """Values and number of outputs."""
    result = checked(jax_custom_vjp(RIGHT, lambda x, W, b: np.tanh(x @ W - b)), **SHAPES)
    assert result.verdict == "error"
    assert "are not the same function" in str(result)
    several = checked(jax_custom_vjp(RIGHT, lambda x, W, b: (x @ W, b)), **SHAPES)
    assert several.verdict == "error"
    assert "outputs of the shapes" in str(several)


def test_the_global_switch_is_never_touched(checked):
    """JAX stays in float32 for the user."""
    assert checked(jax_custom_vjp(RIGHT), **SHAPES).verdict == "pass"
    assert not jax.config.jax_enable_x64
    assert jnp.ones(1).dtype == jnp.float32


def test_reports_show_the_users_lines(checked):
    """The rule, the function, and a line with its name."""
    result = checked(jax_custom_vjp(RIGHT), **SHAPES)
    assert "delta = delta * (1 - y**2)" in result.row.candidate.text
    assert "jnp.tanh(x @ W + b)" in result.row.forward.text
    assert result.reproduce.startswith("gradcheck.verify(*gradcheck.adapters.jax_custom_vjp(layer")


@jax.custom_vjp
def without_a_rule(x):
    return x


@pytest.mark.parametrize(
    ("given", "how", "words"),
    [
        (jnp.tanh, {}, "expected a function decorated with jax.custom_vjp"),
        (jax.jit(RIGHT), {}, "of a jitted function, give what was jitted"),
        (without_a_rule, {}, "has no rule yet; call its defvjp"),
        (RIGHT, {"fixed": {"c": 1}}, "there is no argument 'c'; there are x, W, b"),
    ],
)
def test_misuse_is_refused(given, how, words):
    """Before anything runs."""
    with pytest.raises(gradcheck.UsageError, match=words):
        jax_custom_vjp(given, **how)
