"""SymPy scalars as an arithmetic: one symbol per entry, and names for what is in between.

Expressions are kept small: what goes into a product, a power or a function is given a name first
(a *let*: symbol := expression), unless it is a symbol or a number already. So no expression grows
with the depth of the computation, and SymPy differentiates each definition once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
from sympy import Symbol

from gradcheck.arithmetic import Domain
from gradcheck.arithmetic.domain import ObjectArray, elementwise
from gradcheck.errors import Unsupported
from gradcheck_backends._sums import Product, Sum, single, terms_of

__all__ = ["SymbolDomain"]


MAX_CRAMER = 5
"""The largest matrix that is inverted in symbols: Cramer's rule has n! terms."""


def _without(indices: tuple[int, ...], gone: int) -> tuple[int, ...]:
    return tuple(i for i in indices if i != gone)


def _product(a: Any, b: Any) -> Any:
    if a.is_Symbol and b.is_Symbol:
        return Sum((Product(a, b),))
    return single(a * b)


def _extreme(function: Any, a: Any, b: Any) -> Any:
    """Max or Min as it stands: SymPy's simplifying of one costs a millisecond and finds nothing here."""
    return a if a == b else function(a, b, evaluate=False)


class SymbolDomain(Domain):
    """SymPy expressions. ``lets`` lists the names in order of definition, each with its terms;
    ``constants`` the float constants of the code, which enter exactly or widened only when numbers are
    put in.
    """

    name = "symbols"
    decides = False

    def __init__(self) -> None:
        self.lets: list[tuple[Symbol, Any]] = []
        self.constants: dict[Symbol, float] = {}
        self._names: dict[Any, Symbol] = {}
        self._constant_names: dict[float, Symbol] = {}
        self.ufuncs = self._table()

    def inputs(self, name: str, shape: tuple[int, ...]) -> ObjectArray:
        """An array of fresh real symbols `name_i_j`."""
        result = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            result[index] = Symbol("_".join([name, *map(str, index)]), real=True)
        return result

    def lift(self, number: Any) -> Any:
        if isinstance(number, sympy.Basic | Sum):
            return number
        data = getattr(number, "data", None)
        if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
            return data.item()
        value = float(number)
        if not np.isfinite(value):
            raise Unsupported("a constant that is not finite cannot enter SymPy")
        if value.is_integer():
            return sympy.Integer(int(value))
        if value not in self._constant_names:
            symbol = Symbol(f"const_{len(self.constants)}", real=True)
            self._constant_names[value] = symbol
            self.constants[symbol] = value
        return self._constant_names[value]

    def bind(self, expression: Any) -> Any:
        """A symbol that stands for the expression; atoms stand for themselves."""
        if expression.is_Atom:
            return expression
        terms = terms_of(expression)
        if terms not in self._names:
            symbol = Symbol(f"let_{len(self.lets)}", real=True)
            self._names[terms] = symbol
            self.lets.append((symbol, terms))
        return self._names[terms]

    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        if condition in (sympy.true, sympy.false):
            return yes if condition == sympy.true else no
        if not isinstance(condition, sympy.core.relational.Relational | sympy.logic.boolalg.Boolean):
            condition = sympy.Ne(self.bind(condition), 0)
        return self.bind(sympy.Piecewise((self.bind(yes), condition), (self.bind(no), True)))

    def linalg(self, name: str, *args: ObjectArray) -> Any:
        """`det`, `inv` and `solve` by Cramer's rule, for matrices of at most `MAX_CRAMER` rows."""
        matrix = args[0]
        if name not in {"det", "inv", "solve"} or len(matrix) > MAX_CRAMER:
            raise Unsupported(f"np.linalg.{name} of a {len(matrix)} x {len(matrix)} matrix in symbols")
        rows = tuple(range(len(matrix)))
        determinant = self._minor(matrix, rows, rows, {})
        if name == "det":
            return determinant
        inverse = np.empty(matrix.shape, dtype=object)
        for i, j in np.ndindex(matrix.shape):
            rest = self._minor(matrix, _without(rows, j), _without(rows, i), {})
            inverse[i, j] = self.bind((-1) ** (i + j) * rest / determinant)
        return inverse if name == "inv" else self.matmul(inverse, args[1])

    def _minor(self, a: ObjectArray, rows: tuple[int, ...], columns: tuple[int, ...], memo: Any) -> Any:
        """The determinant of some rows and columns, expanded along the first row."""
        if not rows:
            return sympy.S.One
        if (rows, columns) not in memo:
            terms = [
                (-1) ** k * self.bind(a[rows[0], c]) * self._minor(a, rows[1:], _without(columns, c), memo)
                for k, c in enumerate(columns)
            ]
            memo[rows, columns] = self.bind(sympy.Add(*terms))
        return memo[rows, columns]

    def _table(self) -> dict[str, Callable[..., Any]]:
        bind = self.bind

        def unary(function: Callable[[Any], Any]) -> Callable[..., Any]:
            return elementwise(lambda x: bind(function(bind(x))))

        def binary(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
            return elementwise(lambda a, b: function(bind(a), bind(b)), 2)

        table: dict[str, Callable[..., Any]] = {
            "add": np.add,
            "subtract": np.subtract,
            "negative": np.negative,
            "positive": elementwise(lambda x: x),
            "conjugate": elementwise(lambda x: x),
            "multiply": binary(_product),
            "divide": binary(lambda a, b: bind(a / b)),
            "power": binary(lambda a, b: bind(a**b)),
            "square": unary(lambda x: x**2),
            "reciprocal": unary(lambda x: 1 / x),
            "sqrt": unary(sympy.sqrt),
            "cbrt": unary(lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3)),
            "exp": unary(sympy.exp),
            "exp2": unary(lambda x: sympy.Integer(2) ** x),
            "expm1": unary(lambda x: sympy.exp(x) - 1),
            "log": unary(sympy.log),
            "log2": unary(lambda x: sympy.log(x) / sympy.log(2)),
            "log10": unary(lambda x: sympy.log(x) / sympy.log(10)),
            "log1p": unary(lambda x: sympy.log(1 + x)),
            "logaddexp": binary(lambda a, b: bind(sympy.log(sympy.exp(a) + sympy.exp(b)))),
            "arctan2": binary(lambda a, b: bind(sympy.atan2(a, b))),
            "hypot": binary(lambda a, b: bind(sympy.sqrt(a**2 + b**2))),
            "expit": unary(lambda x: 1 / (1 + sympy.exp(-x))),
            "erf": unary(sympy.erf),
            "erfc": unary(sympy.erfc),
            "absolute": unary(sympy.Abs),
            "sign": unary(sympy.sign),
            "maximum": binary(lambda a, b: bind(_extreme(sympy.Max, a, b))),
            "minimum": binary(lambda a, b: bind(_extreme(sympy.Min, a, b))),
            "less": binary(sympy.Lt),
            "less_equal": binary(sympy.Le),
            "greater": binary(sympy.Gt),
            "greater_equal": binary(sympy.Ge),
            "equal": binary(sympy.Eq),
            "not_equal": binary(sympy.Ne),
        }
        for numpy_name, function in {
            "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "arcsin": sympy.asin,
            "arccos": sympy.acos, "arctan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh,
            "tanh": sympy.tanh, "arcsinh": sympy.asinh, "arccosh": sympy.acosh, "arctanh": sympy.atanh,
        }.items():  # fmt: skip
            table[numpy_name] = unary(function)
        table["true_divide"] = table["divide"]
        table["fabs"] = table["absolute"]
        table["float_power"] = table["power"]
        table["fmax"], table["fmin"] = table["maximum"], table["minimum"]
        return table

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        if left.shape[-1] == 0:
            return super().matmul(left, right)
        rows = left if left.ndim > 1 else left[None, :]
        columns = right if right.ndim > 1 else right[:, None]
        products = self.ufuncs["multiply"](rows[..., :, :, None], columns[..., None, :, :])
        result = np.add.reduce(products, axis=-2)
        result = result[..., 0] if right.ndim == 1 else result
        return (
            result[..., 0, :]
            if left.ndim == 1 and right.ndim > 1
            else result[0]
            if left.ndim == 1
            else result
        )
