"""The vocabulary of mistakes: what a `Diagnosis.kind` may say. Proofs use the same words."""

from __future__ import annotations

__all__ = ["KINDS", "UNEXPLAINED"]

KINDS: dict[str, str] = {
    # the whole quantity, against the right one
    "transposed": "axes stand the wrong way round: the whole gradient, or a factor of one of its terms",
    "sign": "the sign is wrong: of the whole gradient, or of one of its terms",
    "conjugate": "a conjugate is forgotten, or one too many: right under the other complex convention",
    "factor": "off by a constant factor: of the whole gradient, or of one of its terms",
    "size-factor": "off by a power of sizes, such as n or 1/n (sum for mean, mean for sum, n - 1 for n)",
    "missing-sum": "not summed over an axis, or over a part of it only (one row, one example)",
    "wrong-axis": "a sum, mean or maximum runs along another axis than it should, or along one too many",
    "delta-ignored": "delta is not used: the gradient is that for delta = ones, or for one output alone",
    "swapped": "one argument, one argument's gradient or one kind of value is taken for another",
    "index": "entries are right but stand elsewhere: shifted, reversed, rolled, another row or column",
    # one step of the chain rule, read off the forward
    "derivative-missing": "a factor of the chain rule is left out: the local derivative is taken for 1",
    "derivative-point": "the local derivative f' is taken at the wrong value (at f(z), not at z)",
    "derivative-wrong": "another expression is used for the local derivative of one function",
    "missing-term": "one term, path or step is left out: one use of an argument or of a value",
    "extra-term": "one term, factor or step too many",
    "operation": "one operation is used for another: @ for *, - for +, assigned for added",
    "other-value": "one step uses another value of the forward than the right one",
    "constant": "a constant of the forward is left out or has another value (eps, a scale, digits)",
    "mask": "a mask or branch is left out, inverted, or has its boundary elsewhere",
    # right in one part, wrong in another
    "tail": "right up to some index along an axis only (whole blocks), zero or off behind it",
    "entry": "single entries, rows, columns or diagonals are wrong",
    "condition": "wrong only where sizes or values satisfy a condition",
    # numbers and not formulas
    "float32": "right to float32 (or float16) accuracy only",
    "rounded": "right to a number of digits only: rounded, kept as integers, or a small number added",
    "rounding": "right as a formula, with more rounding than the code claims (sums in too few bits)",
    "bias": "errors that go one way: digits are cut off, not rounded to nearest",
    "overflow": "infinite or NaN in a type of floats that holds the right value",
    # no numbers to compare
    "does-not-conform": "the code raises where sizes differ: the shapes in it do not fit each other",
    "raises": "the code raises at some points",
    "shape": "the result has another shape than the argument",
    "not-finite": "NaN or infinite where the derivative exists",
    "memory": "right for arrays of one piece that can be written into, wrong for others",
    "state": "something of an earlier call is used: a stale cache, a buffer that two calls share",
    # update claims
    "rate": "the step size is left out, or applied in another way",
    # nothing simple
    "unexplained": "no simple explanation",
}
"""Kind -> what it means, in one line."""

UNEXPLAINED = "unexplained"
