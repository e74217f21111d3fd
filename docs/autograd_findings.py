"""What was found by hand where autograd's rule does not pass: who is right, why, and a program that shows it.

Each program runs when the page is made, after `PRELUDE`; what it prints is printed on the page.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CORNERS", "FINDINGS", "PRELUDE", "Finding"]

PRELUDE = '''
import autograd
import autograd.numpy as anp
import numpy as np


def rule(f, x, delta):
    """What autograd says."""
    try:
        return autograd.make_vjp(f)(x)[0](delta)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def quotient(f, x, delta, h=1e-6):
    """Central differences of NumPy's own function, entry by entry."""
    result = np.zeros(x.shape)
    for k in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[k] = h
        result[k] = np.sum(delta * (f(x + step) - f(x - step))) / (2 * h)
    return result.round(6)
'''


@dataclass(frozen=True)
class Finding:
    """``verdict`` is a few words for the table; ``text`` says why; ``code`` shows it."""

    title: str
    verdict: str
    text: str
    code: str


FINDINGS = {
    "repeat": Finding(
        "repeat along a negative axis",
        "autograd is wrong",
        "The rule splits the gradient's shape at `axis + 1`, which for `axis=-1` is 0. It adds up the wrong "
        "entries, silently: a wrong gradient of the right shape. `axis=1` is right.",
        """
x, delta = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0, 3.0, 4.0]])
print("autograd, axis=-1:", rule(lambda x: anp.repeat(x, 2, axis=-1), x, delta))
print("autograd, axis=1: ", rule(lambda x: anp.repeat(x, 2, axis=1), x, delta))
print("differences:      ", quotient(lambda x: np.repeat(x, 2, axis=-1), x, delta))
""",
    ),
    "tile": Finding(
        "tile of a matrix by a number",
        "autograd is wrong",
        "`np.tile(x, 2)` of a matrix repeats along its *last* axis. The rule undoes that along the first. "
        "For "
        "an even number of rows it returns a gradient of the right shape and the wrong values, else it "
        "raises.",
        """
x = np.array([[1.0, 2.0], [3.0, 4.0]])
delta = np.arange(8.0).reshape(2, 4)
print("autograd:   ", rule(lambda x: anp.tile(x, 2), x, delta).tolist())
print("differences:", quotient(lambda x: np.tile(x, 2), x, delta).tolist())
print("one row:    ", rule(lambda x: anp.tile(x, 2), x[:1], delta[:1]))
""",
    ),
    "prod": Finding(
        "prod where an entry is zero",
        "autograd is wrong",
        "The rule divides the product by each entry, so a zero gives `0 / 0`. The derivative exists: it is "
        "the "
        "product of the other entries. Reported to autograd as "
        "[issue 378](https://github.com/HIPS/autograd/issues/378).",
        """
x = np.array([2.0, 0.0, 3.0])
print("autograd:   ", rule(anp.prod, x, 1.0))
print("differences:", quotient(np.prod, x, 1.0))
""",
    ),
    "sinc": Finding(
        "sinc at zero",
        "autograd is wrong",
        "The rule divides by the square of its argument. At 0, where `sinc` has its maximum, the "
        "derivative is 0.",
        """
x = np.array([0.0, 0.5])
print("autograd:   ", rule(anp.sinc, x, np.ones(2)))
print("differences:", quotient(np.sinc, x, np.ones(2)))
""",
    ),
    "where": Finding(
        "where with a scalar",
        "autograd is wrong",
        "`np.where` broadcasts its branches; the rule does not sum the gradient back, as those of `add` or "
        "`maximum` do. The gradient of a scalar comes out as an array.",
        """
c, x = np.array([True, False, True]), np.array([1.0, 2.0, 3.0])
print("autograd:   ", rule(lambda y: anp.where(c, x, y), np.array(5.0), np.ones(3)))
print("differences:", quotient(lambda y: np.where(c, x, y), np.array(5.0), np.ones(3)))
""",
    ),
    "outer": Finding(
        "outer of a matrix",
        "autograd is wrong",
        "`np.outer` flattens its arguments. The rule does not bring the gradient back to the matrix's shape.",
        """
x, y, delta = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0]), np.arange(8.0).reshape(4, 2)
print("autograd:   ", rule(lambda x: anp.outer(x, y), x, delta))
print("differences:", quotient(lambda x: np.outer(x, y), x, delta).tolist())
""",
    ),
    "diag": Finding(
        "diag of a matrix that is not square",
        "autograd is wrong",
        "The rule writes the gradient into a square matrix, whatever the shape of `x`.",
        """
x, delta = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0])
print("autograd:   ", rule(anp.diag, x, delta).tolist())
print("differences:", quotient(np.diag, x, delta).tolist())
""",
    ),
    "gradient": Finding(
        "gradient of a short array",
        "autograd is wrong",
        "`np.gradient` takes arrays of length 2 and more. The rule assumes that both one-sided ends and the "
        "middle are apart, which holds from length 4; below that it raises.",
        """
for n in (2, 3, 4):
    x, delta = np.arange(float(n)) ** 2, np.ones(n)
    print(n, "autograd:   ", rule(anp.gradient, x, delta))
    print(n, "differences:", quotient(np.gradient, x, delta))
""",
    ),
    "solve": Finding(
        "solve with a stack of matrices and one right side",
        "autograd is wrong",
        "The one matrix `y` is broadcast against the stack. The rule does not sum its gradient over the "
        "stack.",
        """
x, y = np.stack([np.eye(2), 2 * np.eye(2)]), np.array([[1.0], [2.0]])
delta = np.ones((2, 2, 1))
print("autograd:   ", np.shape(rule(lambda y: anp.linalg.solve(x, y), y, delta)))
print("differences:", quotient(lambda y: np.linalg.solve(x, y), y, delta).tolist())
""",
    ),
    "det": Finding(
        "det of a singular matrix",
        "autograd is wrong",
        "The rule multiplies the determinant by the inverse, which a singular matrix does not have. The "
        "derivative exists: it is the matrix of cofactors.",
        """
x = np.array([[1.0, 2.0], [2.0, 4.0]])
print("autograd:   ", rule(anp.linalg.det, x, 1.0))
print("differences:", quotient(np.linalg.det, x, 1.0).tolist())
""",
    ),
    "einsum": Finding(
        "einsum that takes a diagonal",
        "autograd is wrong",
        "The rule asks `einsum` for an output with the index `i` twice, which `einsum` does not have, and "
        "raises.",
        """
x, delta = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
print("autograd:   ", rule(lambda x: anp.einsum("ii->i", x), x, delta))
print("differences:", quotient(lambda x: np.einsum("ii->i", x), x, delta).tolist())
""",
    ),
    "roll": Finding(
        "roll along several axes",
        "autograd is wrong",
        "The rule negates the shift, and a tuple of shifts cannot be negated.",
        """
x, delta = np.arange(4.0).reshape(2, 2), np.arange(4.0).reshape(2, 2)
print("autograd:   ", rule(lambda x: anp.roll(x, (1, 1), axis=(0, 1)), x, delta))
print("differences:", quotient(lambda x: np.roll(x, (1, 1), axis=(0, 1)), x, delta).tolist())
""",
    ),
    "cholesky": Finding(
        "cholesky by the entries of its matrix",
        "a convention",
        "NumPy reads the lower triangle only, so the derivative by an entry above the diagonal is 0, and "
        "that "
        "by one below it is what both cost together. gradcheck asks for the derivative by each entry alone. "
        "autograd spreads it over both triangles, which is right for a matrix that stays symmetric: "
        "folded, the "
        "two are the same. Whoever feeds the rule a matrix that is not made symmetric in the same graph "
        "gets a "
        "gradient that is not the function's.",
        """
x, delta = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 0.0], [2.0, 3.0]])
theirs = rule(anp.linalg.cholesky, x, delta)
print("autograd:        ", theirs.round(6).tolist())
print("autograd, folded:", (np.tril(theirs) + np.triu(theirs, 1).T).round(6).tolist())
print("differences:     ", quotient(np.linalg.cholesky, x, delta).tolist())
""",
    ),
    "power": Finding(
        "power of any real numbers",
        "no derivative",
        "`x ** y` is finite for `x < 0` only where `y` is a whole number, and then not next to it. So at "
        "nearly "
        "all points of the default values there is nothing to compare, and gradcheck says so. With `x > "
        "0`, or "
        "with integer exponents, the rule passes.",
        """
print(np.power(-2.0, np.array([2.0, 2.0 + 1e-9])))
""",
    ),
    "declined": Finding(
        "rules that are not written",
        "autograd declines",
        "The rule raises `NotImplementedError` and says what it does not do. gradcheck does not call that "
        "wrong: "
        "there is no gradient to judge.",
        """
print(rule(anp.sort, np.ones((2, 2)), np.ones((2, 2))))
print(rule(anp.diagonal, np.ones((2, 2)), np.ones(2)))
print(rule(lambda x: anp.linalg.norm(x, 1), np.ones(2), 1.0))
""",
    ),
    "asserted": Finding(
        "rules that assert what they do not do",
        "autograd declines",
        "The same, said by an assertion. A program that raises where the derivative exists fails, whatever "
        "it raises; read the message.",
        """
print(rule(lambda x: anp.pad(x, 1, "edge"), np.ones(2), np.ones(4)))
print(rule(lambda x: anp.broadcast_to(x, (3, 2)), np.ones(2), np.ones((3, 2))))
""",
    ),
}

CORNERS = [
    ("absolute(0)", "anp.absolute", "0.0"),
    ("max of three equal numbers", "anp.max", "[1.0, 1.0, 1.0]"),
    ("maximum(x, 1) at 1", "lambda x: anp.maximum(x, 1.0)", "1.0"),
    ("fmax(x, 1) at 1", "lambda x: anp.fmax(x, 1.0)", "1.0"),
    ("clip(x, -1, 1) at 1", "lambda x: anp.clip(x, -1.0, 1.0)", "1.0"),
    ("sort of two equal numbers, delta = (1, 2)", "lambda x: anp.dot(anp.sort(x), [1.0, 2.0])", "[3.0, 3.0]"),
    ("linalg.norm(0)", "anp.linalg.norm", "[0.0, 0.0]"),
    ("hypot(x, 0) at 0", "lambda x: anp.hypot(x, 0.0)", "0.0"),
    ("std of two equal numbers", "anp.std", "[1.0, 1.0]"),
    ("sqrt(0)", "anp.sqrt", "0.0"),
    ("arctan2(x, 0) at 0", "lambda x: anp.arctan2(x, 0.0)", "0.0"),
]
"""Points without a derivative: what autograd's convention is. `(words, function, x)`."""
