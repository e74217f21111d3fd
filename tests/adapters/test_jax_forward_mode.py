"""`jax.custom_jvp` as a candidate, with a NumPy forward and without."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import jax_custom_jvp

pytestmark = pytest.mark.usefixtures("undiagnosed")

SHAPES = {"x": "4", "W": "3 4"}  # JAX compiles every operation for every shape


def in_numpy(x, W):
    return np.tanh(W @ x)


def layer(change):
    """A layer whose rule's tangent goes through ``change``."""

    @jax.custom_jvp
    def layer(x, W):
        return jnp.tanh(W @ x)

    @layer.defjvp
    def rule(primals, tangents):
        (x, W), (dx, dW) = primals, tangents
        y = layer(x, W)
        return y, change((1 - y**2) * (W @ dx), (1 - y**2) * (dW @ x))

    return layer


def checked(function, forward=None, **options):
    made, jvp = jax_custom_jvp(function, forward)
    return gradcheck.verify(made, jvp=jvp, shapes=SHAPES, max_examples=8, **options)


@pytest.mark.parametrize("forward", [in_numpy, None], ids=["NumPy's forward", "its own forward"])
def test_a_right_rule_passes_and_a_wrong_one_fails(forward):
    right = checked(layer(lambda a, b: a + b), forward)
    assert (right.verdict, right.strength) == ("pass", "agreed")
    assert checked(layer(lambda a, b: a), forward).verdict == "fail"
    assert checked(layer(lambda a, b: a + 1.001 * b), forward).verdict == "fail"


def test_a_forward_that_is_another_function_is_told():
    found = checked(layer(lambda a, b: a + b), lambda x, W: np.tanh(W @ x) + 1)
    assert found.verdict == "error" and "layer" in found.reason


def test_misuse_is_told_at_once():
    with pytest.raises(gradcheck.UsageError, match=r"expected a function decorated with jax\.custom_jvp"):
        jax_custom_jvp(in_numpy)
    with pytest.raises(gradcheck.UsageError, match="has no rule yet"):
        jax_custom_jvp(jax.custom_jvp(in_numpy))
