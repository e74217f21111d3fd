"""The calls of `autograd.numpy` whose VJP rules `generate_autograd_rules.py` checks.

A case is the call as one would write it. Names are arrays with the shapes given beside it; everything else
(axes, subscripts) is handed to the rule as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import gradcheck

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """One call. ``finding`` is the key of what was found by hand where the rule does not pass."""

    call: str
    shapes: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    where: Callable[..., bool] | None = None
    note: str = ""
    finding: str = ""


def above_one(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    return 1 + gradcheck.positive(shape, rng)


def inside(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    return 2 * gradcheck.unit_interval(shape, rng) - 1


def not_negative(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """With zeros among them."""
    return np.abs(gradcheck.normal(shape, rng))


def regular(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Square matrices that are far from singular, and not symmetric."""
    return np.round(rng.standard_normal(shape), 2) + 3 * shape[-1] * np.eye(shape[-1])


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
POSITIVE, BITS = gradcheck.positive, gradcheck.integers(0, 2)


def case(
    call: str, finding: str = "", *, values: Any = None, where: Any = None, note: str = "", **shapes: str
) -> Case:
    return Case(call, shapes, values or {}, where, note, finding)


def many(names: str, pattern: str, **options: Any) -> list[Case]:
    return [case(pattern.format(name), **options) for name in names.split()]


ELEMENTWISE = [
    *many("negative absolute fabs exp exp2 expm1 sin cos tan arctan", "{}(x)", x="n m"),
    *many("sinh cosh tanh arcsinh square reciprocal rad2deg deg2rad", "{}(x)", x="n m"),
    *many("nan_to_num real conj", "{}(x)", x="n m"),
    *many("log log2 log10 log1p sqrt", "{}(x)", x="n m", values={"x": POSITIVE}, note="x > 0"),
    case("sqrt(x)", x="n m", values={"x": not_negative}, note="x >= 0, zeros among them"),
    *many("arcsin arccos arctanh", "{}(x)", x="n m", values={"x": inside}, note="-1 < x < 1"),
    case("arccosh(x)", x="n m", values={"x": above_one}, note="x > 1"),
    case("sinc(x)", "sinc", x="n m"),
    case("clip(x, -0.5, 0.5)", x="n m"),
]

BINARY = [
    *many("add subtract multiply divide maximum minimum fmax fmin", "{}(x, y)", x="n m", y="m"),
    *many("logaddexp logaddexp2 arctan2 hypot remainder", "{}(x, y)", x="n m", y="m"),
    case("multiply(x, y)", x="n m", y="m", values={"y": gradcheck.integers(-3, 4)}, note="integer y"),
    case("power(x, y)", x="n m", y="m", values={"x": POSITIVE}, note="x > 0"),
    case("power(x, y)", x="n m", y="m", values={"y": gradcheck.integers(0, 4)}, note="integer y"),
    case("power(x, y)", "power", x="n m", y="m"),
    case("where(c, x, y)", c="n", x="n", y="n", values={"c": BITS}, note="c of 0 and 1"),
    case("where(c, x, y)", "where", c="n", x="n", y="", values={"c": BITS}, note="y is a scalar"),
]

REDUCTIONS = [
    case(f"{name}({text})", x="n m")
    for name in ("sum", "mean", "var", "std", "max", "min")
    for text in ("x", "x, axis=0", "x, axis=-1, keepdims=True", "x, axis=(0, 1)")
]
REDUCTIONS += [
    case(text, "prod", x="n m") for text in ("prod(x)", "prod(x, axis=0)", "prod(x, axis=-1, keepdims=True)")
]
REDUCTIONS += [
    case("var(x, axis=0, ddof=1)", x="n m", where=lambda n: n >= 2),
    *many("None 0 1 -1", "cumsum(x, axis={})", x="n m"),
    case("trace(x)", x="n m"),
    case("trace(x, 1)", x="n m"),
    case("diff(x)", x="n m", where=lambda m: m >= 2),
    case("diff(x, 2, 0)", x="n m", where=lambda n: n >= 3),
    case("gradient(x)", x="n", where=lambda n: n >= 4, note="4 entries or more"),
    case("gradient(x)", "gradient", x="n", where=lambda n: n >= 2, note="2 entries or more"),
]

PRODUCTS = [
    case("dot(x, y)", x="n m", y="m k"),
    case("dot(x, y)", x="m", y="m"),
    case("dot(x, y)", x="b n m", y="m k"),
    case("matmul(x, y)", x="n m", y="m k"),
    case("matmul(x, y)", x="b n m", y="m k"),
    case("matmul(x, y)", x="b n m", y="1 m k"),
    case("matmul(x, y)", x="n m", y="m"),
    case("inner(x, y)", x="n m", y="k m"),
    case("outer(x, y)", x="n", y="m"),
    case("outer(x, y)", "outer", x="n m", y="k"),
    case("tensordot(x, y, 2)", x="a n m", y="n m k"),
    case("tensordot(x, y, ([1, 2], [2, 0]))", x="a n m", y="m k n"),
    case("einsum('ij,jk->ik', x, y)", x="n m", y="m k"),
    case("einsum('ij,k->k', x, y)", x="n m", y="k"),
    case("einsum('...ij,j->...i', x, y)", x="b n m", y="m"),
    case("einsum('ii->i', x)", "einsum", x="n n"),
    case("kron(x, y)", x="n m", y="k l"),
    case("cross(x, y)", x="n 3", y="n 3"),
]

