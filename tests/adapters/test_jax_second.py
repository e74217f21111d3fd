"""The derivative of a rule by `jax.custom_vjp`, and cotangents that never come."""

import jax
import jax.numpy as jnp
import pytest

import gradcheck
from gradcheck.adapters import jax_custom_vjp

pytestmark = pytest.mark.usefixtures("undiagnosed")


def cube(slope):
    @jax.custom_vjp
    def function(x):
        return x**3

    function.defvjp(lambda x: (x**3, x), lambda x, delta: (slope(x) * delta,))
    return function


def checked(function, forward, **options):
    options = {"shapes": {"x": "3"}, "max_examples": 4, "backends": ["finite_difference"], **options}
    return gradcheck.verify(*jax_custom_vjp(function, forward, order=2), **options)


def by_kind(result):
    return {r.row.kind: r.verdict for r in (result, *result.beside)}


def test_the_derivative_of_a_rule():
    right = checked(cube(lambda x: 3 * x**2), lambda x: x**3)
    assert by_kind(right) == {"vjp": "pass", "double_backward": "pass"}
    stopped = checked(cube(lambda x: 3 * jax.lax.stop_gradient(x) ** 2), lambda x: x**3)
    assert by_kind(stopped) == {"vjp": "pass", "double_backward": "fail"}


def test_misuse():
    with pytest.raises(gradcheck.UsageError, match="order=2 needs forward"):
        jax_custom_vjp(cube(lambda x: 3 * x**2), order=2)


def pair(backward):
    @jax.custom_vjp
    def function(x):
        return x**2, 3 * x

    def forward(x):
        return (x.value**2, 3 * x.value), x.value

    function.defvjp(forward, backward, symbolic_zeros=True)
    return function


def is_zero(cotangent):
    return isinstance(cotangent, jax.custom_derivatives.SymbolicZero)


def right(x, deltas):
    first, second = (jnp.zeros_like(x) if is_zero(d) else d for d in deltas)
    return (2 * x * first + 3 * second,)


def forgets(x, deltas):
    return (jnp.zeros_like(x) if is_zero(deltas[1]) else right(x, deltas)[0],)


@pytest.mark.parametrize(("rule", "verdict"), [(right, "pass"), (forgets, "fail")])
def test_cotangents_that_never_come(rule, verdict):
    both = lambda x: (x**2, 3 * x)
    found = gradcheck.verify(
        *jax_custom_vjp(pair(rule), both), shapes={"x": "3"}, max_examples=3, backends=["finite_difference"]
    )
    assert found.verdict == verdict
    assert verdict == "pass" or "no cotangent comes for output 1" in found.reason
