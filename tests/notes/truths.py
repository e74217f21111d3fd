"""The truth of the marked claims, by numbers of our own: JAX for derivatives, NumPy for formulas."""

import jax
import numpy as np

from tests.notes.authored_notes import numbers

jax.config.update("jax_enable_x64", True)
jnp = jax.numpy


def helpers():
    rng = np.random.default_rng(5)

    def draw(*shape):
        return jnp.asarray(rng.normal(size=shape))

    def onehot(k, n):
        return jnp.eye(n)[k]

    def gradient(f, *args, by=0):
        return jax.grad(f, by)(*(a * 1.0 for a in args))

    def jacobian(f, *args, by=0):
        return jax.jacobian(f, by)(*(a * 1.0 for a in args))

    return {
        "np": jnp, "R": draw, "onehot": onehot, "g": gradient, "J": jacobian,
        "H": lambda f, *args: jax.hessian(f)(*args), "sig": jax.nn.sigmoid, "softmax": jax.nn.softmax,
    }  # fmt: skip


def holds(path, mark, space):
    """Whether every equation of a mark holds; what cannot be computed does not."""
    for equation in mark.shown.split(" ;; "):
        left, sign, right = equation.partition(" == ")
        assert sign, (path.name, equation)
        a = np.asarray(eval(left, space))
        try:
            b = np.asarray(eval(right, space))
        except TypeError:
            return False
        if a.shape != b.shape and b.ndim:
            return False
        assert np.all(np.isfinite(a)), (path.name, equation)
        if not np.allclose(a, b, rtol=1e-8, atol=1e-10):
            return False
    return True


def space_of(path):
    space = helpers()
    exec(numbers(path), space)
    return space