LINEAR_ALGEBRA = [
    case("linalg.inv(x)", x="n n", values={"x": regular}),
    case("linalg.det(x)", x="n n", values={"x": regular}),
    case("linalg.det(x)", "det", x="2 2", values={"x": SINGULAR}, note="a singular matrix"),
    case("linalg.slogdet(x)", x="n n", values={"x": regular}),
    case("linalg.solve(x, y)", x="n n", y="n", values={"x": regular}),
    case("linalg.solve(x, y)", x="n n", y="n k", values={"x": regular}),
    case("linalg.solve(x, y)", "solve", x="b n n", y="n k", values={"x": regular}, note="a stack and one y"),
    case("linalg.pinv(x)", x="n m"),
    case("linalg.norm(x)", x="n"),
    case("linalg.norm(x, axis=0)", x="n m"),
    case("linalg.norm(x, 3, 0)", x="n m"),
    case("linalg.norm(x, 'nuc')", x="n m"),
    case("linalg.norm(x, 1)", "declined", x="n"),
    case("linalg.cholesky(x)", "cholesky", x="n n", values={"x": gradcheck.spd}),
    case("linalg.eigh(x)", x="n n", values={"x": gradcheck.spd}),
    case("linalg.eigh(x, 'U')", x="n n", values={"x": gradcheck.spd}),
    case("linalg.svd(x, compute_uv=False)", x="n m"),
    case("linalg.svd(x, full_matrices=False)", x="n m"),
]

STRUCTURE = [
    case("reshape(x, (-1,))", x="n m"),
    case("reshape(x, (-1,), order='F')", x="n m"),
    case("ravel(x)", x="n m"),
    case("transpose(x)", x="n m k"),
    case("transpose(x, (1, 2, 0))", x="n m k"),
    case("swapaxes(x, 0, 2)", x="n m k"),
    case("moveaxis(x, 0, 2)", x="n m k"),
    case("rollaxis(x, 2)", x="n m k"),
    case("rollaxis(x, 0, 2)", x="n m k"),
    case("expand_dims(x, 1)", x="n m"),
    case("squeeze(x)", x="n 1 m"),
    case("atleast_2d(x)", x="n"),
    case("broadcast_to(x, (3, 4))", x="3 1"),
    case("broadcast_to(x, (3, 4))", "asserted", x="4"),
    case("concatenate_args(0, x, y)", x="n m", y="k m"),
    case("concatenate_args(-1, x, y)", x="n m", y="n k"),
    case("array_split(x, 2)", x="n m", where=lambda n: n >= 2),
    case("hsplit(x, 1)", x="n m"),
    case("tile(x, 3)", x="n"),
    case("tile(x, (2, 3))", x="n m"),
    case("tile(x, 2)", "tile", x="n m"),
    case("repeat(x, 2)", x="n m"),
    case("repeat(x, 2, axis=0)", x="n m"),
    case("repeat(x, 2, axis=-1)", "repeat", x="n m"),
    case("roll(x, 1)", x="n m"),
    case("roll(x, 2, axis=1)", x="n m"),
    case("roll(x, (1, 2), axis=(0, 1))", "roll", x="n m"),
    case("pad(x, 1, 'constant')", x="n m"),
    case("pad(x, ((1, 0), (0, 2)), 'constant')", x="n m"),
    case("pad(x, 1, 'edge')", "asserted", x="n m"),
    *many("flipud fliplr rot90 tril triu", "{}(x)", x="n m"),
    case("rot90(x, 3)", x="n m"),
    case("tril(x, -1)", x="n m"),
    case("diag(x)", x="n"),
    case("diag(x, 1)", x="n n"),
    case("diag(x)", "diag", x="n m"),
    case("diagonal(x, 0, -1, -2)", x="n n"),
    case("diagonal(x)", "declined", x="n m"),
    case("sort(x)", x="n"),
    case("sort(x)", "declined", x="n m"),
    case("partition(x, 0)", x="n"),
    case("x[i]", x="n", i="k", values={"i": gradcheck.integers(0, 1)}, note="integer i, repeated"),
]

CASES = {
    "Elementwise": ELEMENTWISE,
    "Of two arrays": BINARY,
    "Reductions and sums": REDUCTIONS,
    "Products": PRODUCTS,
    "Linear algebra": LINEAR_ALGEBRA,
    "Structure": STRUCTURE,
}
