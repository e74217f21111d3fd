"""Hand-written NumPy code run with numbers of 200 decimal digits, for mutants that float64 cannot tell.

NumPy's functions call the methods of what object arrays hold. Sources are rewritten so that no number is
rounded to float64 on the way: literals are read as decimals, buffers hold objects, `1 / 3` is no float.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

__all__ = ["DIGITS", "exactly", "lifted", "names_for_exact", "relative_gap"]

DIGITS = 200

_CONTEXT = mpmath.MPContext()
_CONTEXT.dps = DIGITS
_Real = _CONTEXT.mpf  # a class of this context alone, so that methods for NumPy can be added to it

_METHODS: dict[str, Callable[[Any], Any]] = {
    "exp": _CONTEXT.exp,
    "expm1": _CONTEXT.expm1,
    "log": _CONTEXT.log,
    "log1p": _CONTEXT.log1p,
    "sqrt": _CONTEXT.sqrt,
    "tanh": _CONTEXT.tanh,
    "sin": _CONTEXT.sin,
    "cos": _CONTEXT.cos,
}
for _name, _function in _METHODS.items():
    setattr(_Real, _name, lambda self, f=_function: f(self))
_Real.hypot = lambda self, other: _CONTEXT.hypot(self, other)  # noqa: PLW0108  (a method takes self)
_Real.arctan2 = lambda self, other: _CONTEXT.atan2(self, other)  # noqa: PLW0108


def lifted(value: Any) -> Any:
    """An argument with its floats as they are, in 200 digits; integers and booleans stay."""
    if isinstance(value, tuple):
        return tuple(map(lifted, value))
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    flat = [_Real(float(v)) for v in array.reshape(-1)]
    if not array.ndim:
        return flat[0]
    made = np.empty(len(flat), dtype=object)
    made[:] = flat
    return made.reshape(array.shape)


def exactly(source: str) -> ast.Module:
    """The source with decimals for floats. It runs where `names_for_exact` are its globals."""
    return ast.fix_missing_locations(_Decimals().visit(ast.parse(source)))


class _Decimals(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is not float:
            return node
        return ast.Call(ast.Name("_decimal", ast.Load()), [ast.Constant(repr(node.value))], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            return ast.Call(ast.Name("_over", ast.Load()), [node.left, node.right], [])
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("_to_the", ast.Load()), [node.left, node.right], [])
        return node


def _over(a: Any, b: Any) -> Any:
    return _real_if_whole(a) / b


def _to_the(a: Any, b: Any) -> Any:
    """Python gives floats for negative powers of integers; whole numbers keep whole powers."""
    if isinstance(a, int) and not (isinstance(b, int) and b >= 0):
        return _Real(a) ** b
    return a**b


def _real_if_whole(value: Any) -> Any:
    if isinstance(value, int | float | np.integer | np.floating):
        return _Real(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return lifted(value.astype(np.float64))
    if isinstance(value, np.ndarray):  # np.minimum(z, 0) holds a plain 0 here and there
        return _EACH_REAL(value)
    return value


_EACH_REAL = np.frompyfunc(lambda v: v if isinstance(v, _Real) else _Real(v), 1, 1)


def _elementwise(name: str) -> Callable[..., Any]:
    ufunc = getattr(np, name)

    def call(value: Any, *rest: Any, **options: Any) -> Any:
        value = _real_if_whole(value)
        if isinstance(value, _Real) and not rest:
            return getattr(value, name)()
        return ufunc(value, *map(_real_if_whole, rest), **options)

    return call


class _LogAddExp:
    """`np.logaddexp`, which has no method that NumPy would call."""

    def __init__(self) -> None:
        self.ufunc = np.frompyfunc(lambda a, b: _CONTEXT.log(_CONTEXT.exp(a) + _CONTEXT.exp(b)), 2, 1)

    def __call__(self, a: Any, b: Any) -> Any:
        return self.ufunc(a, b)

    def reduce(self, x: Any, axis: int = 0) -> Any:
        return self.ufunc.reduce(x, axis=axis)


def _of_objects(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def call(*args: Any, dtype: Any = object, **options: Any) -> Any:
        return function(*args, dtype=dtype, **options)

    return call


def _namespace(module: Any, **own: Any) -> Any:
    made = types.SimpleNamespace(**{n: getattr(module, n) for n in dir(module) if not n.startswith("_")})
    vars(made).update(own)
    return made


def _norm(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.sqrt(np.sum(np.asarray(x) ** 2, axis=axis, keepdims=keepdims))


def _inv(a: Any) -> Any:
    return _array(_CONTEXT.inverse(_CONTEXT.matrix(a.tolist())))


def _solve(a: Any, b: Any) -> Any:
    return _inv(a) @ b


def _det(a: Any) -> Any:
    return _CONTEXT.det(_CONTEXT.matrix(a.tolist()))


def _array(matrix: Any) -> Any:
    return np.array(matrix.tolist(), dtype=object)


def names_for_exact() -> dict[str, Any]:
    """What stands for `np`, `math` and numbers in the globals of exact code."""
    linalg = _namespace(np.linalg, norm=_norm, inv=_inv, pinv=_inv, solve=_solve, det=_det)
    own = {name: _elementwise(name) for name in (*_METHODS, "hypot", "arctan2")} | {"logaddexp": _LogAddExp()}
    own |= {name: _of_objects(name) for name in ("zeros", "ones", "empty", "zeros_like", "ones_like")}
    numpy = _namespace(np, linalg=linalg, pi=_CONTEXT.pi + 0, inf=_CONTEXT.inf, **own)
    numpy.empty_like = numpy.zeros_like
    return {
        "np": numpy,
        "math": _namespace(np, sqrt=own["sqrt"], exp=own["exp"]),
        "_decimal": _Real,
        "_over": _over,
        "_to_the": _to_the,
    }


def relative_gap(mine: Sequence[Any], right: Sequence[Any]) -> float:
    """The largest difference of two lists of gradients, relative to the largest entry of each right one."""
    worst = 0.0
    for a, b in zip(mine, right, strict=True):
        if a is None or b is None:
            continue
        a, b = np.asarray(a, dtype=object).reshape(-1), np.asarray(b, dtype=object).reshape(-1)
        largest = max((abs(v) for v in b), default=0) or 1
        for x, y in zip(a, b, strict=True):
            gap = abs(x - y) / largest
            worst = max(worst, float("inf") if mpmath.isnan(gap) else float(gap))
    return worst
